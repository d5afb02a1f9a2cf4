// The one ordered log of what changed in public: written in the transaction of the change, read by whoever follows it.
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
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
    /** Permanent tag URI. A trigger, complete_change(), fills this and what follows. */
    uri: text('uri'),
    /** What is made of the story, as caching/groups.ts names it, its lists by region among it; of one that is gone, what was. */
    groups: text('groups').array(),
    /** What was made of it before this change, and is not any more. */
    leftGroups: text('left_groups').array(),
    /** What is made of it since this change, and was not before; null for all of it. */
    joinedGroups: text('joined_groups').array(),
  },
  (table) => [
    index('changes_article').on(table.articleId, table.locale, table.id.desc().nullsFirst()),
    index('changes_order').on(table.transaction, table.id),
    index('changes_at').on(table.locale, table.at.desc().nullsFirst()),
  ],
);

/** One row. */
export const changeLog = pgTable(
  'change_log',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    /** Another one after the database was restored: transactions are numbered anew, and what came behind the copy is not there. */
    epoch: uuid('epoch').notNull().default(sql`gen_random_uuid()`),
    /** The cluster, the database and the table that it is kept in; null where no server has looked yet. */
    origin: text('origin'),
    /** The last row that was taken out of the log. */
    trimmedTransaction: xid8('trimmed_transaction').notNull().default(sql`'0'`),
    trimmedId: bigint('trimmed_id', { mode: 'number' }).notNull().default(0),
  },
  (table) => [check('change_log_only', sql`${table.isOnly}`)],
);
