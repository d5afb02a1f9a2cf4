// What the hub sends: news to followers, signed (WebSub section 7), and pings to hubs of others (section 5 of its ancestor, PubSubHubbub 0.4).
import { createHmac } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import type { Db } from '../../db/client.ts';
import { FORMATS } from '../feeds/formats.ts';
import { deleteSubscription, findSubscription } from './queries.ts';
import { hubContents } from './tables.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** What sends, on a node with the role `jobs`. */
export interface Hub {
  app: FastifyInstance;
  /** Connections of its own. */
  db: Db;
  baseUrl: string;
  /** The node is closing: requests are cut off. */
  signal: AbortSignal;
}

/** @returns whether it is done with; @throws OutboundError */
export async function deliver(
  { app, db, baseUrl, signal }: Hub,
  { content: contentId, subscription: id }: { content: string; subscription: string },
): Promise<boolean> {
  const subscription = await findSubscription(db, id);
  const [content] = await db.select().from(hubContents).where(eq(hubContents.id, contentId));
  if (!subscription || !content) return true;
  const { callback, topic, secret } = subscription;
  const { status } = await app.outbound.send(callback, {
    method: 'POST',
    timeoutMs: PATIENCE,
    signal,
    headers: {
      'content-type': `${content.mediaType}; charset=utf-8`,
      link: `<${baseUrl}/v1/hub>; rel="hub", <${topic}>; rel="self"`,
      ...(secret !== null && {
        'x-hub-signature': `sha256=${createHmac('sha256', secret).update(content.body).digest('hex')}`,
      }),
    },
    body: content.body,
  });
  // It wants no more, for good.
  if (status === 410) await deleteSubscription(db, subscription);
  return status === 410 || (status >= 200 && status < 300);
}

/** Feeds with filters are not named: nobody knows which of them a hub has followers for, and hubs look at those that they have themselves. */
export async function ping(
  { app, db, baseUrl, signal }: Hub,
  { hub, locale }: { hub: string; locale: string },
): Promise<boolean> {
  const { rows } = await db.execute<{ usual: boolean }>(sql`select default_locale = ${locale} as usual from site`);
  const parameters = new URLSearchParams({ 'hub.mode': 'publish' });
  for (const format of Object.keys(FORMATS)) {
    const url = `${baseUrl}/v1/feeds/${format}`;
    for (const one of [`${url}?locale=${locale}`, ...(rows[0]?.usual ? [url] : [])]) parameters.append('hub.url', one);
  }
  const { status } = await app.outbound.send(hub, {
    method: 'POST',
    timeoutMs: PATIENCE,
    signal,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: parameters.toString(),
  });
  return status >= 200 && status < 300;
}
