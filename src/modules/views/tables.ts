// Tables of the view counter: numbers per hour, their sums per day, and a 30-second memory of who was counted that holds no address.
import { sql } from 'drizzle-orm';
import { bigint, check, date, index, pgTable, primaryKey, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, version } from '../../db/columns.ts';

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
    // For what was read most. The number itself stands in no index, so that counting one more stays an update in place (HOT).
    index('view_counts_hour').on(table.hour),
    // For what was read at a partner: few rows of all.
    index('view_counts_republished').on(table.source, table.hour).where(sql`${table.source} like 'republished:%'`),
  ],
);

/** Sums of whole days (UTC) that are closed, all sources together: else each minute would add up all hours there ever were. */
export const viewDays = pgTable(
  'view_days',
  {
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    day: date('day').notNull(),
    views: bigint('views', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale, table.day] }),
    index('view_days_day').on(table.day),
  ],
);

/** One row: days before this one stand in view_days, hours from it on do not. */
export const viewClosing = pgTable('view_closing', {
  id: smallint('id').primaryKey().default(1),
  before: date('before').notNull(),
});

/** How often the counts of a story were set by hand; the version that the next correction is based on. */
export const viewCorrections = pgTable('view_corrections', {
  articleId: uuid('article_id').primaryKey(),
  version: version(),
  updatedAt: instant('updated_at').notNull().default(sql`now()`),
});

export const viewVisitors = pgTable('view_visitors', {
  key: bigint('key', { mode: 'bigint' }).primaryKey(),
  seenAt: instant('seen_at').notNull(),
});

/** One secret per day; destroyed when the day is over. */
export const viewSalts = pgTable('view_salts', { day: date('day').primaryKey(), salt: bytea('salt').notNull() });
