// Entries of live stories as editors work on them; readers see what of them is copied to the tables of live/.
import { sql } from 'drizzle-orm';
import { boolean, check, foreignKey, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, updatedAt, version } from '../../db/columns.ts';
import type { PortableText } from '../body/schemas.ts';
import { drafts } from '../desk/tables.ts';

export const entries = pgTable(
  'entries',
  {
    id: uuid('id').primaryKey(),
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    status: text('status').$type<'draft' | 'published'>().notNull(),
    /** When it happened, or was reported: the order of readers. */
    at: instant('at').notNull(),
    title: text('title'),
    body: jsonb('body').$type<PortableText>().notNull(),
    /** The name that readers see. */
    author: text('author'),
    isPinned: boolean('is_pinned').notNull(),
    isKey: boolean('is_key').notNull(),
    /** Null as long as it was never published. */
    firstPublishedAt: instant('first_published_at'),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('entries_draft').on(
      table.articleId,
      table.locale,
      table.at.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    foreignKey({
      name: 'entries_draft_fk',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
    check('entries_status', sql`${table.status} in ('draft', 'published')`),
  ],
);
