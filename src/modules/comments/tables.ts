// Internal notes on stories and drafts: they never leave the desk.
import { type AnyPgColumn, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, updatedAt, version } from '../../db/columns.ts';
import { articles } from '../desk/tables.ts';
import { locales } from '../site/tables.ts';

export const comments = pgTable(
  'comments',
  {
    id: uuid('id').primaryKey(),
    articleId: uuid('article_id')
      .notNull()
      .references(() => articles.id, { onDelete: 'cascade' }),
    /** Null: on the story in all languages. */
    locale: text('locale').references(() => locales.tag),
    /** What it answers. */
    parentId: uuid('parent_id').references((): AnyPgColumn => comments.id, { onDelete: 'cascade' }),
    /** JSON Pointer (RFC 6901) into the draft, such as `/title`; null for the whole. */
    pointer: text('pointer'),
    text: text('text').notNull(),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    authorName: text('author_name').notNull(),
    resolvedAt: instant('resolved_at'),
    resolvedBy: text('resolved_by'),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('comments_article').on(table.articleId, table.createdAt, table.id),
    index('comments_parent').on(table.parentId),
  ],
);
