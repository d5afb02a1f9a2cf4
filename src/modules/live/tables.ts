// What readers see of live stories: published entries, and that there was one which is gone. No unpublished word is ever stored here.
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, pgSequence, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../../db/columns.ts';

/**
 * Taken while the story's row is locked, and the lock is held until the change is committed: within a story the order of
 * positions is the order in which they become visible, so that whoever has read up to one has missed nothing before it.
 */
export const entryPositions = pgSequence('entry_positions');

export const publishedEntries = pgTable(
  'published_entries',
  {
    id: uuid('id').primaryKey(),
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    /** Of its last change. */
    position: bigint('position', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    isPinned: boolean('is_pinned').notNull(),
    isKey: boolean('is_key').notNull(),
    /** Ready JSON; null where it was deleted or taken back. */
    entry: text('entry'),
  },
  (table) => [
    index('published_entries_order')
      .on(table.articleId, table.locale, table.at.desc().nullsFirst(), table.id.desc().nullsFirst())
      .where(sql`${table.entry} is not null`),
    index('published_entries_key')
      .on(table.articleId, table.locale, table.at.desc().nullsFirst(), table.id.desc().nullsFirst())
      .where(sql`${table.entry} is not null and ${table.isKey}`),
    index('published_entries_pinned')
      .on(table.articleId, table.locale, table.at.desc().nullsFirst(), table.id.desc().nullsFirst())
      .where(sql`${table.entry} is not null and ${table.isPinned}`),
    index('published_entries_changes').on(table.articleId, table.locale, table.position),
  ],
);
