// Tables of partners: what each may have, what it has asked for in the present minute and day, and what it took. No names of people.
import { sql } from 'drizzle-orm';
import { boolean, check, date, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, updatedAt, version } from '../../db/columns.ts';
import type { Kind } from '../articles/kinds.ts';

export const partners = pgTable(
  'partners',
  {
    id: uuid('id').primaryKey(),
    key: text('key').notNull(),
    /** Names the partner in pages that the world can read, and tells strangers nothing. */
    code: text('code').notNull(),
    name: text('name').notNull(),
    /** Null: all; else these and what lies in them. */
    regionIds: uuid('region_ids').array(),
    /** Null: all. */
    tagIds: uuid('tag_ids').array(),
    kinds: text('kinds').array().$type<Kind[]>(),
    locales: text('locales').array(),
    fullText: boolean('full_text').notNull(),
    /** May republish what other partners may not yet. */
    embargoed: boolean('embargoed').notNull(),
    perMinute: integer('per_minute').notNull(),
    perDay: integer('per_day').notNull(),
    disabledAt: instant('disabled_at'),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('partners_key').on(table.key),
    unique('partners_code').on(table.code),
    index('partners_created').on(table.createdAt, table.id),
  ],
);

const ofPartner = () =>
  uuid('partner_id')
    .notNull()
    .references(() => partners.id);

/** Unlogged (the migration): a crash of the database forgets what was asked for, and a request waits for no disk. */
export const partnerQuotas = pgTable('partner_quotas', {
  partnerId: ofPartner().primaryKey(),
  minute: instant('minute').notNull().default(sql`'-infinity'`),
  inMinute: integer('in_minute').notNull().default(0),
  /** UTC. */
  day: date('day').notNull().default(sql`'-infinity'`),
  inDay: integer('in_day').notNull().default(0),
});

/** Which story a partner took on a day (UTC), in which language and form. */
export const partnerTakings = pgTable(
  'partner_takings',
  {
    partnerId: ofPartner(),
    day: date('day').notNull(),
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    format: text('format').notNull(),
    times: integer('times').notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.partnerId, table.day, table.articleId, table.locale, table.format] }),
    index('partner_takings_day').on(table.day),
    check('partner_takings_times', sql`${table.times} > 0`),
  ],
);
