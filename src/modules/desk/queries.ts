// SQL of the desk: articles and drafts as editors see them, and the single rows that the workflow writes. It checks no rule, but
// what lies in the trash is found by none of these: only modules/trash looks there.
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { insertOf } from '../../db/inserting.ts';
import { Problem } from '../../errors.ts';
import type { Correction } from '../articles/kinds.ts';
import type { PortableText } from '../body/schemas.ts';
import type { Extra } from '../fields/values.ts';
import { IS_STORY_CHANGED } from './publishable.ts';
import type { DeskArticle, DraftStatus } from './schemas.ts';
import { articles, drafts } from './tables.ts';

export type ArticleRow = typeof articles.$inferSelect;
export type DraftRow = typeof drafts.$inferSelect;

/** SQL json: the keys of the terms that article `a` has by `link`, in order. */
export const keysOf = (link: string, table: string) =>
  `(select coalesce(json_agg(t.key order by x.position), '[]') from ${link} x join ${table} t on t.id = x.term_id where x.article_id = a.id)`;
/** The desk's JSON of article `a`. */
export const ARTICLE_JSON = sql.raw(`json_build_object(
  'id', a.id, 'kind', a.kind, 'externalId', a.external_id,
  'region', (select key from regions where id = a.region_id),
  'regions', ${keysOf('article_regions', 'regions')}, 'tags', ${keysOf('article_tags', 'tags')},
  'byline', ${keysOf('article_contributors', 'contributors')}, 'image', a.image_id, 'rights', a.rights, 'related', a.related_ids, 'follows', a.follows_id, 'extra', a.extra,
  'originalLocale', a.original_locale, 'createdBy', a.created_by,
  'locales', (select coalesce(json_agg(json_build_object(
      'locale', d.locale, 'title', d.title, 'slug', d.slug, 'status', d.status, 'version', d.version,
      'publishedVersion', d.published_version, 'changedSincePublished', coalesce(d.version <> d.published_version, false),
      'storyChangedSincePublished', ${IS_STORY_CHANGED}, 'sourceVersion', d.source_version, 'assignee', d.assignee_id,
      'lock', (select json_build_object('holder', json_build_object('id', k.holder_id, 'name', k.holder_name), 'acquiredAt', ${iso('k.acquired_at')},
        'expiresAt', ${iso('k.expires_at')}) from locks k where k.article_id = d.article_id and k.locale = d.locale and k.expires_at > now()),
      'firstPublishedAt', ${iso('d.first_published_at')}, 'publishedAt', ${iso('d.published_at')}, 'updatedAt', ${iso('d.updated_at')}
    ) order by l.position, l.tag), '[]') from drafts d join locales l on l.tag = d.locale where d.article_id = a.id),
  'version', a.version, 'createdAt', ${iso('a.created_at')}, 'updatedAt', ${iso('a.updated_at')})`);

export async function findDeskArticle(db: Db, id: string): Promise<DeskArticle | null> {
  const { rows } = await db.execute<{ article: DeskArticle }>(
    sql`select ${ARTICLE_JSON} as article from articles a where a.id = ${id} and a.deleted_at is null`,
  );
  return rows[0]?.article ?? null;
}

const draftAt = (articleId: string, locale: string) =>
  and(
    eq(drafts.articleId, articleId),
    eq(drafts.locale, locale),
    sql`exists (select from articles a where a.id = ${drafts.articleId} and a.deleted_at is null)`,
  );

export async function findDraft(db: Db, articleId: string, locale: string): Promise<DraftRow | null> {
  const [row] = await db.select().from(drafts).where(draftAt(articleId, locale));
  return row ?? null;
}

/** @throws Problem not_found */
export async function getDraft(db: Db, articleId: string, locale: string): Promise<DraftRow> {
  const draft = await findDraft(db, articleId, locale);
  if (!draft) throw new Problem('not_found');
  return draft;
}

/**
 * Locks it until the transaction ends, and its story before it, in the order of publishing: neither waits for the other forever,
 * and a story on its way to the trash is not changed behind its back. @throws Problem not_found
 */
