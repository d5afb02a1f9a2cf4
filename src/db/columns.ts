// Column shapes that several tables share; it defines no table.
import { sql } from 'drizzle-orm';
import { customType, integer, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** A point in time, to the millisecond: what JavaScript's Date holds, so that nothing is lost on the way out and in. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
export const createdAt = () => instant('created_at').notNull().default(sql`now()`);
export const updatedAt = () => instant('updated_at').notNull().default(sql`now()`);
export const version = () => integer('version').notNull().default(1);
export const textArray = (name: string) => text(name).array().notNull().default(sql`'{}'`);
export const uuidArray = (name: string) => uuid(name).array().notNull().default(sql`'{}'`);
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** The transaction that wrote a row, for readers that must not overtake one that is still open. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
