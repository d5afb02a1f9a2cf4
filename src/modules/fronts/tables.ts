// Fronts and what is to change on them at a time. Readers are answered from both, so they hold ids of stories and no word of them; a
// change is hidden from the role of readers until its time has come.
import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, updatedAt, version } from '../../db/columns.ts';
import type { LocalisedText } from '../site/schemas.ts';
import type { FrontContent, Slot } from './schemas.ts';

export const fronts = pgTable(
  'fronts',
  {
    id: uuid('id').primaryKey(),
    /** Stable, language-neutral: what front ends ask for. */
    slug: text('slug').notNull(),
    position: integer('position').notNull().default(0),
    /** False while it is being built: readers are told that there is none. */
    public: boolean('public').notNull().default(true),
    title: jsonb('title').$type<LocalisedText>().notNull(),
    description: jsonb('description').$type<LocalisedText>().notNull(),
    /** In the order of the page. */
    slots: jsonb('slots').$type<Slot[]>().notNull(),
    /** Times of its changes: an answer must not be kept beyond the next one, and readers cannot look at changes to come. */
    changesAt: instant('changes_at').array().notNull().default(sql`'{}'`),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [unique('fronts_slug').on(table.slug)],
);

/** Takes effect by itself when its time has come; the next edit of the front takes it over into the front. */
export const frontChanges = pgTable(
  'front_changes',
  {
    id: uuid('id').primaryKey(),
    frontId: uuid('front_id')
      .notNull()
      .references(() => fronts.id, { onDelete: 'cascade' }),
    at: instant('at').notNull(),
    /** Key of the slot that it replaces; null where it is of the front itself. */
    slot: text('slot'),
    content: jsonb('content').$type<Slot | Partial<FrontContent>>().notNull(),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    createdAt: createdAt(),
  },
  (table) => [index('front_changes_at').on(table.frontId, table.at, table.id)],
);
