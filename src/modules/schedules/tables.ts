// What is to be published or taken back by itself, and when; the database's clock decides what is due.
import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, version } from '../../db/columns.ts';
import type { ProblemDocument } from '../../problem.ts';
import type { DraftStatus } from '../desk/schemas.ts';
import { drafts } from '../desk/tables.ts';
import type { Removal } from './schemas.ts';

export const schedules = pgTable(
  'schedules',
  {
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    action: text('action').$type<'publish' | 'unpublish'>().notNull(),
    at: instant('at').notNull(),
    /** Version of the draft that is to be published. */
    draftVersion: integer('draft_version'),
    updateType: text('update_type').$type<'major' | 'minor'>(),
    /** Partners who hold the scope `embargoed:read` may see it before. */
    embargoed: boolean('embargoed').notNull().default(false),
    /** How an expiry takes it back: members of the removal. */
    removal: jsonb('removal').$type<Removal>(),
    /** Where the draft goes when this is cancelled. */
    resumeStatus: text('resume_status').$type<DraftStatus>(),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    version: version(),
    createdAt: createdAt(),
    /** It was tried and refused: an editor has to look. */
    failedAt: instant('failed_at'),
    /** Problem document (RFC 9457) of the refusal. */
    failure: jsonb('failure').$type<ProblemDocument>(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale, table.action] }),
    foreignKey({
      name: 'schedules_draft',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
    index('schedules_due').on(table.at).where(sql`${table.failedAt} is null`),
    // For lists, soonest first: an archive may have a time to end on every story.
    index('schedules_order').on(table.at, table.articleId, table.locale, table.action),
    check('schedules_action', sql`${table.action} in ('publish', 'unpublish')`),
  ],
);