export async function getDraftForUpdate(db: Db, articleId: string, locale: string): Promise<DraftRow> {
  await getArticleForUpdate(db, articleId);
  const [row] = await db.select().from(drafts).where(draftAt(articleId, locale)).for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

/** The columns for `set` that bring a draft into a state; `statusSince` moves where it is another one. */
export const inStatus = (status: DraftStatus) => ({
  status,
  statusSince: sql`case when ${drafts.status} = ${status} then ${drafts.statusSince} else now() end`,
});

export async function updateStatus(db: Db, articleId: string, locale: string, status: DraftStatus): Promise<void> {
  await db
    .update(drafts)
    .set(inStatus(status))
    .where(and(eq(drafts.articleId, articleId), eq(drafts.locale, locale)));
}

/** @throws Problem not_found */
export async function getArticleForUpdate(db: Db, id: string): Promise<ArticleRow> {
  const [row] = await db
    .select()
    .from(articles)
    .where(and(eq(articles.id, id), isNull(articles.deletedAt)))
    .for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

const LINKS = { regionIds: 'article_regions', tagIds: 'article_tags', contributorIds: 'article_contributors' } as const;
type TermLists = { [list in keyof typeof LINKS]?: string[] };
export async function findTermIds(db: Db, articleId: string): Promise<Required<TermLists>> {
  const ids = (list: keyof typeof LINKS) => sql`(
    select coalesce(json_agg(term_id order by position), '[]') from ${sql.identifier(LINKS[list])} where article_id = ${articleId})`;
  const { rows } = await db.execute<Required<TermLists>>(sql`
    select ${ids('regionIds')} as "regionIds", ${ids('tagIds')} as "tagIds", ${ids('contributorIds')} as "contributorIds"`);
  const [row] = rows;
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}

/** Replaces each list that is given. */
export async function replaceTerms(db: Db, articleId: string, terms: TermLists): Promise<void> {
  for (const [list, table] of Object.entries(LINKS) as [keyof typeof LINKS, string][]) {
    if (terms[list]) await db.execute(sql`delete from ${sql.identifier(table)} where article_id = ${articleId}`);
  }
  await insertTerms(db, [{ articleId, ...terms }]);
}

/** One statement for each kind of list, however many stories. */
export async function insertTerms(db: Db, stories: ({ articleId: string } & TermLists)[]): Promise<void> {
  for (const [list, table] of Object.entries(LINKS) as [keyof typeof LINKS, string][]) {
    const rows = stories.flatMap((story) =>
      (story[list] ?? []).map((termId, index) => ({ articleId: story.articleId, termId, position: index + 1 })),
    );
    if (rows.length === 0) continue;
    const column = <T>(pick: (row: (typeof rows)[number]) => T) => sql.param(rows.map(pick));
    await db.execute(sql`
      insert into ${sql.identifier(table)} (article_id, term_id, position)
      select * from unnest(${column((row) => row.articleId)}::uuid[], ${column((row) => row.termId)}::uuid[], ${column((row) => row.position)}::smallint[])`);
  }
}

export interface DraftContent {
  title: string;
  standfirst: string | null;
  body: PortableText;
  corrections: Correction[];
  extra?: Extra;
}
export type MadeDraft = Pick<DraftRow, 'articleId' | 'locale' | 'version' | 'title' | 'slug'>;
/** @returns what was made: nothing for a draft whose slug is taken in its locale */
export async function insertDrafts(
  db: Db,
  rows: (DraftContent & { articleId: string; locale: string; slug: string; importDigest?: string | null })[],
): Promise<MadeDraft[]> {
  if (rows.length === 0) return [];
  const values = rows.map(
    ({ articleId, locale, slug, title, standfirst, body, corrections, extra = {}, importDigest = null }) => ({
      articleId,
      locale,
      slug,
      title,
      standfirst,
      body,
      corrections,
      extra,
      importDigest,
    }),
  );
  const made = await db.execute<MadeDraft>(sql`${insertOf(drafts, values, { sourceVersion: FOLLOWED })}
    on conflict (locale, slug) do nothing returning article_id as "articleId", locale, version, title, slug`);
  return made.rows;
}

/**
 * A translation begins up to date with its original: null for the original itself. One that is made by the same statement is not
 * seen by it, and has version 1.
 */
const FOLLOWED = sql`(
  select coalesce((select o.version from drafts o where o.article_id = a.id and o.locale = a.original_locale), 1)
  from articles a where a.id = x."articleId" and a.original_locale <> x.locale)`;

/** @returns those that a draft has, each as "locale/slug" */
export async function findTakenSlugs(db: Db, wanted: { locale: string; slug: string }[]): Promise<Set<string>> {
  if (wanted.length === 0) return new Set();
  const { rows } = await db.execute<{ name: string }>(sql`
    select d.locale || '/' || d.slug as name
    from unnest(${sql.param(wanted.map(({ locale }) => locale))}::text[], ${sql.param(wanted.map(({ slug }) => slug))}::text[]) as x(locale, slug)
    join drafts d on d.locale = x.locale and d.slug = x.slug`);
  return new Set(rows.map(({ name }) => name));
}
