// Tables of API keys and of the server's own secrets; a key itself is never stored, only its digest.
import { index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant, textArray } from '../../db/columns.ts';

export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    /** First characters of the key, to tell keys apart. */
    prefix: text('prefix').notNull(),
    /** SHA-256 of the key. */
    digest: bytea('digest').notNull(),
    scopes: textArray('scopes'),
    createdAt: createdAt(),
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [unique('api_keys_digest').on(table.digest), index('api_keys_created').on(table.createdAt)],
);

/** Made once for a database and shared by all nodes: the key that signs cursors. */
export const secrets = pgTable('secrets', { name: text('name').primaryKey(), value: bytea('value').notNull() });
