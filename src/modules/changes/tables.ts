// The one ordered log of what changed in public: written in the transaction of the change.
import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, xid8 } from '../../db/columns.ts';

export const changes = pgTable(
  'changes',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Sequence order is not commit order: readers stop before the oldest transaction that is still open. */
    transaction: xid8('transaction').notNull().default(sql`pg_current_xact_id()`),
    at: instant('at').notNull().default(sql`now()`),
    type: text('type').$type<'upsert' | 'delete' | 'redirect'>().notNull(),
    reason: text('reason').notNull(),
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [
    index('changes_article').on(table.articleId, table.locale, table.id.desc().nullsFirst()),
    index('changes_at').on(table.locale, table.at.desc().nullsFirst()),
  ],
);
