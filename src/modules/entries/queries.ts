// SQL of the desk's entries. It checks no rule, and shows nothing to readers.
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import type { PortableText } from '../body/schemas.ts';
import { entries } from './tables.ts';

export type EntryRow = typeof entries.$inferSelect;

export interface EntryContent {
  status: 'draft' | 'published';
  title: string | null;
  body: PortableText;
  author: string | null;
  isPinned: boolean;
  isKey: boolean;
}
/** Now by the database's clock where no time is given. */
type At = { at?: Date | undefined };

export interface EntryListPage {
  /** Milliseconds since 1970 and id of the entry to go on behind. */
  after: [at: number, id: string] | null;
  backward: boolean;
  limit: number;
}
/** Newest first. @returns one more than the limit where there are more; in reverse when backward */
export async function listEntries(
  db: Db,
  { articleId, locale, status }: { articleId: string; locale: string; status: EntryContent['status'] | undefined },
  { after, backward, limit }: EntryListPage,
): Promise<EntryRow[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  return db
    .select()
    .from(entries)
    .where(
      and(
        eq(entries.articleId, articleId),
        eq(entries.locale, locale),
        status && eq(entries.status, status),
        after ? sql`(${entries.at}, ${entries.id}) ${beyond} (${new Date(after[0])}, ${after[1]}::uuid)` : undefined,
      ),
    )
    .orderBy(sql`${entries.at} ${direction}`, sql`${entries.id} ${direction}`)
    .limit(limit + 1);
}

/** Those of a story in the trash are not found. */
export async function findEntry(db: Db, id: string): Promise<EntryRow | null> {
  const [row] = await db
    .select()
    .from(entries)
    .where(
      and(
        eq(entries.id, id),
        sql`exists (select from articles a where a.id = ${entries.articleId} and a.deleted_at is null)`,
      ),
    );
  return row ?? null;
}

const FIRST = sql`date_trunc('milliseconds', now())`;
const published = ({ status }: Pick<EntryContent, 'status'>): SQL | null => (status === 'published' ? FIRST : null);

export async function insertEntry(
  tx: Db,
  { userId, keyId }: Actor,
  of: { articleId: string; locale: string },
  { at, ...content }: EntryContent & At,
): Promise<EntryRow> {
  const [row] = await tx
    .insert(entries)
    .values({ ...of, ...content, id: uuidv7(), at: at ?? FIRST, firstPublishedAt: published(content), userId, keyId })
    .returning();
  if (!row) throw new Error('an insert returned no row');
  return row;
}

export async function updateEntry(tx: Db, id: string, change: Partial<EntryContent> & At): Promise<EntryRow> {
  const [row] = await tx
    .update(entries)
    .set({
      ...change,
      ...(change.status === 'published' && { firstPublishedAt: sql`coalesce(${entries.firstPublishedAt}, ${FIRST})` }),
      version: sql`${entries.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(entries.id, id))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  return row;
}

export async function deleteEntry(tx: Db, id: string): Promise<void> {
  await tx.delete(entries).where(eq(entries.id, id));
}

/** By the database's clock. */
export async function isFuture(tx: Db, at: Date): Promise<boolean> {
  const { rows } = await tx.execute<{ future: boolean }>(
    sql`select ${at.toISOString()}::timestamptz > now() as future`,
  );
  return rows[0]?.future ?? false;
}

/** @returns the version that is public, where the story is public as a live one */
export async function findLiveVersion(tx: Db, articleId: string, locale: string): Promise<number | null> {
  const { rows } = await tx.execute<{ version: number }>(sql`
    select version from published_articles where article_id = ${articleId} and locale = ${locale} and kind = 'live'`);
  return rows[0]?.version ?? null;
}

/** Published ones of these stories that readers do not see. */
export async function listUnshown(
  tx: Db,
  stories: readonly { articleId: string; locale: string }[],
): Promise<EntryRow[]> {
  return tx
    .select()
    .from(entries)
    .where(
      and(
        sql`(${entries.articleId}, ${entries.locale}) in (select * from json_to_recordset(${JSON.stringify(
          stories.map(({ articleId, locale }) => ({ article_id: articleId, locale })),
        )}::json) as x(article_id uuid, locale text))`,
        eq(entries.status, 'published'),
        sql`not exists (select from published_entries p where p.id = ${entries.id} and p.entry is not null)`,
      ),
    )
    .orderBy(entries.at, entries.id);
}
