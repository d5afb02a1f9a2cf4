// SQL of sending: which hosts something is due for, who sends to one, and what came of it. All times are the database's.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { hubRequests } from './tables.ts';

/** Longer than a turn: waves are begun for 20 s, and the last one takes 10 s. */
const LEASE = sql.raw("interval '60 seconds'");
/** A follower's later news wait for the earlier ones: else an old state of a story would come last. */
const IS_FIRST = sql.raw(`(r.subscription_id is null or r.id = (select e.id from hub_requests e
  where e.subscription_id = r.subscription_id order by e.id limit 1))`);
/** Tries. The last of a delivery comes about sixteen hours after the first. */
const MOST = sql.raw(`case kind when 'verify' then 3 when 'ping' then 5 else 12 end`);
const BACKOFF = sql.raw(`exp(least(attempts + 1, 10)) * interval '1 second'`);

/** SQL: a job for each host that something is due for, or soon, and that nobody sends to. */
const jobsOf = (mode: 'replace' | 'preserve_run_at') => sql`
  select graphile_worker.add_job('send_hub', payload := json_build_object('host', h.host), job_key := 'hub:' || h.host,
    run_at := greatest(r.next_at, h.paused_until, now()), job_key_mode := ${mode}::text)
  from hub_hosts h cross join lateral (
    select r.next_at from hub_requests r where r.host = h.host and ${IS_FIRST} order by r.next_at limit 1) r
  where (h.leased_until is null or h.leased_until <= now())`;

/** With one for each feed that is to be looked at. What is due later than in a minute is found in time by whoever looks then. */
export async function dispatch(db: Db): Promise<void> {
  await db.execute(sql`
    insert into hub_hosts (host) select distinct r.host from hub_requests r
    where not exists (select from hub_hosts h where h.host = r.host) order by r.host on conflict do nothing`);
  await db.execute(sql`${jobsOf('replace')} and r.next_at < now() + interval '1 minute' order by h.host`);
  await db.execute(sql`
    select graphile_worker.add_job('hub_topic', payload := json_build_object('topic', t.url), job_key := 'hub_topic:' || md5(t.url),
      run_at := t.due_at) from hub_topics t where t.due_at is not null order by t.url`);
}

/** What a node does by a lease that another one has taken over does nothing. */
export interface Lease {
  host: string;
  lease: string;
  /** Requests in a row that had failed when it began. */
  failures: number;
  [column: string]: unknown;
}
const isHeld = ({ host, lease }: Lease) => sql`host = ${host} and lease = ${lease}`;

/** @returns null where another one is at it, or nothing may be sent now */
export async function leaseHost(db: Db, host: string): Promise<Lease | null> {
  const { rows } = await db.execute<Lease>(sql`
    update hub_hosts set leased_until = now() + ${LEASE}, lease = gen_random_uuid() where host = ${host}
      and (leased_until is null or leased_until <= now()) and (paused_until is null or paused_until <= now())
    returning host, lease, failures`);
  return rows[0] ?? null;
}

export async function endLease(db: Db, held: Lease): Promise<void> {
  await db.execute(sql`update hub_hosts set leased_until = null where ${isHeld(held)}`);
}

/** Asked after the lease has ended: what was committed before that found it held, and was left to this. */
export async function scheduleNext(db: Db, host: string): Promise<void> {
  await db.execute(sql`${jobsOf('preserve_run_at')} and h.host = ${host}`);
}

export type Request = Pick<
  typeof hubRequests.$inferSelect,
  'kind' | 'intentId' | 'hub' | 'locale' | 'subscriptionId' | 'contentId'
> & { id: string };

/** Puts them off for as long as the lease, and so takes them: one of each follower at most; none once the lease has run out. */
export async function claimRequests(db: Db, held: Lease, limit: number): Promise<Request[]> {
  const { rows } = await db.execute<Request>(sql`
    with due as (
      select r.id from hub_requests r where r.host = ${held.host} and r.next_at <= now() and ${IS_FIRST}
        and exists (select from hub_hosts where ${isHeld(held)} and leased_until > now())
      order by r.next_at limit ${limit} for update skip locked
    )
    update hub_requests r set next_at = now() + ${LEASE} from due where r.id = due.id
    returning r.id, r.kind, r.intent_id as "intentId", r.hub, r.locale, r.subscription_id as "subscriptionId", r.content_id as "contentId"`);
  return rows;
}

export interface Outcomes {
  done: string[];
  failed: string[];
  /** In a row, by now. */
  failures: number;
  /** The node is closing: as if they had not been claimed. */
  cut: string[];
  /** The host is left alone for so long, in seconds. */
  pause: number;
}

export async function settle(tx: Db, held: Lease, { done, failed, cut, failures, pause }: Outcomes): Promise<void> {
  const { rowCount } = await tx.execute(sql`
    update hub_hosts set failures = ${failures}::int,
      paused_until = case when ${pause}::float8 > 0 then now() + ${pause}::float8 * interval '1 second' end
    where ${isHeld(held)}`);
  if (rowCount === 0) return;
  const within = (ids: string[]) => sql`id = any(${sql.param(ids)}::bigint[])`;
  await tx.execute(
    sql`delete from hub_requests where ${within(done)} or (${within(failed)} and attempts + 1 >= ${MOST})`,
  );
  await tx.execute(
    sql`update hub_requests set attempts = attempts + 1, next_at = now() + ${BACKOFF} where ${within(failed)}`,
  );
  await tx.execute(sql`update hub_requests set next_at = date_trunc('milliseconds', now()) where ${within(cut)}`);
}
