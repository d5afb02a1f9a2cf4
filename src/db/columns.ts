// Column shapes that several tables share, and how SQL puts one on the wire; it defines no table.
import { sql } from 'drizzle-orm';
import { customType, integer, text, uuid } from 'drizzle-orm/pg-core';

/** Postgres writes `0099-12-31 23:59:59+00`, of which Date makes 1999: what is not ISO 8601 to the letter, it reads as people write. */
export const instantOf = (text: string): Date => new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
export const INSTANT = 'timestamp (3) with time zone';
/** A point in time, to the millisecond: what JavaScript's Date holds, so that nothing is lost on the way out and in. */
export const instant = customType<{ data: Date; driverData: string }>({
  dataType: () => INSTANT,
  fromDriver: instantOf,
  toDriver: (date) => date.toISOString(),
});
export const createdAt = () => instant('created_at').notNull().default(sql`now()`);
export const updatedAt = () => instant('updated_at').notNull().default(sql`now()`);
/** Not when the transaction began: what it waited for was read meanwhile, with a later time, and Last-Modified never goes back. */
export const WRITTEN = sql`date_trunc('milliseconds', clock_timestamp())`;
export const version = () => integer('version').notNull().default(1);
export const textArray = (name: string) => text(name).array().notNull().default(sql`'{}'`);
export const uuidArray = (name: string) => uuid(name).array().notNull().default(sql`'{}'`);
export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** The transaction that wrote a row, for readers that must not overtake one that is still open. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/** SQL of a timestamp as the wire has it: RFC 3339 in UTC, to the millisecond. */
export const iso = (timestamp: string) => `to_char(${timestamp} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
