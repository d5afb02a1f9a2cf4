// SQL of webhooks and of their secrets. It sends nothing and checks no rule.
import { eq, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { EventType } from './events.ts';
import type { Webhook } from './schemas.ts';
import { webhookSecrets, webhooks } from './tables.ts';

const keysOf = (table: string, ids: string) =>
  `case when w.${ids} is not null then array(select t.key from ${table} t where t.id = any(w.${ids}) order by t.key) end`;
/** Of webhook `w`. */
const WEBHOOK_JSON =
  sql.raw(`json_build_object('id', w.id, 'url', w.url, 'description', w.description, 'events', w.events, 'locales', w.locales,
  'regions', ${keysOf('regions', 'region_ids')}, 'tags', ${keysOf('tags', 'tag_ids')}, 'disabled', w.disabled_at is not null,
  'disabledAt', ${iso('w.disabled_at')}, 'disabledReason', w.disabled_reason, 'failures', w.failures, 'failingSince', ${iso('w.failing_since')},
  'pausedUntil', case when w.paused_until > now() then ${iso('w.paused_until')} end, 'lastDeliveredAt', ${iso('w.last_delivered_at')},
  'secrets', (select coalesce(json_agg(json_build_object('createdAt', ${iso('s.created_at')}, 'expiresAt', ${iso('s.expires_at')}) order by s.id), '[]')
    from webhook_secrets s where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now())),
  'version', w.version, 'createdAt', ${iso('w.created_at')}, 'updatedAt', ${iso('w.updated_at')})`);

/** Oldest first. */
export async function listWebhooks(db: Db): Promise<Webhook[]> {
  const { rows } = await db.execute<{ webhook: Webhook }>(
    sql`select ${WEBHOOK_JSON} as webhook from webhooks w order by w.id`,
  );
  return rows.map(({ webhook }) => webhook);
}

export async function findWebhook(db: Db, id: string): Promise<Webhook | null> {
  const { rows } = await db.execute<{ webhook: Webhook }>(
    sql`select ${WEBHOOK_JSON} as webhook from webhooks w where w.id = ${id}`,
  );
  return rows[0]?.webhook ?? null;
}

/** Locks it until the transaction ends. */
export async function findWebhookForUpdate(tx: Db, id: string): Promise<Webhook | null> {
  await tx.execute(sql`select from webhooks where id = ${id} for update`);
  return findWebhook(tx, id);
}

/** Nobody makes another one until the transaction ends. */
export async function countWebhooksAlone(tx: Db): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${0x68_6f_6f_6b})`);
  const { rows } = await tx.execute<{ count: number }>(sql`select count(*)::int as count from webhooks`);
  return rows[0]?.count ?? 0;
}

export interface WebhookValues {
  url?: string;
  description?: string;
  events?: EventType[] | null;
  locales?: string[] | null;
  regionIds?: string[] | null;
  tagIds?: string[] | null;
}
/** @returns its id */
export async function insertWebhook(tx: Db, values: WebhookValues & { url: string }): Promise<string> {
  const id = uuidv7();
  await tx.insert(webhooks).values({ id, ...values });
  return id;
}

export async function updateWebhook(tx: Db, id: string, change: WebhookValues): Promise<void> {
  await tx
    .update(webhooks)
    .set({ ...change, version: sql`${webhooks.version} + 1`, updatedAt: sql`now()` })
    .where(eq(webhooks.id, id));
}

/** By hand; started again, it begins without a failure. */
export async function updateDisabled(tx: Db, id: string, disabled: boolean): Promise<void> {
  await tx.execute(
    disabled
      ? sql`update webhooks set disabled_at = now(), disabled_reason = 'manual' where id = ${id}`
      : sql`update webhooks set disabled_at = null, disabled_reason = null, failures = 0, failing_since = null, paused_until = null
          where id = ${id}`,
  );
}

/** With its secrets and deliveries, which the foreign keys take along. */
export async function deleteWebhook(tx: Db, id: string): Promise<void> {
  await tx.delete(webhooks).where(eq(webhooks.id, id));
}

export async function insertSecret(tx: Db, webhookId: string, secret: Buffer): Promise<void> {
  await tx.insert(webhookSecrets).values({ id: uuidv7(), webhookId, secret });
}

/** All that hold; none of them for longer than this from now on. */
export async function expireSecrets(tx: Db, webhookId: string, seconds: number): Promise<void> {
  const ends: SQL = sql`date_trunc('milliseconds', now()) + ${seconds}::int * interval '1 second'`;
  await tx.execute(sql`
    update webhook_secrets set expires_at = least(expires_at, ${ends}) where webhook_id = ${webhookId}`);
}
