// How messages are sent again: each function is given an open transaction and leaves rows, audit and a job behind.
import type { Static } from 'typebox';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { invalid, Problem } from '../../errors.ts';
import type { Actor } from '../access/queries.ts';
import { insertAudit } from '../audit/queries.ts';
import { replayDelivery, replayRange } from './log.ts';
import type { Delivery, ReplayInput } from './schemas.ts';
import { getWebhook } from './workflow.ts';

/** @param deliveryId as on the wire @throws Problem not_found */
export async function replayOne(tx: Db, actor: Actor, webhookId: string, deliveryId: string): Promise<Delivery> {
  const delivery = await replayDelivery(tx, webhookId, deliveryId.slice('msg_'.length));
  if (!delivery) throw new Problem('not_found');
  await enqueue(tx, 'dispatch_webhooks', {});
  await insertAudit(tx, actor, [
    {
      action: 'webhook.replay',
      entity: 'webhook',
      entityId: webhookId.toLowerCase(),
      after: { delivery: delivery.id },
    },
  ]);
  return delivery;
}

/** @returns how many @throws Problem not_found, validation_failed for a span that ends before it begins */
export async function replaySpan(
  tx: Db,
  actor: Actor,
  webhookId: string,
  { from, to, statuses = ['delivered', 'failed'] }: Static<typeof ReplayInput>,
): Promise<number> {
  const { id } = await getWebhook(tx, webhookId);
  if (Date.parse(to) <= Date.parse(from)) throw invalid({ pointer: '/to' }, 'must be later than from', 'order');
  const replayed = await replayRange(tx, id, { from, to, statuses });
  if (replayed > 0) await enqueue(tx, 'dispatch_webhooks', {});
  await insertAudit(tx, actor, [
    { action: 'webhook.replay', entity: 'webhook', entityId: id, after: { from, to, statuses, replayed } },
  ]);
  return replayed;
}
