// Writes what readers see of entries. The story's row is locked by whoever calls, so that positions become visible in their order; nothing is decided here.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { toHtml, toText } from '../body/rendering.ts';
import type { PortableText } from '../body/schemas.ts';
import type { Entry } from './schemas.ts';

export interface ShownEntry {
  id: string;
  articleId: string;
  locale: string;
  at: Date;
  title: string | null;
  body: PortableText;
  author: string | null;
  isPinned: boolean;
  isKey: boolean;
  firstPublishedAt: Date;
  updatedAt: Date;
}

const entryOf = ({ id, at, title, body, author, isPinned, isKey, firstPublishedAt, updatedAt }: ShownEntry): Entry => ({
  id,
  at: at.toISOString(),
  title,
  // On a page with many entries, each has headings of its own.
  body: { portableText: body, html: toHtml(body, `${id}-`), text: toText(body) },
  author,
  isPinned,
  isKey,
  firstPublishedAt: firstPublishedAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

/** New ones, and what takes the place of those that are there. */
export async function showEntries(tx: Db, entries: readonly ShownEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({ ...entry, body: undefined, entry: JSON.stringify(entryOf(entry)) }));
  await tx.execute(sql`
    insert into published_entries (id, article_id, locale, position, at, is_pinned, is_key, entry)
    select id, "articleId", locale, nextval('entry_positions'), at, "isPinned", "isKey", entry
    from json_to_recordset(${JSON.stringify(rows)}::json) as x(id uuid, "articleId" uuid, locale text, at timestamptz, "isPinned" boolean, "isKey" boolean, entry text)
    on conflict (id) do update set position = excluded.position, at = excluded.at, is_pinned = excluded.is_pinned, is_key = excluded.is_key,
      entry = excluded.entry`);
}

/** All of a story in one language, or one: that they were there stays, so that whoever shows them takes them away. */
export async function hideEntries(
  tx: Db,
  which: { articleId: string; locale: string } | { id: string },
): Promise<void> {
  const those =
    'id' in which ? sql`id = ${which.id}` : sql`article_id = ${which.articleId} and locale = ${which.locale}`;
  await tx.execute(sql`
    update published_entries set position = nextval('entry_positions'), is_pinned = false, is_key = false, entry = null
    where ${those} and entry is not null`);
}

/** Of a story that is erased, in every language. */
export async function deleteEntriesOf(tx: Db, articleId: string): Promise<void> {
  await tx.execute(sql`delete from published_entries where article_id = ${articleId}`);
}
