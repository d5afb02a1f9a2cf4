// Tables of the view counter: numbers per hour, and a 30-second memory of who was counted that holds no address.
import { sql } from 'drizzle-orm';
import { bigint, check, date, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from '../../db/columns.ts';

/** The total of a story is the sum of its rows. */
export const viewCounts = pgTable(
  'view_counts',
  {
    articleId: uuid('article_id').notNull(),
    hour: timestamp('hour', { withTimezone: true, precision: 0, mode: 'date' }).notNull(),
    locale: text('locale').notNull(),
    source: text('source').notNull(),
    views: bigint('views', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.hour, table.locale, table.source] }),
    check('view_counts_views', sql`${table.views} >= 0`),
  ],
);

export const viewVisitors = pgTable('view_visitors', {
  key: bigint('key', { mode: 'bigint' }).primaryKey(),
  seenAt: instant('seen_at').notNull(),
});

/** One secret per day; destroyed when the day is over. */
export const viewSalts = pgTable('view_salts', { day: date('day').primaryKey(), salt: bytea('salt').notNull() });
