// Links that show one draft, or one front, to whoever holds them, until they expire or are revoked; of a token only its digest is stored.
import { sql } from 'drizzle-orm';
import { check, foreignKey, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant } from '../../db/columns.ts';
import { drafts } from '../desk/tables.ts';
import { fronts } from '../fronts/tables.ts';

export const previews = pgTable(
  'previews',
  {
    id: uuid('id').primaryKey(),
    /** With `locale` a draft; null, both of them, where it shows a front. */
    articleId: uuid('article_id'),
    locale: text('locale'),
    frontId: uuid('front_id').references(() => fronts.id, { onDelete: 'cascade' }),
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
    index('previews_front').on(table.frontId, table.createdAt.desc().nullsFirst()),
    foreignKey({
      name: 'previews_draft_fk',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
    // A foreign key with a null in it is not looked at: half a draft would be none at all.
    check(
      'previews_one',
      sql`num_nonnulls(${table.articleId}, ${table.locale}) = case when ${table.frontId} is null then 2 else 0 end`,
    ),
  ],
);
