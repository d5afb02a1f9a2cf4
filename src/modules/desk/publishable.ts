// Reads all that publishing needs of drafts and their articles, under lock where it is about to happen.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { instantOf, iso } from '../../db/columns.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import type { Correction } from '../articles/kinds.ts';
import type { Snapshot } from '../articles/snapshot.ts';
import type { PortableText } from '../body/schemas.ts';
import type { Extra } from '../fields/values.ts';
import type { DraftStatus } from './schemas.ts';

export interface Publishable {
  articleId: string;
  locale: string;
  status: DraftStatus;
  version: number;
  publishedVersion: number | null;
  slug: string;
  title: string;
  standfirst: string | null;
  body: PortableText;
  corrections: Correction[];
  firstPublishedAt: Date | null;
  publishedAt: Date | null;
  revisedAt: Date | null;
  /** Keys of required custom fields that it has no value of. */
  missing: string[];
  /** Of public custom fields; null where there are none. */
  shown: Extra | null;
  neutral: Pick<
    Snapshot,
    'uri' | 'kind' | 'originalLocale' | 'regionId' | 'regionIds' | 'tagIds' | 'contributorIds' | 'imageId' | 'rights'
  >;
  [column: string]: unknown;
}

const ids = (link: string) =>
  `(select coalesce(json_agg(term_id order by position), '[]') from ${link} where article_id = a.id)`;
/** Of custom field `f`. */
const VALUE = `(case when f.localised then d.extra else a.extra end -> f.key)`;
const HAS = `(f.kinds = '{}' or a.kind = any(f.kinds))`;
const MISSING = `(select coalesce(json_agg(f.key order by f.position, f.key), '[]') from fields f where f.required and ${HAS} and ${VALUE} is null)`;
/** What article `a` has in every language, but for its custom fields. */
const NEUTRAL = `json_build_object('uri', a.uri, 'kind', a.kind, 'originalLocale', a.original_locale, 'regionId', a.region_id,
    'regionIds', ${ids('article_regions')}, 'tagIds', ${ids('article_tags')}, 'contributorIds', ${ids('article_contributors')}, 'imageId', a.image_id, 'rights', a.rights)`;
/**
 * SQL boolean: whether readers of draft `d` are shown another neutral part than that of article `a`. The snapshot is read only where
 * that part was ever changed, and looked at without its body: a list of 100 stories in 775 texts took 175 ms with it, and takes 95.
 */
export const IS_STORY_CHANGED = `case when d.published_version is null or a.version = 1 then false else exists (
    select from published_articles p cross join lateral (select p.snapshot - 'body' as shown offset 0) s
    where p.article_id = d.article_id and p.locale = d.locale and (p.related_ids <> a.related_ids
      or jsonb_strip_nulls(s.shown || ${NEUTRAL}::jsonb) <> jsonb_strip_nulls(s.shown)
      or exists (select from fields f where f.public and not f.localised
        and case when ${HAS} then ${VALUE} end is distinct from s.shown -> 'extra' -> f.key))) end`;
const COLUMNS =
  sql.raw(`d.article_id as "articleId", d.locale, d.status, d.version, d.published_version as "publishedVersion", d.slug, d.title, d.standfirst, d.body, d.corrections,
  d.first_published_at as "firstPublishedAt", d.published_at as "publishedAt", d.revised_at as "revisedAt",
  ${MISSING} as missing,
  (select jsonb_object_agg(f.key, ${VALUE}) from fields f where f.public and ${HAS} and ${VALUE} is not null) as shown,
  ${NEUTRAL} as neutral`);

/** `now` is the database's clock, the only one that decides what is due. */
export async function loadForPublishing(
  tx: Db,
  items: readonly { articleId: string; locale: string }[],
): Promise<{ now: Date; drafts: Publishable[] }> {
  const articleIds = sql.param([...new Set(items.map(({ articleId }) => articleId))].sort());
  // Two statements: rows that waited for the lock are read again by the second, as they are then.
  const { rows } = await tx.execute<{ now: string }>(sql`
    select ${sql.raw(iso('statement_timestamp()'))} as now
    from (select id from articles where id = any(${articleIds}::uuid[]) order by id for update) locked limit 1`);
  return { now: new Date(rows[0]?.now ?? 0), drafts: await listPublishable(tx, items, sql`for update of d`) };
}

export async function listPublishable(
  db: Db,
  items: readonly { articleId: string; locale: string }[],
  lock = sql``,
): Promise<Publishable[]> {
  const wanted = JSON.stringify(items.map(({ articleId, locale }) => ({ articleId, locale })));
  const { rows: drafts } = await db.execute<Publishable>(sql`
    select ${COLUMNS} from json_to_recordset(${wanted}::json) as x("articleId" uuid, locale text)
    join drafts d on d.article_id = x."articleId" and d.locale = x.locale
    join articles a on a.id = d.article_id and a.deleted_at is null
    order by d.article_id, d.locale ${lock}`);
  return drafts.map(withDates);
}

/** Keys of required custom fields that the draft has no value of; its text is not read. */
export async function listMissing(db: Db, articleId: string, locale: string): Promise<string[]> {
  const { rows } = await db.execute<Pick<Publishable, 'missing'>>(sql`
    select ${sql.raw(MISSING)} as missing from drafts d join articles a on a.id = d.article_id
    where d.article_id = ${articleId} and d.locale = ${locale}`);
  return rows[0]?.missing ?? [];
}

/** @param pointerOf to the draft in the request. @throws Problem validation_failed, with a pointer to each value that is missing */
export function checkComplete<Draft extends Pick<Publishable, 'missing'>>(
  drafts: readonly Draft[],
  pointerOf: (draft: Draft) => string,
): void {
  const errors = drafts.flatMap((draft) =>
    draft.missing.map((key): ProblemDetail => {
      const message = `${key} has to be filled in before this is published`;
      return { pointer: `${pointerOf(draft)}/extra/${key}`, code: 'required', message };
    }),
  );
  if (errors.length > 0) throw new Problem('validation_failed', { errors: errors.slice(0, 20) });
}

/** What of a draft goes out: the one place where the working text becomes the public one. */
export const snapshotOf = ({ neutral, title, standfirst, body, corrections, shown }: Publishable): Snapshot => ({
  ...neutral,
  title,
  standfirst,
  body,
  // As they were typed they may hold an offset and nine digits of a second, which is no time of HTML.
  corrections: corrections.map(({ at, text }) => ({ at: new Date(at).toISOString(), text })),
  ...(shown && { extra: shown }),
});

/** Raw statements leave timestamps to drizzle as text. */
function withDates(row: Publishable): Publishable {
  const date = (value: unknown) => (value === null ? null : instantOf(String(value)));
  return {
    ...row,
    firstPublishedAt: date(row.firstPublishedAt),
    publishedAt: date(row.publishedAt),
    revisedAt: date(row.revisedAt),
  };
}
