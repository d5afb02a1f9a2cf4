// Who did what, when, with which key: written in the transaction of the change; a trigger refuses to change or delete a row.

import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../../db/columns.ts';

export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().default(sql`now()`),
    keyId: uuid('key_id'),
    userId: uuid('user_id'),
    action: text('action').notNull(),
    entity: text('entity').notNull(),
    entityId: text('entity_id').notNull(),
    before: jsonb('before'),
    after: jsonb('after'),
  },
  (table) => [
    index('audit_entity').on(table.entity, table.entityId, table.id.desc().nullsFirst()),
    index('audit_at').on(table.at.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('audit_user').on(table.userId, table.id.desc().nullsFirst()),
    index('audit_key').on(table.keyId, table.id.desc().nullsFirst()).where(sql`${table.keyId} is not null`),
    index('audit_action').on(table.action, table.id.desc().nullsFirst()),
  ],
);
