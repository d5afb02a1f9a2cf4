// From a change to what is sent: hubs of others are told which feeds changed, and followers of ours get what is new. It sends nothing itself.
import { eq, sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { FORMATS } from '../feeds/formats.ts';
import { readFeed } from '../feeds/reading.ts';
import { differenceOf, toldOf } from './difference.ts';
import { addJob, forgetOld } from './queries.ts';
import { hubContents, hubTopics } from './tables.ts';

const PINGS = 5;
/** The last of these comes about ten hours after the first: graphile-worker waits e^n seconds, and no longer than e^10. */
const DELIVERIES = 12;

/** Something changed in this language. */
export async function spreadChanges(app: FastifyInstance, locale: string): Promise<void> {
  const { desk } = app.db;
  await forgetOld(desk);
  const { rows: hubs } = await desk.execute<{ hub: string }>(sql`select unnest(hubs) as hub from site`);
  for (const { hub } of hubs)
    await addJob(desk, 'hub_ping', { hub, locale }, { attempts: PINGS, key: `hub_ping/${locale}/${hub}` });
  const { rows: topics } = await desk.execute<{ url: string }>(
    sql`select url from hub_topics where locales @> array[${locale}]::text[]`,
  );
  for (const { url } of topics)
    await addJob(desk, 'hub_topic', { topic: url }, { attempts: PINGS, key: `hub_topic/${url}` });
}

/** What is new is written down with the jobs that send it, or not at all: each follower gets it once, whatever fails here. */
export async function spreadTopic(app: FastifyInstance, baseUrl: string, url: string): Promise<void> {
  await app.db.desk.transaction(async (tx) => {
    const [topic] = await tx.select().from(hubTopics).where(eq(hubTopics.url, url)).for('update');
    if (!topic) return;
    const { mediaType, tellsDeletions, write } = FORMATS[topic.format];
    const feed = await readFeed(app, baseUrl, url.slice(baseUrl.length), topic.query, tellsDeletions);
    const news = differenceOf(feed, topic.told);
    await tx
      .update(hubTopics)
      .set({ told: toldOf(feed) })
      .where(eq(hubTopics.url, url));
    if (!news) return;
    const [content] = await tx
      .insert(hubContents)
      .values({ topic: url, mediaType, body: write(news) })
      .returning({ id: hubContents.id });
    const { rows } = await tx.execute<{ id: string }>(
      sql`select id from hub_subscriptions where topic = ${url} and expires_at > now()`,
    );
    for (const { id } of rows)
      await addJob(
        tx,
        'hub_deliver',
        { content: content?.id, subscription: id },
        { attempts: DELIVERIES, queue: `hub/${id}` },
      );
  });
}
