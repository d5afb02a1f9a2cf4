// What the hub sends: news to followers, signed (WebSub section 7), and pings to hubs of others (section 5 of its ancestor, PubSubHubbub 0.4).
import { createHmac } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { FORMATS } from '../feeds/formats.ts';
import { deleteSubscription, findSubscription } from './queries.ts';
import { hubContents } from './tables.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** @throws Error where it is to be tried again */
export async function deliver(
  app: FastifyInstance,
  baseUrl: string,
  { content: contentId, subscription: id }: { content: string; subscription: string },
): Promise<void> {
  const subscription = await findSubscription(app.db.desk, id);
  const [content] = await app.db.desk.select().from(hubContents).where(eq(hubContents.id, contentId));
  if (!subscription || !content) return;
  const { callback, topic, secret } = subscription;
  const { status } = await app.outbound.send(callback, {
    method: 'POST',
    timeoutMs: PATIENCE,
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
  if (status === 410) return deleteSubscription(app.db.desk, subscription);
  if (status < 200 || status >= 300) throw new Error(`the callback answered ${status}`);
}

/** Feeds with filters are not named: nobody knows which of them a hub has followers for, and hubs look at those that they have themselves. */
export async function ping(app: FastifyInstance, baseUrl: string, { hub, locale }: { hub: string; locale: string }) {
  const { rows } = await app.db.desk.execute<{ usual: boolean }>(
    sql`select default_locale = ${locale} as usual from site`,
  );
  const parameters = new URLSearchParams({ 'hub.mode': 'publish' });
  for (const format of Object.keys(FORMATS)) {
    const url = `${baseUrl}/v1/feeds/${format}`;
    for (const one of [`${url}?locale=${locale}`, ...(rows[0]?.usual ? [url] : [])]) parameters.append('hub.url', one);
  }
  const { status } = await app.outbound.send(hub, {
    method: 'POST',
    timeoutMs: PATIENCE,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: parameters.toString(),
  });
  if (status < 200 || status >= 300) throw new Error(`the hub answered ${status}`);
}
