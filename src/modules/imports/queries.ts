// SQL of imports: what an earlier import left behind, and how far each file has come. It writes no story.
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Kind } from '../articles/kinds.ts';
import type { Rights } from '../site/schemas.ts';
import { imports } from './tables.ts';

export interface ImportedArticle {
  id: string;
  externalId: string;
  kind: Kind;
  regionId: string | null;
  regionIds: string[];
  tagIds: string[];
  contributorIds: string[];
  imageId: string | null;
  rights: Partial<Rights> | null;
  isTrashed: boolean;
  /** By locale. */
  drafts: Record<string, { digest: string | null; isPublic: boolean }>;
  [column: string]: unknown;
}

const ids = (link: string) =>
  `(select coalesce(json_agg(term_id order by position), '[]') from ${link} where article_id = a.id)`;
const COLUMNS =
  sql.raw(`a.id, a.external_id as "externalId", a.kind, a.region_id as "regionId", a.image_id as "imageId", a.rights,
  a.deleted_at is not null as "isTrashed",
  ${ids('article_regions')} as "regionIds", ${ids('article_tags')} as "tagIds", ${ids('article_contributors')} as "contributorIds",
  (select coalesce(json_object_agg(d.locale, json_build_object('digest', d.import_digest, 'isPublic', d.published_version is not null)), '{}')
    from drafts d where d.article_id = a.id) as drafts`);

/** @returns by external id, those that exist */
export async function findImported(db: Db, externalIds: string[]): Promise<Map<string, ImportedArticle>> {
  const { rows } = await db.execute<ImportedArticle>(
    sql`select ${COLUMNS} from articles a where a.external_id = any(${sql.param([...new Set(externalIds)])}::text[])`,
  );
  return new Map(rows.map((row) => [row.externalId, row]));
}

/** Locks the stories in the order in which publishing locks them, so that neither waits for the other forever. @returns the database's clock */
export async function lockImported(db: Db, externalIds: string[]): Promise<Date> {
  await db.execute(sql`
    select from articles where external_id = any(${sql.param([...new Set(externalIds)])}::text[]) order by id for update`);
  const { rows } = await db.execute<{ now: string }>(sql`select ${sql.raw(iso('clock_timestamp()'))} as now`);
  return new Date(rows[0]?.now ?? 0);
}

export type ImportRow = typeof imports.$inferSelect;
export interface ImportFile {
  /** SHA-256 of the file, in hex. */
  digest: string;
  name: string;
  bytes: number;
}
export interface Counts {
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
}

/** Takes up an import that was cut off; one that was finished begins anew, and so does every one with `restart`. */
export async function openImport(db: Db, file: ImportFile, restart: boolean): Promise<ImportRow> {
  const begun = sql`case when ${restart} or imports.finished_at is not null then`;
  const [row] = await db
    .insert(imports)
    .values({ digest: file.digest, fileName: file.name, bytes: file.bytes })
    .onConflictDoUpdate({
      target: imports.digest,
      set: {
        fileName: file.name,
        lines: sql`${begun} 0 else imports.lines end`,
        created: sql`${begun} 0 else imports.created end`,
        updated: sql`${begun} 0 else imports.updated end`,
        unchanged: sql`${begun} 0 else imports.unchanged end`,
        refused: sql`${begun} 0 else imports.refused end`,
        finishedAt: null,
        updatedAt: sql`now()`,
      },
    })
    .returning();
  if (!row) throw new Error('an insert returned no row');
  return row;
}

/** Moves an import on, in the transaction of the lines themselves. @param to all lines up to this one are finished when it commits */
export async function advanceImport(db: Db, digest: string, to: number, counts: Counts): Promise<void> {
  await db.execute(sql`
    update imports set lines = greatest(lines, ${to}), created = created + ${counts.created}, updated = updated + ${counts.updated},
      unchanged = unchanged + ${counts.unchanged}, refused = refused + ${counts.refused}, updated_at = now()
    where digest = ${digest}`);
}

export async function finishImport(db: Db, digest: string): Promise<void> {
  await db.update(imports).set({ finishedAt: sql`now()`, updatedAt: sql`now()` }).where(eq(imports.digest, digest));
}
