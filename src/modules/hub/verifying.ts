// Asks a callback whether it wants what was asked for in its name (WebSub section 5.3). Without its word nothing is kept.
import { randomBytes } from 'node:crypto';
import { FORMATS } from '../feeds/formats.ts';
import { readFeed } from '../feeds/reading.ts';
import { toldOf } from './difference.ts';
import { deleteSubscription, findIntent, type Intent, upsertSubscription } from './queries.ts';
import type { Hub } from './sending.ts';
import { hubTopics } from './tables.ts';

/** Milliseconds, and bytes of an answer. */
const PATIENCE = 10_000;
const MOST_BYTES = 1_000;

/** @returns whether it is done with: a callback that is out of order is asked again; @throws OutboundError */
export async function verifyIntent(hub: Hub, id: string): Promise<boolean> {
  const { app, db, baseUrl } = hub;
  const intent = await findIntent(db, id);
  if (!intent) return true;
  const isConfirmed = await askCallback(hub, intent);
  if (!isConfirmed) return isConfirmed !== null;
  if (intent.mode === 'unsubscribe') {
    await deleteSubscription(db, intent);
    return true;
  }
  const { topic: url, format, query } = intent;
  // What stands in the feed by now is known; what comes after it is told.
  const feed = await readFeed(app, baseUrl, url.slice(baseUrl.length), query, FORMATS[format].tellsDeletions);
  await db.transaction(async (tx) => {
    await tx
      .insert(hubTopics)
      .values({ url, format, query, locales: [...feed.chain], told: toldOf(feed) })
      .onConflictDoUpdate({ target: hubTopics.url, set: { locales: [...feed.chain] } });
    await upsertSubscription(tx, intent);
  });
  return true;
}

/** @returns whether it confirms; null where another answer may come later */
async function askCallback(
  { app, signal }: Hub,
  { mode, topic, callback, leaseSeconds }: Intent,
): Promise<boolean | null> {
  const challenge = randomBytes(32).toString('base64url');
  const url = new URL(callback);
  const asked = new URLSearchParams({
    'hub.mode': mode,
    'hub.topic': topic,
    'hub.challenge': challenge,
    ...(mode === 'subscribe' && { 'hub.lease_seconds': String(leaseSeconds) }),
  });
  // What stands there already stays as it is written (section 5.3): searchParams would write it anew.
  url.search = url.search === '' ? `?${asked}` : `${url.search}&${asked}`;
  const { status, body } = await app.outbound.send(url.href, { timeoutMs: PATIENCE, maxBytes: MOST_BYTES, signal });
  if (status >= 500) return null;
  return status >= 200 && status < 300 && body.toString() === challenge;
}
