// Asks a callback whether it wants what was asked for in its name (WebSub section 5.3). Without its word nothing is kept.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { FORMATS } from '../feeds/formats.ts';
import { readFeed } from '../feeds/reading.ts';
import { toldOf } from './difference.ts';
import { deleteSubscription, findIntent, type Intent, upsertSubscription } from './queries.ts';
import { hubTopics } from './tables.ts';

/** Milliseconds, and bytes of an answer. */
const PATIENCE = 10_000;
const MOST_BYTES = 1_000;

export async function verifyIntent(app: FastifyInstance, baseUrl: string, id: string): Promise<void> {
  const intent = await findIntent(app.db.desk, id);
  if (!intent || !(await isConfirmed(app, intent))) return;
  if (intent.mode === 'unsubscribe') return deleteSubscription(app.db.desk, intent);
  const { topic: url, format, query } = intent;
  // What stands in the feed by now is known; what comes after it is told.
  const feed = await readFeed(app, baseUrl, url.slice(baseUrl.length), query, FORMATS[format].tellsDeletions);
  await app.db.desk.transaction(async (tx) => {
    await tx
      .insert(hubTopics)
      .values({ url, format, query, locales: [...feed.chain], told: toldOf(feed) })
      .onConflictDoUpdate({ target: hubTopics.url, set: { locales: [...feed.chain] } });
    await upsertSubscription(tx, intent);
  });
}

/** @throws OutboundError, or Error for an answer that may be another one later */
async function isConfirmed(app: FastifyInstance, { mode, topic, callback, leaseSeconds }: Intent): Promise<boolean> {
  const challenge = randomBytes(32).toString('base64url');
  const url = new URL(callback);
  url.searchParams.append('hub.mode', mode);
  url.searchParams.append('hub.topic', topic);
  url.searchParams.append('hub.challenge', challenge);
  if (mode === 'subscribe') url.searchParams.append('hub.lease_seconds', String(leaseSeconds));
  const { status, body } = await app.outbound.send(url.href, { timeoutMs: PATIENCE, maxBytes: MOST_BYTES });
  if (status >= 500) throw new Error(`the callback answered ${status}`);
  return status >= 200 && status < 300 && body.toString() === challenge;
}
