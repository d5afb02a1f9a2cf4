// SQL of sending: who sends, what is due, and what came of it. All times are the database's.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { Happening } from './events.ts';
import { DISABLED_AFTER_DAYS } from './retrying.ts';
import type { DeliveryStatus, DisabledReason } from './tables.ts';

/**
 * Longer than a turn: the time in which waves are begun, the longest that a request takes, and room for the database. Whatever a
 * node that died had in its hands is sent again after this.
 */
const LEASE = sql.raw("interval '60 seconds'");
/**
 * A story's later message waits for its earlier one. As a question for each row and not as NOT EXISTS: of a table that grew a moment
 * ago the planner knows nothing, and compared each row with each: 25 messages a second arrived, and 114 so.
 */
const IS_FIRST = sql.raw(`d.sequence = (select e.sequence from webhook_deliveries e where e.webhook_id = d.webhook_id
  and e.article_id = d.article_id and e.status = 'pending' order by e.sequence limit 1)`);

/** One job for each receiver that something is due for and that nobody sends to. */
export async function dispatch(db: Db): Promise<void> {
  await db.execute(sql`
    select graphile_worker.add_job('deliver_webhook', payload := json_build_object('id', w.id), job_key := 'webhook:' || w.id,
      run_at := greatest(now(), w.paused_until))
    from webhooks w where w.disabled_at is null and (w.leased_until is null or w.leased_until <= now())
      and exists (select from webhook_deliveries d where d.webhook_id = w.id and d.status = 'pending' and d.next_at <= now())
    order by w.id`);
}

/** Who sends to a receiver, and by which lease. What a node does by one that another has taken over does nothing. */
export interface Lease {
  webhookId: string;
  lease: string;
}
/** SQL: the webhook, as long as nobody has taken over. */
const isHeld = ({ webhookId, lease }: Lease) => sql`id = ${webhookId} and lease = ${lease}`;

/** @returns null where another one is at it, or nothing may be sent now */
export async function leaseWebhook(db: Db, id: string): Promise<Lease | null> {
  const { rows } = await db.execute<{ lease: string }>(sql`
    update webhooks set leased_until = now() + ${LEASE}, lease = gen_random_uuid() where id = ${id} and disabled_at is null
      and (leased_until is null or leased_until <= now()) and (paused_until is null or paused_until <= now()) returning lease`);
  return rows[0] ? { webhookId: id, lease: rows[0].lease } : null;
}

export async function endLease(db: Db, held: Lease): Promise<void> {
  await db.execute(sql`update webhooks set leased_until = null where ${isHeld(held)}`);
}

/**
 * A job for what is left. Asked after the lease has ended: what was committed before that found it held, and was left to this. One
 * that waits already was made for something newer, and keeps its time.
 */
export async function scheduleNext(db: Db, id: string): Promise<void> {
  await db.execute(sql`
    select graphile_worker.add_job('deliver_webhook', payload := json_build_object('id', w.id), job_key := 'webhook:' || w.id,
      run_at := greatest(d.next_at, w.paused_until, now()), job_key_mode := 'preserve_run_at')
    from webhooks w cross join lateral (
      select d.next_at from webhook_deliveries d where d.webhook_id = w.id and d.status = 'pending' and ${IS_FIRST}
      order by d.next_at, d.sequence limit 1) d
    where w.id = ${id} and w.disabled_at is null and (w.leased_until is null or w.leased_until <= now())`);
}

export interface Receiver {
  url: string;
  /** All that hold, the newest first. */
  secrets: Buffer[];
  failures: number;
  isDisabled: boolean;
  now: Date;
  [column: string]: unknown;
}

export async function findReceiver(db: Db, id: string): Promise<Receiver | null> {
  const { rows } = await db.execute<Receiver>(sql`
    select url, failures, disabled_at is not null as "isDisabled", now() as now, array(select s.secret from webhook_secrets s
      where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now()) order by s.id desc) as secrets
    from webhooks w where id = ${id}`);
  return rows.map((row) => ({ ...row, now: new Date(row.now) }))[0] ?? null;
}

export interface Claimed extends Happening {
  id: string;
  attempts: number;
  /** The time of this try. */
  now: Date;
  [column: string]: unknown;
}

