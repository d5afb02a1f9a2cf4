// Columns that regions, tags and contributors have in common; each of them adds its own.
import { integer, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, updatedAt, version } from '../../db/columns.ts';
import { locales } from '../site/tables.ts';

export const termColumns = () => ({
  id: uuid('id').primaryKey(),
  key: text('key').notNull(),
  position: integer('position').notNull().default(0),
  version: version(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const termTextColumns = () => ({
  locale: text('locale')
    .notNull()
    .references(() => locales.tag),
  name: text('name').notNull(),
  slug: text('slug').notNull(),
  tagline: text('tagline'),
});
