// Tells a log that was restored from the one that it was, takes out of it what nobody has to be told any more, and finds what holds it
// back. It ends nobody's transaction.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { ELSEWHERE, horizon } from './queries.ts';

const ORIGIN = sql`(select system_identifier from pg_control_system()) || '/' || (select oid from pg_database where datname = current_database())
  || '/' || 'changes'::regclass::oid`;

/**
 * Rows of another cluster have its numbers of transactions: higher ones would stay unreadable, and any of them may stand behind what comes
 * now. Where nothing is open any more, as in a copy, their ids are in the order of each story. Whoever has read on in the original is to
 * begin anew, whatever the numbers are: it may have been told what the copy has never heard of.
 */
export async function renewLog(db: Db): Promise<void> {
  await db.execute(sql`
    with place as (select ${ORIGIN} as origin),
      looked as (
        -- Where nobody has looked before, rows of transactions that have not begun tell a copy.
        select p.origin, l.origin is not null or exists (
          select from changes where transaction >= pg_snapshot_xmax(pg_current_snapshot())) as is_copy
        from change_log l, place p where l.origin is distinct from p.origin for update of l
      ),
      moved as (
        select *, case when is_copy then setval('entry_positions', (select last_value from entry_positions) + 1000000000) end from looked
      ),
      written as (
        update change_log l set origin = k.origin, epoch = case when is_copy then gen_random_uuid() else l.epoch end,
          trimmed_transaction = case when is_copy then '0' else l.trimmed_transaction end,
          trimmed_id = case when is_copy then 0 else l.trimmed_id end
        from moved k
      )
    update changes set transaction = '0' where (select is_copy from looked)`);
}

/** What was taken back is told for so long; what is public is told for ever, once. */
const KEPT = '90 days';

/** Rows looked at by one statement. All in one, what a site's rebuilding had told 90 days ago ran into the statement_timeout, each night anew. */
const BATCH = 10_000;

/**
 * To be run outside a transaction. Rows are walked in the order in which they were written, up to the first batch that is young throughout.
 * Whether a story goes on behind its batch is asked once for each story, by the index of stories alone: the other columns are written so that no
 * index fits them. Left to choose, Postgres read most of the log for each row, by what it knew of it: 25,000 rows took more than 15 s, and
 * take 0.1.
 */
export async function trimLog(db: Db): Promise<void> {
  for (let from = 0; ; ) {
    const { rows } = await db.execute<{ last: number | null; old: number }>(sql`
      with batch as materialized (
        select id, at, type, article_id, locale, id < max(id) over (partition by article_id, locale) as is_followed
        from (select * from changes where id > ${from} order by id limit ${BATCH}) next
      ), gone as (
        delete from changes c using batch b
        where c.id = b.id and b.at < now() - ${sql.raw(`interval '${KEPT}'`)} and (b.type <> 'upsert' or b.is_followed or exists (
          select from changes newer where newer.article_id = b.article_id and newer.locale || '' = b.locale and newer.id + 0 > b.id))
        returning c.transaction, c.id
      ), latest as (
        select transaction, id from gone order by transaction desc, id desc limit 1
      ), noted as (
        update change_log l set trimmed_transaction = g.transaction, trimmed_id = g.id from latest g
        where (l.trimmed_transaction, l.trimmed_id) < (g.transaction, g.id)
      )
      select max(id)::float8 as last, count(*) filter (where at < now() - ${sql.raw(`interval '${KEPT}'`)})::int as old from batch`);
    const [turn] = rows;
    if (!turn?.last || turn.old === 0) return;
    from = turn.last;
  }
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
    with horizon as materialized (select ${sql.raw(horizon(ELSEWHERE))} as transaction)
    select a.pid, a.application_name as application, extract(epoch from now() - a.xact_start)::int as open
    from horizon h left join pg_stat_activity a on a.backend_xid = h.transaction::xid
    -- One that is neither open nor prepared has ended since the statement began.
    where (a.pid is not null or h.transaction::xid in (select transaction from pg_prepared_xacts))
      and (select c.at from changes c where c.transaction >= h.transaction order by c.transaction, c.id limit 1) < now() - interval '1 minute'`);
  return rows[0] ?? null;
}
