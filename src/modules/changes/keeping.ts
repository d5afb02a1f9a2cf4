// Tells a log that was restored into another database cluster from the one that it was, takes out of it what nobody has to be told any
// more, and finds what holds it back. It ends nobody's transaction.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { HORIZON } from './queries.ts';

/**
 * Transactions are numbered by the cluster: rows of one with higher numbers would stay unreadable, and stand behind what comes now.
 * No row that can be seen is of a transaction that has not begun, but such a one.
 */
export async function renewLog(db: Db): Promise<void> {
  await db.execute(sql`
    with foreign_rows as (
      update changes set transaction = '0' where transaction >= pg_snapshot_xmax(pg_current_snapshot()) returning id
    )
    update change_log set epoch = gen_random_uuid() where exists (select from foreign_rows)`);
}

/** What was taken back is told for so long; what is public is told for ever, once. */
const KEPT = '90 days';

export async function trimLog(db: Db): Promise<void> {
  await db.execute(sql`
    with gone as (
      delete from changes c where c.at < now() - ${sql.raw(`interval '${KEPT}'`)} and (c.type <> 'upsert' or exists (
        select from changes newer where newer.article_id = c.article_id and newer.locale = c.locale and newer.id > c.id))
      returning transaction, id
    ), latest as (
      select transaction, id from gone order by transaction desc, id desc limit 1
    )
    update change_log l set trimmed_transaction = g.transaction, trimmed_id = g.id from latest g
    where (l.trimmed_transaction, l.trimmed_id) < (g.transaction, g.id)`);
}

export interface Obstacle {
  /** Process of the database server; null where it has none, since it was prepared (two-phase commit). */
  pid: number | null;
  application: string | null;
  /** Seconds since it began. */
  open: number | null;
}

/**
 * The transaction that keeps from readers what was committed more than a minute ago. Whatever writes in this database and stays open
 * does, and the oldest first.
 */
export async function findObstacle(db: Db): Promise<Obstacle | null> {
  const { rows } = await db.execute<Obstacle & Record<string, unknown>>(sql`
    with horizon as materialized (select ${sql.raw(HORIZON)} as transaction)
    select a.pid, a.application_name as application, extract(epoch from now() - a.xact_start)::int as open
    from horizon h left join pg_stat_activity a on a.backend_xid = h.transaction::xid
    where (select c.at from changes c where c.transaction >= h.transaction order by c.transaction, c.id limit 1) < now() - interval '1 minute'`);
  return rows[0] ?? null;
}
