// Tables of tags; public.
import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { termColumns, termTextColumns } from '../taxonomy/columns.ts';

export const TAG_TYPES = ['topic', 'person', 'organisation', 'place', 'event', 'series', 'tone'] as const;
export type TagType = (typeof TAG_TYPES)[number];

export const tags = pgTable('tags', { ...termColumns(), type: text('type').$type<TagType>().notNull() }, (table) => [
  unique('tags_key').on(table.key),
  index('tags_order').on(table.position, table.key),
  check('tags_type', sql`${table.type} in ('topic', 'person', 'organisation', 'place', 'event', 'series', 'tone')`),
]);

export const tagTexts = pgTable(
  'tag_texts',
  {
    termId: uuid('term_id')
      .notNull()
      .references(() => tags.id, { onDelete: 'cascade' }),
    ...termTextColumns(),
  },
  (table) => [
    primaryKey({ columns: [table.termId, table.locale] }),
    unique('tag_texts_slug').on(table.locale, table.slug),
  ],
);
