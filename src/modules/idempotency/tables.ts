// Answers that a retry with the same Idempotency-Key is given again; neither the key nor the answer can be read from here.
import { index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt } from '../../db/columns.ts';

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** The person or key that sent it. */
    actorId: uuid('actor_id').notNull(),
    digest: bytea('digest').notNull(),
    /** Of method, address and body, under the Idempotency-Key. */
    requestDigest: bytea('request_digest').notNull(),
    /** Status, headers and body, encrypted under a key made of the Idempotency-Key itself: an answer may hold a new token. */
    answer: bytea('answer').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.actorId, table.digest] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);
