// SQL of the WebSub hub: intents and subscriptions. It sends nothing.
import { and, eq, gt, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { hubIntents, hubRequests, hubSubscriptions, hubTopics } from './tables.ts';

export type Intent = typeof hubIntents.$inferSelect;
export type Subscription = typeof hubSubscriptions.$inferSelect;

/** As often as a host, and all of them, are asked to confirm something in a minute: nobody can turn the hub on others. */
const MOST_A_MINUTE = { host: 30, all: 600 };
/** Subscriptions. */
const MOST = { host: 100, all: 10_000 };

/** @returns whether there is room for it; the lock makes those that come at once count each other */
export async function insertIntent(db: Db, intent: typeof hubIntents.$inferInsert): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('hub_intents'))`);
    const isRenewal = sql`exists (select from hub_subscriptions where topic = ${intent.topic} and callback = ${intent.callback} and expires_at > now())`;
    const { rows } = await tx.execute<{
      fits: boolean;
    }>(sql`select r.own < ${MOST_A_MINUTE.host} and r.every < ${MOST_A_MINUTE.all}
        and (${intent.mode} = 'unsubscribe' or ${isRenewal} or s.own < ${MOST.host} and s.every < ${MOST.all}) as fits
      from (select count(*) filter (where host = ${intent.host}) as own, count(*) as every from hub_intents where created_at > now() - interval '1 minute' and mode <> 'denied') r,
        (select count(*) filter (where host = ${intent.host}) as own, count(*) as every from hub_subscriptions where expires_at > now()) s`);
    if (!rows[0]?.fits) return false;
    const [made] = await tx.insert(hubIntents).values(intent).returning({ id: hubIntents.id });
    await tx.insert(hubRequests).values({ kind: 'verify', host: intent.host, intentId: made?.id });
    await enqueue(tx, 'dispatch_hub', {});
    return true;
  });
}

export async function findIntent(db: Db, id: string): Promise<Intent | undefined> {
  const [intent] = await db.select().from(hubIntents).where(eq(hubIntents.id, id));
  return intent;
}

export async function findSubscription(db: Db, id: string): Promise<Subscription | undefined> {
  const live = and(eq(hubSubscriptions.id, id), gt(hubSubscriptions.expiresAt, sql`now()`));
  const [subscription] = await db.select().from(hubSubscriptions).where(live);
  return subscription;
}

export async function upsertSubscription(
  tx: Db,
  { topic, callback, host, secret, leaseSeconds }: Intent,
): Promise<void> {
  const expiresAt = sql`now() + make_interval(secs => ${leaseSeconds})`;
  await tx
    .insert(hubSubscriptions)
    .values({ topic, callback, host, secret, expiresAt })
    .onConflictDoUpdate({ target: [hubSubscriptions.topic, hubSubscriptions.callback], set: { secret, expiresAt } });
}

export async function deleteSubscription(tx: Db, { topic, callback }: Pick<Subscription, 'topic' | 'callback'>) {
  await tx
    .delete(hubSubscriptions)
    .where(and(eq(hubSubscriptions.topic, topic), eq(hubSubscriptions.callback, callback)));
}

/** There is no such feed any more: whoever follows it is told so (WebSub section 5.2), and nothing else from then on. */
export async function endTopic(tx: Db, url: string): Promise<void> {
  await tx.execute(sql`
    with denied as (
      insert into hub_intents (mode, topic, format, query, callback, host, lease_seconds)
      select 'denied', t.url, t.format, t.query, s.callback, s.host, 0 from hub_topics t join hub_subscriptions s on s.topic = t.url
      where t.url = ${url} and s.expires_at > now() returning id, host
    )
    insert into hub_requests (kind, host, intent_id) select 'verify', host, id from denied`);
  await tx.delete(hubTopics).where(eq(hubTopics.url, url));
}

/** Leases that ran out, feeds that nobody follows, what was sent or given up, and what is not counted any more. */
export async function forgetOld(db: Db): Promise<void> {
  await db.execute(sql`delete from hub_subscriptions where expires_at < now()`);
  const unfollowed = sql`not exists (select from hub_subscriptions s where s.topic = t.url)`;
  await db.transaction(async (tx) => {
    // Whoever begins to follow one holds it meanwhile: only a later statement sees that it is followed.
    await tx.execute(sql`select from hub_topics t where ${unfollowed} order by t.url for update`);
    await tx.execute(sql`delete from hub_topics t where ${unfollowed}`);
  });
  await db.execute(sql`delete from hub_contents where created_at < now() - interval '1 day'`);
  // Anybody may ask, and what is asked for takes kilobytes: 600 of them a minute were gigabytes a day.
  await db.execute(sql`
    delete from hub_intents i where created_at < now() - interval '1 day'
      or (created_at < now() - interval '2 minutes' and not exists (select from hub_requests r where r.intent_id = i.id))`);
  await db.execute(sql`delete from hub_hosts h where coalesce(greatest(leased_until, paused_until), '-infinity') < now()
    and not exists (select from hub_requests r where r.host = h.host)`);
}
