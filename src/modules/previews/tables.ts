// Links that show one draft to whoever holds them, until they expire or are revoked; of a token only its digest is stored.
import { foreignKey, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant } from '../../db/columns.ts';
import { drafts } from '../desk/tables.ts';

export const previews = pgTable(
  'previews',
  {
    id: uuid('id').primaryKey(),
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    digest: bytea('digest').notNull(),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('previews_digest').on(table.digest),
    index('previews_draft').on(table.articleId, table.locale, table.createdAt.desc().nullsFirst()),
    index('previews_expires').on(table.expiresAt),
    foreignKey({
      name: 'previews_draft_fk',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
  ],
);
