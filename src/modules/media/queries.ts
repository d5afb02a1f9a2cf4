// SQL of pictures as the desk sees and writes them. It checks no rule.
import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { DeskMedia, MediaInput, MediaText } from './schemas.ts';
import { media } from './tables.ts';

type Row = typeof media.$inferSelect;
export type Content = Omit<MediaInput, 'texts'> & { texts: Record<string, MediaText> };

const deskOf = ({ createdAt, updatedAt, ...row }: Row): DeskMedia => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export async function findMedia(db: Db, id: string): Promise<DeskMedia | null> {
  const [row] = await db.select().from(media).where(eq(media.id, id));
  return row ? deskOf(row) : null;
}

/**
 * Locks it until the transaction ends: against other changes, and with `for update` against new references, too.
 * @throws Problem not_found
 */
export async function getMediaForUpdate(tx: Db, id: string, strength: 'no key update' | 'update'): Promise<DeskMedia> {
  const [row] = await tx.select().from(media).where(eq(media.id, id)).for(strength);
  if (!row) throw new Problem('not_found');
  return deskOf(row);
}

export interface MediaPage {
  types: readonly Row['type'][] | null;
  /** Id of the record to go on behind. */
  after: string | null;
  backward: boolean;
  limit: number;
}
/** Newest first, which is the order of ids. @returns one more than the limit where there are more; in reverse when backward */
export async function listMedia(db: Db, { types, after, backward, limit }: MediaPage): Promise<DeskMedia[]> {
  const rows = await db
    .select()
    .from(media)
    .where(
      and(
        types ? inArray(media.type, [...types]) : undefined,
        after === null ? undefined : (backward ? gt : lt)(media.id, after),
      ),
    )
    .orderBy(backward ? asc(media.id) : desc(media.id))
    .limit(limit + 1);
  return rows.map(deskOf);
}

export async function insertMedia(tx: Db, content: Content): Promise<DeskMedia> {
  const [row] = await tx
    .insert(media)
    .values({ ...content, id: uuidv7() })
    .returning();
  if (!row) throw new Error('an insert returned no row');
  return deskOf(row);
}

export async function updateMedia(tx: Db, id: string, change: Partial<Content>): Promise<DeskMedia> {
  const [row] = await tx
    .update(media)
    .set({ ...change, version: sql`${media.version} + 1`, updatedAt: sql`now()` })
    .where(eq(media.id, id))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  return deskOf(row);
}

export async function deleteMedia(tx: Db, id: string): Promise<void> {
  await tx.delete(media).where(eq(media.id, id));
}

/** How many stories show it, on the desk, in the trash or in public. @param by leaves out those that this person has made */
export async function countUses(tx: Db, id: string, by: string | null = null): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from articles where (${by}::uuid is null or created_by is distinct from ${by}) and id in (
      select id from articles where image_id = ${id} union select article_id from published_articles where image_id = ${id})`);
  return rows[0]?.count ?? 0;
}
