// SQL of the trash: what lies in it, and the way in, out and beyond. It checks no rule.
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { Problem } from '../../errors.ts';
import { doerJson } from '../audit/queries.ts';
import type { ArticleRow } from '../desk/queries.ts';
import { articles } from '../desk/tables.ts';
import { deleteEntriesOf } from '../live/storing.ts';
import type { TrashedArticle } from './schemas.ts';

/** Who threw it away stands in the audit log alone. */
const TRASHED_JSON = sql.raw(`json_build_object(
  'id', a.id, 'kind', a.kind, 'externalId', a.external_id, 'originalLocale', a.original_locale,
  'locales', (select coalesce(json_agg(json_build_object('locale', d.locale, 'title', d.title, 'slug', d.slug) order by l.position, l.tag), '[]')
    from drafts d join locales l on l.tag = d.locale where d.article_id = a.id),
  'deletedAt', ${iso('a.deleted_at')}, 'deletedBy', (select ${doerJson('x')} from audit x
    where x.entity = 'article' and x.entity_id = a.id::text and x.action = 'article.trash' order by x.id desc limit 1),
  'createdAt', ${iso('a.created_at')}, 'version', a.version)`);

export interface TrashPage {
  /** Milliseconds since 1970 and id of the story to go on behind. */
  after: [at: number, id: string] | null;
  backward: boolean;
  limit: number;
}
/** Last deleted first. @returns one more than the limit where there are more; in reverse when backward */
export async function listTrash(db: Db, { after, backward, limit }: TrashPage): Promise<TrashedArticle[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { rows } = await db.execute<{ article: TrashedArticle }>(sql`
    select ${TRASHED_JSON} as article from articles a where a.deleted_at is not null
      ${after ? sql`and (a.deleted_at, a.id) ${beyond} (${new Date(after[0])}, ${after[1]}::uuid)` : sql``}
    order by a.deleted_at ${direction}, a.id ${direction} limit ${limit + 1}`);
  return rows.map(({ article }) => article);
}

/** Locks it until the transaction ends. @throws Problem not_found */
export async function getTrashedForUpdate(db: Db, id: string): Promise<ArticleRow> {
  const [row] = await db
    .select()
    .from(articles)
    .where(and(eq(articles.id, id), isNotNull(articles.deletedAt)))
    .for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

/** With all that link to it, in order of id: whoever sets such a link holds both ends. To be called before the story is locked. */
export async function lockLinking(db: Db, id: string): Promise<void> {
  await db.execute(sql`
    select from articles where id = ${id} or follows_id = ${id} or (related_ids <> '{}' and related_ids @> array[${id}::uuid])
    order by id for update`);
}

export async function updateTrashed(db: Db, id: string, isTrashed: boolean): Promise<void> {
  await db
    .update(articles)
    .set({
      deletedAt: isTrashed ? sql`now()` : null,
      version: sql`${articles.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(articles.id, id));
}

/** By locale. */
export async function findTitles(db: Db, id: string): Promise<Record<string, string>> {
  const { rows } = await db.execute<{ titles: Record<string, string> }>(sql`
    select coalesce(json_object_agg(locale, title), '{}') as titles from drafts where article_id = ${id}`);
  return rows[0]?.titles ?? {};
}

/** @returns the locales in which the story is public, or is going to be by itself */
export async function findOutgoing(db: Db, id: string): Promise<string[]> {
  const { rows } = await db.execute<{ locale: string }>(sql`
    select locale from published_articles where article_id = ${id}
    union select locale from drafts where article_id = ${id} and status = 'scheduled'
    union select locale from schedules where article_id = ${id} and failed_at is null
    order by locale`);
  return rows.map(({ locale }) => locale);
}

export async function deleteLocks(db: Db, id: string): Promise<void> {
  await db.execute(sql`delete from locks where article_id = ${id}`);
}

/**
 * With drafts, revisions, comments, previews, locks and schedules, which the foreign keys take along, and with what names it without
 * one. Its tombstones stay: they hold no more than what was told in public, and answer 410. So does the log of changes, which names no text.
 */
export async function deleteArticle(db: Db, id: string): Promise<void> {
  await db.execute(sql`delete from redirects where article_id = ${id}`);
  await db.execute(sql`delete from path_redirects where article_id = ${id}`);
  await db.execute(sql`update tombstones set type = 'gone', target_id = null where target_id = ${id}`);
  await deleteEntriesOf(db, id);
  await db.execute(sql`delete from view_counts where article_id = ${id}`);
  await db.execute(sql`delete from view_days where article_id = ${id}`);
  await db.execute(sql`delete from view_corrections where article_id = ${id}`);
  await db.execute(sql`delete from developments where article_id = ${id} or follows_id = ${id}`);
  for (const table of [sql`articles`, sql`published_articles`])
    await db.execute(sql`
      update ${table} set related_ids = array_remove(related_ids, ${id}::uuid)
      where related_ids <> '{}' and related_ids @> array[${id}::uuid]`);
  await db.execute(sql`delete from articles where id = ${id} and deleted_at is not null`);
}
