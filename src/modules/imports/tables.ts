// How far each import has come, so that one that was cut off goes on where it stood.
import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, instant, updatedAt } from '../../db/columns.ts';

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
