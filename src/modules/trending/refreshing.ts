// Makes the lists of what is read most anew, from hour and day buckets; never from single views, and on one node at a time.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { closeDays, OPEN_SINCE } from '../views/closing.ts';
import { SPANS, type Span, type Weights, weightsOf } from './spans.ts';

/** Held while a span is made anew. */
const LOCK = 0x74726e64;

/** Rows of each list: what an answer can hold, and some for stories that go out of public before the next refresh. */
export const KEPT = 120;
/** Of each language, so many stories of a span stand in its lists: what bounds a refresh among a million of them. */
const POOL = 50_000;
/** A refresh takes no more than this share of the time: one that takes longer than 5 s is made less often than once a minute. */
const SHARE = 12;
const LONGEST = '60s';

interface Clock {
  /** Minutes since the present hour and day (UTC) began. */
  hour: number;
  day: number;
  [column: string]: unknown;
}

/** @returns the spans that were made anew; none while another node is at it, unless `wait` says to wait for that */
export async function refreshTrending(db: Db, options: { wait?: boolean } = {}): Promise<Span[]> {
  await db.transaction(closeDays);
  const made: Span[] = [];
  for (const span of SPANS) {
    await db.transaction(async (tx) => {
      if (!(await lock(tx, options.wait ?? false)) || !(options.wait || (await isDue(tx, span)))) return;
      await tx.execute(sql.raw(`set local statement_timeout = '${LONGEST}'`));
      await refreshSpan(tx, span);
      made.push(span);
    });
  }
  return made;
}

async function lock(tx: Db, wait: boolean): Promise<boolean> {
  if (wait) await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
  else {
    const { rows } = await tx.execute<{ got: boolean }>(sql`select pg_try_advisory_xact_lock(${LOCK}) as got`);
    return rows[0]?.got ?? false;
  }
  return true;
}

/** Also where it was made in times to come, by a clock that has gone back since: else it would stay as it was until then. */
async function isDue(tx: Db, span: Span): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    select from trending_refreshes where span = ${span} and refreshed_at <= now()
      and refreshed_at + ${SHARE} * took * interval '1 millisecond' > now()`);
  return rows.length === 0;
}

async function refreshSpan(tx: Db, span: Span): Promise<void> {
  const { rows } = await tx.execute<Clock>(sql`
    select extract(minute from utc)::int as hour, extract(hour from utc)::int * 60 + extract(minute from utc)::int as day
    from (select now() at time zone 'UTC' as utc) x`);
  const [clock] = rows;
  if (!clock) throw new Error('a select without a table answered no row');
  await tx.execute(sql`
    with scored as materialized (
      ${span === 'all' ? totals() : weighted(weightsOf(span, clock))}
    ), pool as (
      select * from (
        select *, row_number() over (partition by locale order by score desc, article_id) as n from scored where score > 0
      ) numbered where n <= ${POOL}
    ), ranked as materialized (
      select * from (
        select l.key, pool.article_id, score, views, row_number() over (partition by l.key order by score desc, pool.article_id) as position
        from pool join listings l on l.article_id = pool.article_id and l.locale = pool.locale
      ) numbered where position <= ${KEPT}
    ), obsolete as (
      delete from trending t where span = ${span}
        and not exists (select from ranked r where r.key = t.key and r.position = t.position)
    )
    insert into trending as t (span, key, position, article_id, score, views)
    select ${span}, key, position, article_id, score, views from ranked
    on conflict (span, key, position) do update set article_id = excluded.article_id, score = excluded.score, views = excluded.views
      where (t.article_id, t.score, t.views) is distinct from (excluded.article_id, excluded.score, excluded.views)`);
  await tx.execute(sql`
    insert into trending_refreshes (span, refreshed_at, took)
    values (${span}, now(), extract(epoch from clock_timestamp() - now()) * 1000)
    on conflict (span) do update set refreshed_at = excluded.refreshed_at, took = excluded.took`);
}

/** Closed days, and the hours behind them. */
const totals = (): SQL => sql`
  select article_id, locale, sum(views) as score, sum(views)::bigint as views from (
    select article_id, locale, views from view_days
    union all select article_id, locale, views from view_counts where hour >= ${OPEN_SINCE}
  ) x group by 1, 2`;

/** `views` is a whole number: what lies in the bucket that the beginning cuts is rounded. */
function weighted({ bucket, inside, weights, minutes }: Weights): SQL {
  const oldest = inside.length - 1;
  const buckets =
    bucket === 'hour'
      ? sql`select article_id, locale, views,
          (extract(epoch from date_trunc('hour', now(), 'UTC') - hour) / 3600)::int as age
        from view_counts where hour >= date_trunc('hour', now(), 'UTC') - ${oldest} * interval '1 hour'`
      : sql`select article_id, locale, views, (now() at time zone 'UTC')::date - day as age
        from view_days where day >= (now() at time zone 'UTC')::date - ${oldest}::int
        union all
        select article_id, locale, views, (now() at time zone 'UTC')::date - (hour at time zone 'UTC')::date
        from view_counts where hour >= greatest(${OPEN_SINCE}, (now() at time zone 'UTC')::date::timestamp at time zone 'UTC' - ${oldest} * interval '1 day')`;
  return sql`
    select article_id, locale, sum(views * (${sql.param(weights.map(String))}::bigint[])[age + 1]) as score,
      round(sum(views * (${sql.param(inside)}::int[])[age + 1]) / ${minutes}::numeric)::bigint as views
    from (${buckets}) x where age between 0 and ${oldest} group by 1, 2`;
}
