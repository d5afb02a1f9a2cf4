// SQL of revisions, for reading; what lies in the trash is not found. The content comes as it was stored, whatever it holds.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { doerJson } from '../audit/queries.ts';
import type { Revision } from './schemas.ts';

/** Null for what a story has in every language. */
export interface Which {
  articleId: string;
  locale: string | null;
}

/**
 * SQL text: whether readers see revision `r`. No row says which neutral part was published with a text: it is the last one that had
 * been saved when the audit log says that the text went out.
 */
export const IS_PUBLISHED = `exists (select from drafts d where d.article_id = r.article_id and d.published_version is not null and case
    when r.locale is null then r.version = (select max(n.version) from revisions n where n.article_id = r.article_id and n.locale is null
      and n.created_at <= (select x.at from audit x where x.entity = 'draft' and x.entity_id = d.article_id || '/' || d.locale
        and x.action = 'draft.publish' order by x.id desc limit 1))
    else d.locale = r.locale and d.published_version = r.version end)`;
const HEAD =
  sql.raw(`json_build_object('version', r.version, 'createdAt', ${iso('r.created_at')}, 'createdBy', ${doerJson('r')},
  'note', r.note, 'restoredFrom', r.restored_from, 'isPublished', ${IS_PUBLISHED})`);
const of = ({ articleId, locale }: Which): SQL =>
  sql`r.article_id = ${articleId} and ${locale === null ? sql`r.locale is null` : sql`r.locale = ${locale}`}`;

/** @returns the version that a change is based on; null where there is no such story or draft */
export async function findCurrentVersion(db: Db, { articleId, locale }: Which): Promise<number | null> {
  const { rows } = await db.execute<{ version: number }>(sql`
    select ${locale === null ? sql`a.version` : sql`d.version`} as version from articles a
    ${locale === null ? sql`` : sql`join drafts d on d.article_id = a.id and d.locale = ${locale}`}
    where a.id = ${articleId} and a.deleted_at is null`);
  return rows[0]?.version ?? null;
}

export interface RevisionPage {
  /** Go on behind this version. */
  after: number | null;
  backward: boolean;
  limit: number;
}
/** Newest first. @returns one more than the limit where there are more; in reverse when backward */
export async function listRevisions(
  db: Db,
  which: Which,
  { after, backward, limit }: RevisionPage,
): Promise<Revision[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { rows } = await db.execute<{ revision: Revision }>(sql`
    select ${HEAD} as revision from revisions r
    where ${of(which)} ${after === null ? sql`` : sql`and r.version ${beyond} ${after}::int`}
    order by r.version ${direction} limit ${limit + 1}`);
  return rows.map(({ revision }) => revision);
}

export interface StoredRevision {
  articleId: string;
  head: Revision;
  content: Record<string, unknown>;
  [column: string]: unknown;
}
export async function findRevision(db: Db, which: Which, version: number): Promise<StoredRevision | null> {
  const { rows } = await db.execute<StoredRevision>(sql`
    select r.article_id as "articleId", ${HEAD} as head, r.content from revisions r
    join articles a on a.id = r.article_id and a.deleted_at is null where ${of(which)} and r.version = ${version}`);
  return rows[0] ?? null;
}

/** @returns the version itself where it is there, or without one the last before `below`; null where there is none */
export async function findVersion(
  db: Db,
  which: Which,
  version: number | undefined,
  below: number,
): Promise<number | null> {
  const wanted = version === undefined ? sql`r.version < ${below}` : sql`r.version = ${version}`;
  const { rows } = await db.execute<{ version: number | null }>(
    sql`select max(r.version) as version from revisions r where ${of(which)} and ${wanted}`,
  );
  return rows[0]?.version ?? null;
}

/** @returns by id the keys of those terms that are there */
export async function findTermKeys(db: Db, ids: string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = sql`any(${sql.param(ids)}::uuid[])`;
  const { rows } = await db.execute<{ id: string; key: string }>(sql`
    select id, key from regions where id = ${wanted} union all select id, key from tags where id = ${wanted}
    union all select id, key from contributors where id = ${wanted}`);
  return new Map(rows.map(({ id, key }) => [id, key]));
}
