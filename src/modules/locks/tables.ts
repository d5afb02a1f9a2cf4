// Who has a draft open: a lease that runs out by itself. It keeps nobody from writing; versions do that.
import { foreignKey, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../../db/columns.ts';
import { drafts } from '../desk/tables.ts';

export const locks = pgTable(
  'locks',
  {
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    /** The person, or the key where no person stands behind it. */
    holderId: uuid('holder_id').notNull(),
    holderName: text('holder_name').notNull(),
    acquiredAt: instant('acquired_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    foreignKey({
      name: 'locks_draft',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
    index('locks_expires').on(table.expiresAt),
  ],
);
