// Tables of people, their sessions, API keys and the server's own secrets; of tokens, keys and passwords only digests are stored.
import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant, textArray, updatedAt, version } from '../../db/columns.ts';
import { partners } from '../partners/tables.ts';
import type { Role } from './roles.ts';

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    /** Null: all. */
    locales: text('locales').array(),
    /** Null: all; else these regions and what lies in them. */
    regionIds: uuid('region_ids').array(),
    /** PHC string of argon2id (RFC 9106); null for those who sign in elsewhere only. */
    passwordHash: text('password_hash'),
    /** Subject at the newsroom's OpenID provider. */
    subject: text('subject'),
    disabledAt: instant('disabled_at'),
    lastSignedInAt: instant('last_signed_in_at'),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('users_email').on(sql`lower(${table.email})`),
    unique('users_subject').on(table.subject),
    index('users_created').on(table.createdAt, table.id),
    check(
      'users_role',
      sql`${table.role} in ('administrator', 'editor', 'author', 'translator', 'contributor', 'integrator')`,
    ),
  ],
);

/** One sign-in: a short access token, and a refresh token that changes with each use. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    accessDigest: bytea('access_digest').notNull(),
    accessExpiresAt: instant('access_expires_at').notNull(),
    refreshDigest: bytea('refresh_digest').notNull(),
    /**
     * Of what all refresh tokens of the session begin with. One that begins so and is not the newest was used before:
     * whoever shows it again has stolen it, or was stolen from, and the session ends.
     */
    usedRefreshDigest: bytea('used_refresh_digest'),
    refreshExpiresAt: instant('refresh_expires_at').notNull(),
    createdAt: createdAt(),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    unique('sessions_access').on(table.accessDigest),
    unique('sessions_refresh').on(table.refreshDigest),
    index('sessions_used_refresh').on(table.usedRefreshDigest),
    index('sessions_user').on(table.userId),
    index('sessions_refresh_expires').on(table.refreshExpiresAt),
  ],
);

/** Failed sign-ins by account and by network, counted in the database so that all nodes count together. */
export const signInFailures = pgTable(
  'sign_in_failures',
  {
    /** Digest of what is limited: no address and no e-mail is stored. */
    key: bytea('key').primaryKey(),
    count: integer('count').notNull(),
    windowEndsAt: instant('window_ends_at').notNull(),
  },
  (table) => [index('sign_in_failures_window').on(table.windowEndsAt)],
);

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
    /** Null: all. */
    locales: text('locales').array(),
    /** Null: all; else these regions and what lies in them. */
    regionIds: uuid('region_ids').array(),
    /** Whose it is; null for one of the newsroom. */
    partnerId: uuid('partner_id').references(() => partners.id),
    /** The key that took its place; both hold until this one expires. */
    replacedBy: uuid('replaced_by'),
    createdAt: createdAt(),
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    unique('api_keys_digest').on(table.digest),
    index('api_keys_created').on(table.createdAt),
    index('api_keys_partner').on(table.partnerId),
  ],
);

/** Made once for a database and shared by all nodes: the key that signs cursors. */
export const secrets = pgTable('secrets', { name: text('name').primaryKey(), value: bytea('value').notNull() });
