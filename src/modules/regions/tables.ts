// Tables of regions; public.
import { type AnyPgColumn, index, pgTable, primaryKey, unique, uuid } from 'drizzle-orm/pg-core';
import { textArray } from '../../db/columns.ts';
import { termColumns, termTextColumns } from '../taxonomy/columns.ts';

export const regions = pgTable(
  'regions',
  {
    ...termColumns(),
    parentId: uuid('parent_id').references((): AnyPgColumn => regions.id),
    countries: textArray('countries'),
  },
  (table) => [
    unique('regions_key').on(table.key),
    index('regions_order').on(table.position, table.key),
    index('regions_parent').on(table.parentId),
  ],
);

export const regionTexts = pgTable(
  'region_texts',
  {
    termId: uuid('term_id')
      .notNull()
      .references(() => regions.id, { onDelete: 'cascade' }),
    ...termTextColumns(),
  },
  (table) => [
    primaryKey({ columns: [table.termId, table.locale] }),
    unique('region_texts_slug').on(table.locale, table.slug),
  ],
);
