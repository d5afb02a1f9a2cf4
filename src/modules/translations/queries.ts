// SQL of translation work: the state of each language beside the original. A translation is behind when the original has a higher version
// than the one it follows, and is marked then by the database itself.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { TranslationState, TranslationWork, WORK_STATES } from './schemas.ts';

/**
 * SQL text, of drafts `d` and `o`, the original: when the first version was saved that `d` does not follow; of revisions that were
 * forgotten, the last save stands in.
 */
export const OUTDATED_SINCE = `coalesce((select r.created_at from revisions r where r.article_id = o.article_id and r.locale = o.locale
  and r.version > coalesce(d.source_version, 0) order by r.version limit 1), o.updated_at)`;
/** Nobody translates what was taken away for good. */
export const AT_WORK = (draft: string) => `${draft}.status not in ('withdrawn', 'archived')`;
/** SQL: these regions and all that lies in them, as a common table expression `within`. */
export const within = (regionIds: readonly string[]) => sql`within as (
  select unnest(${sql.param([...regionIds])}::uuid[]) as id union select r.id from within join regions r on r.parent_id = within.id)`;
export const IN_REGION =
  'exists (select from article_regions x where x.article_id = a.id and x.term_id in (select id from within))';

/** The JSON of locale `l` of article `a` with draft `d` and original `o`. */
const stateJson = (locale: string) => `json_build_object('locale', ${locale},
  'state', case when ${locale} = a.original_locale then 'original' when d.locale is null then 'missing' when d.is_behind then 'outdated' else 'current' end,
  'title', d.title, 'status', d.status, 'isLive', d.published_version is not null, 'version', d.version, 'sourceVersion', d.source_version,
  'versionsBehind', case when d.is_behind then o.version - coalesce(d.source_version, 0) else 0 end,
  'outdatedSince', case when d.is_behind then ${iso(OUTDATED_SINCE)} end, 'assignee', d.assignee_id)`;

/** In every language of the newsroom. @returns nothing where there is no such story */
export async function listTranslationStates(db: Db, articleId: string): Promise<TranslationState[]> {
  const { rows } = await db.execute<{ state: TranslationState }>(sql`
    select ${sql.raw(stateJson('l.tag'))} as state from articles a cross join locales l
    left join drafts d on d.article_id = a.id and d.locale = l.tag
    left join drafts o on o.article_id = a.id and o.locale = a.original_locale
    where a.id = ${articleId} and a.deleted_at is null order by l.position, l.tag`);
  return rows.map(({ state }) => state);
}

export interface WorkFilter {
  locale: string;
  states: readonly (typeof WORK_STATES)[number][];
  kinds: string[] | null;
  regionIds: string[] | null;
}
export interface WorkPage {
  /** Id of the story to go on behind. */
  after: string | null;
  backward: boolean;
  limit: number;
}
/** Each has its own way through the tables, which stops at the limit. */
const SOURCES: Record<(typeof WORK_STATES)[number], { from: string; where: (locale: string) => SQL }> = {
  missing: {
    from: 'articles a left join drafts d on false',
    where: (locale) => sql`${locale}::text <> all(a.draft_locales)`,
  },
  outdated: {
    from: 'drafts d join articles a on a.id = d.article_id',
    where: (locale) => sql`d.is_behind and d.locale = ${locale}`,
  },
};
/**
 * Newest story first: ids are of version 7 and grow with the time of making, so that the primary key is the order, and a page is
 * found by walking it. What is behind has an index of its own; what is missing is told by a column of the story.
 * @returns one more than the limit where there are more; in reverse when backward
 */
export async function listTranslationWork(
  db: Db,
  { locale, states, kinds, regionIds }: WorkFilter,
  { after, backward, limit }: WorkPage,
): Promise<TranslationWork[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const parts = states.map((state) => {
    const { from, where } = SOURCES[state];
    return sql`(select a.id, json_build_object('articleId', a.id, 'kind', a.kind,
        'original', json_build_object('locale', o.locale, 'title', o.title, 'status', o.status, 'isLive', o.published_version is not null,
          'version', o.version, 'createdAt', ${sql.raw(iso('a.created_at'))}, 'updatedAt', ${sql.raw(iso('o.updated_at'))}),
        'translation', ${sql.raw(stateJson('w.locale'))}) as work
      from (select ${locale}::text as locale) w cross join ${sql.raw(from)}
      join drafts o on o.article_id = a.id and o.locale = a.original_locale
      where ${where(locale)} and a.deleted_at is null and a.original_locale <> ${locale} and ${sql.raw(AT_WORK('o'))}
        ${kinds ? sql`and a.kind = any(${sql.param(kinds)}::text[])` : sql``}
        ${regionIds ? sql`and ${sql.raw(IN_REGION)}` : sql``}
        ${after === null ? sql`` : sql`and a.id ${beyond} ${after}::uuid`}
      order by a.id ${direction} limit ${limit + 1})`;
  });
  const { rows } = await db.execute<{ work: TranslationWork }>(sql`
    with recursive ${within(regionIds ?? [])}
    select t.work from (${sql.join(parts, sql` union all `)}) t order by t.id ${direction} limit ${limit + 1}`);
  return rows.map(({ work }) => work);
}
