// SQL of deliveries as editors see them: listed, and sent again. It sends nothing itself.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Delivery } from './schemas.ts';
import type { DeliveryStatus } from './tables.ts';

/** Of delivery `d`. */
const DELIVERY_JSON =
  sql.raw(`json_build_object('id', 'msg_' || d.id, 'event', d.event, 'reason', d.reason, 'articleId', d.article_id, 'locale', d.article ->> 'locale',
  'status', d.status, 'attempts', d.attempts, 'nextAttemptAt', ${iso('d.next_at')}, 'attemptedAt', ${iso('d.attempted_at')},
  'responseStatus', d.response_status, 'durationMs', d.duration_ms, 'answer', d.answer, 'error', d.error,
  'createdAt', ${iso('d.created_at')}, 'finishedAt', ${iso('d.finished_at')})`);

export interface DeliveryPage {
  statuses: DeliveryStatus[] | undefined;
  /** Id of the delivery to go on behind. */
  after: string | null;
  backward: boolean;
  limit: number;
}

/** Newest first: ids grow with time. @returns one more than the limit where there are more; in reverse when backward */
export async function listDeliveries(
  db: Db,
  webhookId: string,
  { statuses, after, backward, limit }: DeliveryPage,
): Promise<Delivery[]> {
  const [direction, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const conditions: SQL[] = [
    sql`d.webhook_id = ${webhookId}`,
    ...(statuses ? [sql`d.status = any(${sql.param(statuses)}::text[])`] : []),
    ...(after === null ? [] : [sql`d.id ${beyond} ${after}::uuid`]),
  ];
  const { rows } = await db.execute<{ delivery: Delivery }>(sql`
    select ${DELIVERY_JSON} as delivery from webhook_deliveries d where ${sql.join(conditions, sql` and `)}
    order by d.id ${direction} limit ${limit + 1}`);
  return rows.map(({ delivery }) => delivery);
}

const AGAIN = sql.raw(
  "status = 'pending', attempts = 0, next_at = date_trunc('milliseconds', now()), finished_at = null",
);

/** One that is waiting is tried at once. @returns null where there is no such delivery */
export async function replayDelivery(tx: Db, webhookId: string, id: string): Promise<Delivery | null> {
  const { rows } = await tx.execute<{ delivery: Delivery }>(sql`
    update webhook_deliveries d set ${AGAIN} where d.id = ${id} and d.webhook_id = ${webhookId} returning ${DELIVERY_JSON} as delivery`);
  return rows[0]?.delivery ?? null;
}

/** Those that are waiting go on waiting. @returns how many */
export async function replayRange(
  tx: Db,
  webhookId: string,
  { from, to, statuses }: { from: string; to: string; statuses: DeliveryStatus[] },
): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    update webhook_deliveries set ${AGAIN} where webhook_id = ${webhookId} and status = any(${sql.param(statuses)}::text[])
      and created_at >= ${from}::timestamptz and created_at < ${to}::timestamptz`);
  return rowCount ?? 0;
}

export async function pruneDeliveries(db: Db): Promise<void> {
  await db.execute(sql`delete from webhook_deliveries where created_at < now() - interval '30 days'`);
}
