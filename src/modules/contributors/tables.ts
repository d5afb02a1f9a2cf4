// Tables of contributors, the people and organisations that stand in bylines; public, so no e-mail address belongs here.
import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { termColumns, termTextColumns } from '../taxonomy/columns.ts';

export const CONTRIBUTOR_TYPES = ['person', 'organisation'] as const;
export type ContributorType = (typeof CONTRIBUTOR_TYPES)[number];

export const contributors = pgTable(
  'contributors',
  {
    ...termColumns(),
    type: text('type').$type<ContributorType>().notNull(),
    links: jsonb('links').$type<string[]>().notNull().default([]),
  },
  (table) => [
    unique('contributors_key').on(table.key),
    index('contributors_order').on(table.position, table.key),
    check('contributors_type', sql`${table.type} in ('person', 'organisation')`),
  ],
);

export const contributorTexts = pgTable(
  'contributor_texts',
  {
    termId: uuid('term_id')
      .notNull()
      .references(() => contributors.id, { onDelete: 'cascade' }),
    ...termTextColumns(),
  },
  (table) => [
    primaryKey({ columns: [table.termId, table.locale] }),
    unique('contributor_texts_slug').on(table.locale, table.slug),
  ],
);
