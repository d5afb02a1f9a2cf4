// Forgets what the view counter no longer needs: visitors after a minute, salts after their day. It never touches a count.
import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

/** About 12,000 rows and 20 ms: the longest that a batch can wait for a row that is being deleted. */
const PAGES = 64;

/**
 * To be run each minute, outside a transaction, on one node or on many. Deletes in table order, 64 pages a statement,
 * and leaves rows that a batch holds: no deadlock, no wait here. The vacuum makes the space usable at once; the
 * server's own comes once a minute at best, and at 10,000 views/s the table would grow by 25 MB meanwhile.
 * @returns rows deleted
 */
export async function pruneVisitors(db: Queryable): Promise<number> {
  const size = await db.query<{ pages: number }>(
    "select (pg_relation_size('view_visitors') / current_setting('block_size')::int)::int as pages",
  );
  const pages = size.rows[0]?.pages ?? 0;
  let deleted = 0;
  for (let page = 0; page < pages; page += PAGES) {
    const { rowCount } = await db.query(
      `delete from view_visitors where ctid = any (array(
         select ctid from view_visitors
         where ctid >= $1::tid and ctid < $2::tid and seen_at < now() - interval '1 minute'
         for update skip locked))`,
      [`(${page},0)`, `(${page + PAGES},0)`],
    );
    deleted += rowCount ?? 0;
  }
  // Not truncated, since that takes a lock which batches would wait for.
  if (deleted > 0) await db.query('vacuum (truncate false, skip_locked) view_visitors');
  return deleted;
}

/** A salt is needed for two minutes after its day (see salts.ts); then nothing can say any more who a key was. */
export async function destroySalts(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    "delete from view_salts where day < (now() at time zone 'UTC' - interval '5 minutes')::date",
  );
  return rowCount ?? 0;
}
