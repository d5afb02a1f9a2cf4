// Table of the custom fields that administrators define; their values stand in the rows of stories and drafts.
import { sql } from 'drizzle-orm';
import { boolean, check, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, textArray, updatedAt, version } from '../../db/columns.ts';
import type { LocalisedText } from '../site/schemas.ts';
import type { FieldType } from './values.ts';

export const fields = pgTable(
  'fields',
  {
    id: uuid('id').primaryKey(),
    /** Name of the member under `extra`; for good. */
    key: text('key').notNull(),
    label: jsonb('label').$type<LocalisedText>().notNull(),
    type: text('type').$type<FieldType>().notNull(),
    /** Of a choice. */
    choices: textArray('choices'),
    /** Kinds of stories that have it; empty for all. */
    kinds: textArray('kinds'),
    /** A value for each language, or one for all. */
    localised: boolean('localised').notNull().default(false),
    /** No story is published without it. */
    required: boolean('required').notNull().default(false),
    /** False: never leaves the desk. */
    public: boolean('public').notNull().default(true),
    /** Public lists can be filtered by it. */
    filterable: boolean('filterable').notNull().default(false),
    position: integer('position').notNull().default(0),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('fields_key').on(table.key),
    check('fields_type', sql`${table.type} in ('text', 'number', 'boolean', 'date', 'choice', 'article', 'tag')`),
    check('fields_filterable', sql`not ${table.filterable} or (${table.public} and ${table.type} <> 'text')`),
  ],
);