/** Puts them off for as long as the lease, and so takes them: one message of each story at most; none once the lease has run out. */
export async function claimDeliveries(db: Db, held: Lease, limit: number): Promise<Claimed[]> {
  const { rows } = await db.execute<Claimed>(sql`
    with due as (
      select d.id from webhook_deliveries d where d.webhook_id = ${held.webhookId} and d.status = 'pending' and d.next_at <= now() and ${IS_FIRST}
        and exists (select from webhooks where ${isHeld(held)} and leased_until > now())
      order by d.next_at, d.sequence limit ${limit} for update skip locked
    )
    update webhook_deliveries d set next_at = now() + ${LEASE} from due where d.id = due.id
    returning d.id, d.event, d.reason, d.article, d.happened_at as "happenedAt", d.attempts, now() as now`);
  return rows.map((row) => ({ ...row, happenedAt: new Date(row.happenedAt), now: new Date(row.now) }));
}

/** As if they had not been claimed. */
export async function giveBack(db: Db, held: Lease, ids: string[]): Promise<void> {
  await db.execute(sql`
    update webhook_deliveries set next_at = date_trunc('milliseconds', now())
    where id = any(${sql.param(ids)}::uuid[]) and status = 'pending' and exists (select from webhooks where ${isHeld(held)})`);
}

export interface Outcome {
  id: string;
  /** Before this try: one that was sent again by hand in the meantime begins anew. */
  attempts: number;
  status: DeliveryStatus;
  /** Seconds until the next try. */
  retryIn: number | null;
  responseStatus: number | null;
  answer: string | null;
  error: string | null;
  durationMs: number;
}

/** SQL: what came of each, noted. */
const settled = (outcomes: Outcome[]) => sql`
  update webhook_deliveries d set status = o.status, attempts = d.attempts + 1, attempted_at = now(),
    next_at = now() + o."retryIn" * interval '1 second', finished_at = case when o.status <> 'pending' then now() end,
    response_status = o."responseStatus", answer = o.answer, error = o.error, duration_ms = o."durationMs"
  from json_to_recordset(${JSON.stringify(outcomes)}::json) as o(id uuid, attempts int, status text, "retryIn" float8,
    "responseStatus" int, answer text, error text, "durationMs" int)
  where d.id = o.id and d.status = 'pending' and d.attempts = o.attempts`;
const pauseOf = (seconds: number) =>
  sql`case when ${seconds}::float8 > 0 then now() + ${seconds}::float8 * interval '1 second' end`;

/** Something arrived. One statement: it is the usual case. @param pause seconds for which it wants to be left alone all the same */
export async function settleSound(db: Db, held: Lease, outcomes: Outcome[], pause: number): Promise<void> {
  await db.execute(sql`
    with sound as (update webhooks set failures = 0, failing_since = null, last_delivered_at = now(), paused_until = ${pauseOf(pause)}
      where ${isHeld(held)} returning id)
    ${settled(outcomes)} and exists (select from sound)`);
}

export interface Health {
  /** Tries that failed just now. */
  failed: number;
  /** Seconds. */
  pause: number;
  gone: boolean;
}

/** Nothing did. @returns why it is disabled, where it is so from now on */
export async function settleFailing(
  tx: Db,
  held: Lease,
  outcomes: Outcome[],
  { failed, pause, gone }: Health,
): Promise<DisabledReason | null> {
  const { rowCount } = await tx.execute(sql`select from webhooks where ${isHeld(held)} for no key update`);
  if (rowCount === 0) return null;
  await tx.execute(settled(outcomes));
  const tooLong = sql`coalesce(failing_since, now()) < now() - ${DISABLED_AFTER_DAYS}::int * interval '1 day'`;
  const { rows } = await tx.execute<{ reason: DisabledReason | null }>(sql`
    update webhooks set failures = failures + ${failed}::int, failing_since = coalesce(failing_since, now()),
      paused_until = ${pauseOf(pause)},
      disabled_at = case when ${gone}::bool or ${tooLong} then now() end,
      disabled_reason = case when ${gone}::bool then 'gone' when ${tooLong} then 'failing' end
    where ${isHeld(held)} and disabled_at is null returning disabled_reason as reason`);
  return rows[0]?.reason ?? null;
}
