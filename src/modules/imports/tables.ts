// How far each import has come, so that one that was cut off goes on where it stood; and files that came over HTTP, until they are done with.
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, instant, updatedAt } from '../../db/columns.ts';
import type { Format } from '../sources/formats.ts';
import type { ImportOptions, ImportStatus } from './job-schemas.ts';
import type { Refusal } from './refusing.ts';
import type { Report } from './report.ts';

export const imports = pgTable('imports', {
  /** SHA-256 of the file, in hex. */
  digest: text('digest').primaryKey(),
  fileName: text('file_name').notNull(),
  bytes: bigint('bytes', { mode: 'number' }).notNull(),
  /** Lines whose outcome is committed. */
  lines: integer('lines').notNull().default(0),
  created: integer('created').notNull().default(0),
  updated: integer('updated').notNull().default(0),
  unchanged: integer('unchanged').notNull().default(0),
  refused: integer('refused').notNull().default(0),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
  finishedAt: instant('finished_at'),
});

/** Files that came over HTTP, and what has become of them. */
export const importJobs = pgTable(
  'import_jobs',
  {
    id: uuid('id').primaryKey(),
    status: text('status').$type<ImportStatus>().notNull().default('receiving'),
    /** Null until the file has told it. */
    format: text('format').$type<Format>(),
    options: jsonb('options').$type<ImportOptions>().notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    /** Bytes of the lines whose outcome is committed. */
    position: bigint('position', { mode: 'number' }).notNull().default(0),
    lines: integer('lines').notNull().default(0),
    created: integer('created').notNull().default(0),
    updated: integer('updated').notNull().default(0),
    unchanged: integer('unchanged').notNull().default(0),
    refused: integer('refused').notNull().default(0),
    report: jsonb('report').$type<Report>().notNull(),
    /** The first refusals. */
    problems: jsonb('problems').$type<Refusal[]>().notNull().default([]),
    /** What is wrong with the file as a whole. */
    failure: text('failure'),
    userId: uuid('user_id'),
    keyId: uuid('key_id'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('import_jobs_open').on(table.createdAt).where(sql`${table.finishedAt} is null`),
    check(
      'import_jobs_status',
      sql`${table.status} in ('receiving', 'queued', 'running', 'done', 'failed', 'cancelled')`,
    ),
  ],
);

/** Their bytes, until they are done with: whatever node goes on finds them here. */
export const importParts = pgTable(
  'import_parts',
  {
    importId: uuid('import_id')
      .notNull()
      .references(() => importJobs.id, { onDelete: 'cascade' }),
    place: integer('place').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.place] })],
);
