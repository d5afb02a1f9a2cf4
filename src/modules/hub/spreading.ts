// From a change to what is sent: hubs of others are told which feeds changed, and followers of ours get what is new. It sends nothing itself.
import { isDeepStrictEqual } from 'node:util';
import { and, eq, lte, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { FORMATS } from '../feeds/formats.ts';
import { languagesOf } from '../site/fallback.ts';
import { differenceOf, toldOf } from './difference.ts';
import { endTopic } from './queries.ts';
import { findPages } from './reading.ts';
import type { Hub } from './sending.ts';
import { hubContents, hubTopics } from './tables.ts';

/** Changes within it are told at once. */
const SOON = sql.raw(`date_trunc('milliseconds', now()) + interval '1 second'`);

/** What changed since it was last asked: the feeds that show it are due, and so are the pings; with the news taken, or not at all. */
export async function spreadNews({ db }: Hub): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ locale: string }>(sql`
      with taken as (delete from hub_news where id in (select id from hub_news order by id limit 10000 for update skip locked) returning locale)
      select distinct locale from taken order by locale`);
    if (rows.length === 0) return;
    const locales = sql.param(rows.map(({ locale }) => locale));
    // Whether it is due already or not: one that is just being read is due in a minute until then, and is read once more.
    await tx.execute(sql`
      update hub_topics set due_at = least(due_at, ${SOON})
      where url in (select url from hub_topics where locales && ${locales}::text[] order by url for no key update)`);
    // One that is just being sent is another one from now on: it is sent again.
    await tx.execute(sql`
      insert into hub_requests (kind, host, hub, locale, next_at)
      select 'ping', lower(coalesce(substring(hub from '^[^:]+://([^/:?#]+)'), hub)), hub, l.locale, ${SOON}
      from site cross join unnest(hubs) hub cross join unnest(${locales}::text[]) l(locale) order by hub, l.locale
      on conflict (hub, locale) do update set id = default, attempts = 0, next_at = excluded.next_at`);
  });
}

const LANGUAGES = sql.raw(
  languagesOf(
    "t.query ->> 'locale'",
    "nullif((select array_agg(name) from jsonb_array_elements_text(t.query -> 'fallback') name), '{none}')",
  ),
);

/** After a change of the site or its languages: feeds that are in other languages by now are looked at, and are due with the changes of those then. */
export async function renewTopics(db: Db): Promise<void> {
  await db.execute(sql`
    update hub_topics set due_at = least(due_at, ${SOON}) where url in (
      select t.url from hub_topics t cross join lateral (select ${LANGUAGES} as chain) c
      where not (c.chain <@ t.locales and c.chain @> t.locales) order by t.url for no key update of t)`);
}

/** Longer than a feed takes to be read; one that a node died over is looked at then. */
const CLAIMED = sql.raw(`date_trunc('milliseconds', now()) + interval '1 minute'`);

/** Puts it off, and so takes it; what changes while it is read has it looked at sooner, and so once more. */
async function claimTopic(db: Db, url: string) {
  const isDue = and(eq(hubTopics.url, url), lte(hubTopics.dueAt, sql`now()`));
  const [topic] = await db.update(hubTopics).set({ dueAt: CLAIMED }).where(isDue).returning();
  return topic;
}

/**
 * What is new is written down with the requests that send it, or not at all: each follower gets it once, whatever fails here. The feed is read
 * in no transaction: whoever tells of changes or begins to follow would wait for its lock.
 */
export async function spreadTopic(hub: Hub, url: string): Promise<void> {
  const topic = await claimTopic(hub.db, url);
  if (!topic) return;
  const { mediaType, write } = FORMATS[topic.format];
  const pages = await findPages(hub, topic, topic.told).catch(async (error: unknown) => {
    await hub.db.execute(sql`update hub_topics set due_at = ${SOON} where url = ${url}`);
    throw error;
  });
  await hub.db.transaction(async (tx) => {
    const [now] = await tx.select({ told: hubTopics.told }).from(hubTopics).where(eq(hubTopics.url, url)).for('update');
    // Another node, which took it after this one's time had run out, has told all of this and perhaps more.
    if (!isDeepStrictEqual(now?.told, topic.told)) return;
    if (!pages) return endTopic(tx, url);
    const [feed] = pages;
    const dueAt = sql`nullif(due_at, ${topic.dueAt})`;
    await tx
      .update(hubTopics)
      .set({ told: toldOf(feed), locales: [...feed.chain], dueAt })
      .where(eq(hubTopics.url, url));
    for (const { stories, deletions } of pages.toReversed()) {
      const news = differenceOf({ ...feed, stories, deletions }, topic.told);
      if (!news) continue;
      const [content] = await tx
        .insert(hubContents)
        .values({ topic: url, mediaType, body: write(news) })
        .returning({ id: hubContents.id });
      await tx.execute(sql`
        insert into hub_requests (kind, host, subscription_id, content_id)
        select 'deliver', host, id, ${content?.id} from hub_subscriptions where topic = ${url} and expires_at > now() order by id`);
    }
  });
}
