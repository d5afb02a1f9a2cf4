// Asks a callback whether it wants what was asked for in its name (WebSub section 5.3), or tells it that it will not have it (section 5.2).
// Without its word nothing is kept.
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { enqueue } from '../../db/jobs.ts';
import { toldOf } from './difference.ts';
import { deleteSubscription, findIntent, type Intent, upsertSubscription } from './queries.ts';
import { findFeed } from './reading.ts';
import type { Hub } from './sending.ts';
import { hubTopics } from './tables.ts';

/** Milliseconds, and bytes of an answer. */
const PATIENCE = 10_000;
const MOST_BYTES = 1_000;

/** @returns whether it is done with: a callback that is out of order is asked again; @throws OutboundError */
export async function verifyIntent(hub: Hub, id: string): Promise<boolean> {
  const { db } = hub;
  const intent = await findIntent(db, id);
  if (!intent) return true;
  if (intent.mode === 'denied') return tellDenied(hub, intent);
  const isConfirmed = await askCallback(hub, intent);
  if (!isConfirmed) return isConfirmed !== null;
  if (intent.mode === 'unsubscribe') {
    await deleteSubscription(db, intent);
    return true;
  }
  const { topic: url, format, query } = intent;
  // What stands in the feed by now is known; what comes after it is told.
  const feed = await findFeed(hub, { url, format, query });
  if (!feed) return tellDenied(hub, intent);
  await db.transaction(async (tx) => {
    await tx
      .insert(hubTopics)
      // What became public since it was read was spread without it: it is looked at once more.
      .values({ url, format, query, locales: [...feed.chain], told: toldOf(feed), dueAt: sql`now()` })
      .onConflictDoUpdate({ target: hubTopics.url, set: { locales: [...feed.chain] } });
    await upsertSubscription(tx, intent);
    await enqueue(tx, 'dispatch_hub', {});
  });
  return true;
}

/** @returns whether it is done with */
async function tellDenied(hub: Hub, { topic, callback }: Intent): Promise<boolean> {
  const reason = 'There is no such feed any more.';
  const { status } = await get(hub, callback, { 'hub.mode': 'denied', 'hub.topic': topic, 'hub.reason': reason });
  return status < 500;
}

/** @returns whether it confirms; null where another answer may come later */
async function askCallback(hub: Hub, { mode, topic, callback, leaseSeconds }: Intent): Promise<boolean | null> {
  const challenge = randomBytes(32).toString('base64url');
  const { status, body } = await get(hub, callback, {
    'hub.mode': mode,
    'hub.topic': topic,
    'hub.challenge': challenge,
    ...(mode === 'subscribe' && { 'hub.lease_seconds': String(leaseSeconds) }),
  });
  if (status >= 500) return null;
  return status >= 200 && status < 300 && body.toString() === challenge;
}

function get({ app, signal }: Hub, callback: string, parameters: Record<string, string>) {
  const url = new URL(callback);
  const added = new URLSearchParams(parameters);
  // What stands there already stays as it is written (section 5.3): searchParams would write it anew.
  url.search = url.search === '' ? `?${added}` : `${url.search}&${added}`;
  return app.outbound.send(url.href, { timeoutMs: PATIENCE, maxBytes: MOST_BYTES, signal });
}
