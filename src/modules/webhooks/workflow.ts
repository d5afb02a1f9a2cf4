// How webhooks are made, changed, deleted and given new secrets: each function is given an open transaction and leaves rows and audit
// behind. What the audit log keeps of an address is its host: a path or query may be as good as a password.
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { Problem } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import { resolveLimits } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import * as queries from './queries.ts';
import type { Webhook, WebhookInput, WebhookPatch } from './schemas.ts';
import { newSigningSecret } from './signing.ts';

/** Every change is held against each of them. */
const MOST_WEBHOOKS = 100;

export interface MadeWebhook {
  webhook: Webhook;
  secret: Buffer;
}

/** @throws Problem unknown_reference, conflict where there are too many */
export async function createWebhook(tx: Db, actor: Actor, input: WebhookInput): Promise<MadeWebhook> {
  // Before any row: a region or tag that is named is not deleted or merged meanwhile.
  await lockSurroundings(tx);
  if ((await queries.countWebhooksAlone(tx)) >= MOST_WEBHOOKS)
    throw new Problem('conflict', { detail: `There are ${MOST_WEBHOOKS} webhooks already.` });
  const { url, disabled = false } = input;
  const id = await queries.insertWebhook(tx, { ...(await valuesOf(tx, input)), url });
  if (disabled) await queries.updateDisabled(tx, id, true);
  const secret = newSigningSecret();
  await queries.insertSecret(tx, id, secret);
  const webhook = await getWebhook(tx, id);
  await insertAudit(tx, actor, [
    { action: 'webhook.create', entity: 'webhook', entityId: id, after: summaryOf(webhook) },
  ]);
  return { webhook, secret };
}

/** @throws Problem not_found, version_mismatch, unknown_reference */
export async function changeWebhook(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  patch: WebhookPatch,
): Promise<Webhook> {
  await lockSurroundings(tx);
  const before = await getForUpdate(tx, id);
  checkVersion(before, expected, patch);
  await queries.updateWebhook(tx, before.id, await valuesOf(tx, patch));
  if (patch.disabled !== undefined && patch.disabled !== before.disabled)
    await queries.updateDisabled(tx, before.id, patch.disabled);
  // What was left when it was disabled is due now.
  if (patch.disabled === false && before.disabled) await enqueue(tx, 'dispatch_webhooks', {});
  const after = await getWebhook(tx, before.id);
  await insertAudit(tx, actor, [
    {
      action: 'webhook.change',
      entity: 'webhook',
      entityId: before.id,
      before: summaryOf(before),
      // The path of an address is often a secret: that it is another one is all that is told.
      after: { ...summaryOf(after), ...(after.url !== before.url && { urlChanged: true }) },
    },
  ]);
  return after;
}

/** With all that is still to be sent. @throws Problem not_found, version_mismatch */
export async function removeWebhook(tx: Db, actor: Actor, id: string, expected: number): Promise<void> {
  const before = await getForUpdate(tx, id);
  checkVersion(before, expected);
  await queries.deleteWebhook(tx, before.id);
  await insertAudit(tx, actor, [
    { action: 'webhook.delete', entity: 'webhook', entityId: before.id, before: summaryOf(before) },
  ]);
}

/** @throws Problem not_found */
export async function rotateSecret(tx: Db, actor: Actor, id: string, overlapSeconds: number): Promise<MadeWebhook> {
  const before = await getForUpdate(tx, id);
  await queries.expireSecrets(tx, before.id, overlapSeconds);
  const secret = newSigningSecret();
  await queries.insertSecret(tx, before.id, secret);
  await insertAudit(tx, actor, [
    { action: 'webhook.rotate', entity: 'webhook', entityId: before.id, after: { overlapSeconds } },
  ]);
  return { webhook: await getWebhook(tx, before.id), secret };
}

export async function getWebhook(db: Db, id: string): Promise<Webhook> {
  const webhook = await queries.findWebhook(db, id);
  if (!webhook) throw new Problem('not_found');
  return webhook;
}

async function getForUpdate(tx: Db, id: string): Promise<Webhook> {
  const webhook = await queries.findWebhookForUpdate(tx, id);
  if (!webhook) throw new Problem('not_found');
  return webhook;
}

async function valuesOf(tx: Db, given: WebhookPatch): Promise<queries.WebhookValues> {
  const { url, description, events, locales, regions, tags } = given;
  const limits = await resolveLimits(tx, {
    ...(locales !== undefined && { locales }),
    ...(regions !== undefined && { regions }),
    ...(tags !== undefined && { tags }),
  });
  return {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(events !== undefined && { events }),
    ...limits,
  };
}

const summaryOf = ({ url, description, events, locales, regions, tags, disabled }: Webhook) => ({
  host: new URL(url).host,
  ...{ description, events, locales, regions, tags, disabled },
});
