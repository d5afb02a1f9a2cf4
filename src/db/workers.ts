// Tells workers of jobs that live from those that are gone, and gives back what the latter held. It runs no job and ends no worker.
import { sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import type { Db } from './client.ts';
import { instant } from './columns.ts';

/** Workers of all nodes, as graphile-worker writes them down in what they hold. */
export const workers = pgTable('workers', {
  id: text('id').primaryKey(),
  /** By the clock of the database. */
  seenAt: instant('seen_at').notNull(),
});

/** Milliseconds between two signs of life. */
export const SIGN_OF_LIFE = 10_000;
/** A worker that has given none for so long is gone: its node was killed, or is cut off from the database. */
const GONE = sql`now() - interval '40 seconds'`;

/**
 * graphile-worker itself waits four hours before it gives a job to another (its migration 000016.sql): names on public pages would stay
 * old for as long. A job of a node that comes back to life later is run twice, which each of them stands.
 */
export async function showAlive(db: Db, worker: string): Promise<void> {
  await db.execute(sql`
    insert into workers (id, seen_at) values (${worker}, now()) on conflict (id) do update set seen_at = excluded.seen_at`);
  await db.execute(sql`
    select graphile_worker.force_unlock_workers(gone) from (
      select array_agg(locked_by) as gone from (
        select locked_by from graphile_worker.jobs where locked_at < ${GONE} except select id from workers where seen_at >= ${GONE}) held) found
    where gone is not null`);
  await db.execute(sql`delete from workers where seen_at < now() - interval '1 day'`);
}
