// What is read most: the first stories of each list, made anew each minute from the counts. Nothing but that job writes here.
import { bigint, integer, numeric, pgTable, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../../db/columns.ts';
import type { Span } from './spans.ts';

export const trending = pgTable(
  'trending',
  {
    span: text('span').$type<Span>().notNull(),
    /** The list, which is of one language: listingKey() of articles/listing-keys.ts. */
    key: bigint('key', { mode: 'bigint' }).notNull(),
    /** From 1. */
    position: smallint('position').notNull(),
    articleId: uuid('article_id').notNull(),
    /** Comparable within a span: see spans.ts. */
    score: numeric('score').notNull(),
    /** Within the span, as a whole number. */
    views: bigint('views', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.span, table.key, table.position] })],
);

export const trendingRefreshes = pgTable('trending_refreshes', {
  span: text('span').$type<Span>().primaryKey(),
  refreshedAt: instant('refreshed_at').notNull(),
  /** How long it took, in milliseconds. */
  took: integer('took').notNull(),
});
