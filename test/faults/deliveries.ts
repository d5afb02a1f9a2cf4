// Messages to a webhook while receivers, nodes and the database fail: all arrive, each under one id, those of a story in their order. It sends none itself.
import { once } from 'node:events';
import type pg from 'pg';
import { pass } from '../fixtures/webhooks.ts';
import { expect, memoryOf, type NodeOptions, startNode, until } from './nodes.ts';
import { DOWN, FINE, type Receiver, startReceiver } from './receiver.ts';

export interface DeliveryPlace {
  db: pg.Pool;
  node: Pick<NodeOptions, 'databaseUrl' | 'folder'>;
  say(line: string): void;
  /** As `pg_ctl restart -m immediate` does it: nothing is written out, and the server recovers from its log. */
  restartServer(): Promise<void>;
  events: number;
}

/** Events of one story. */
const DEPTH = 50;
const DAY = 86_400;
const PATIENCE_MS = 240_000;
/** The lease, the minute until somebody looks, and the request itself. */
const TAKEOVER_MS = 125_000;
/** What a node may need more than it has at rest, for any number of messages that wait. */
const MOST_GROWTH_MIB = 128;

/** As the writers of the change log write them: through the trigger, each statement one transaction. */
async function publish(db: pg.Pool, events: number): Promise<void> {
  const stories = Math.ceil(events / DEPTH);
  const { rows } = await db.query('select gen_random_uuid() as id from generate_series(1, $1::int)', [stories]);
  for (let version = 1; version <= DEPTH; version += 1)
    await db.query(
      `insert into changes (type, reason, article_id, locale, version)
       select 'upsert', 'updated', id, 'en', $2 from unnest($1::uuid[]) id limit $3`,
      [rows.map(({ id }) => id), version, Math.min(stories, events - (version - 1) * stories)],
    );
}

/** @returns what is wrong with what came */
function wrongWith({ taken, faults }: Receiver, events: number): string[] {
  const wrong = [...faults];
  if (taken.size !== events) wrong.push(`${taken.size} messages of ${events} came`);
  const last = new Map<string, number>();
  for (const { story, version } of taken.values()) {
    if (version <= (last.get(story) ?? 0)) wrong.push(`${version} of ${story} came after ${last.get(story)}`);
    last.set(story, version);
  }
  return wrong;
}

const left = async (db: pg.Pool): Promise<number> =>
  (
    await db.query(`select (select count(*) from webhook_events)::int
      + (select count(*) from webhook_deliveries where status <> 'delivered')::int as n`)
  ).rows[0].n;
export const drained = (db: pg.Pool, patienceMs = PATIENCE_MS) =>
  until('everything is delivered', patienceMs, async () => (await left(db).catch(() => 1)) === 0);

export async function deliveryFaults(place: DeliveryPlace): Promise<string[]> {
  const { db, node, say, events } = place;
  const start = (roles: 'api' | 'jobs', preloads: string[] = [], env: Record<string, string> = {}) =>
    startNode({
      ...node,
      roles,
      preloads,
      env: { BASE_URL: 'https://news.example', OUTBOUND_ALLOW: 'loopback', ...env },
    });
  const desk = await start('api');
  const found: string[] = [];
  /** With a receiver and a webhook of its own. */
  const round = async (name: string, work: (receiver: Receiver) => Promise<number>) => {
    const receiver = await startReceiver();
    const made = expect(await desk.send('POST', '/v1/desk/webhooks', { payload: { url: receiver.url } }), 201);
    const { id, secret } = made.json<{ data: { id: string; secret: string } }>().data;
    receiver.secret = secret;
    try {
      const wrong = wrongWith(receiver, await work(receiver));
      say(`  ${name}: ${receiver.taken.size} messages in ${receiver.requests} requests; ${wrong.length} faults`);
      found.push(...wrong.map((fault) => `${name}: ${fault}`));
    } catch (error) {
      found.push(`${name}: ${error}`);
    } finally {
      receiver.close();
      await db.query('delete from webhooks where id = $1', [id]);
    }
  };

  await round(`${events} events while the receiver is down for a day`, async (receiver) => {
    receiver.answer = DOWN;
    const sender = await start('jobs');
    const before = await memoryOf(sender, 'VmRSS');
    await publish(db, events);
    const failures = async () => Number((await db.query('select failures from webhooks')).rows[0]?.failures);
    await until('it was tried', PATIENCE_MS, async () => (await failures()) > 0);
    for (let hour = 0; hour < 24; hour += 1) {
      const failed = await failures();
      await pass(db, DAY / 24);
      await until('it was tried again', PATIENCE_MS, async () => (await failures()) > failed);
    }
    say(`    ${receiver.requests} tries in a day`);
    if (receiver.requests > 500) found.push(`a receiver that is down was asked ${receiver.requests} times in a day`);
    receiver.answer = FINE;
    receiver.requests = 0;
    // A second node believes that it is a day later: whoever sends, the database says what is due.
    const shifted = await start('jobs', ['shifted-clock.ts'], { CLOCK_SHIFT_MS: String(DAY * 1_000) });
    await pass(db, DAY);
    const took = await drained(db);
    const most = Math.max(await memoryOf(sender, 'VmHWM'), await memoryOf(shifted, 'VmHWM'));
    say(
      `    all delivered in ${(took / 1_000).toFixed(1)} s, ${Math.round((events / took) * 1_000)} messages/s; a node takes ${most.toFixed(0)} MiB at most, ${before.toFixed(0)} at rest`,
    );
    if (most - before > MOST_GROWTH_MIB) found.push(`a node took ${most.toFixed(0)} MiB, ${before.toFixed(0)} at rest`);
    await Promise.all([sender.kill(), shifted.kill()]);
    return events;
  });

  for (const crashAt of ['spreading', 'spread', 'claimed', 'sent'])
    await round(`a node killed when its message is ${crashAt}`, async () => {
      const victim = await start('jobs', ['crash-delivery.ts'], { CRASH_AT: crashAt });
      const next = await start('jobs');
      // The other one shall not be faster: it is stopped until the victim is dead.
      next.child.kill('SIGSTOP');
      const died = once(victim.child, 'exit');
      await publish(db, DEPTH);
      await died;
      next.child.kill('SIGCONT');
      const took = await drained(db, TAKEOVER_MS * 3);
      say(`    killed when ${crashAt}: taken over and all delivered after ${(took / 1_000).toFixed(1)} s`);
      if (took > TAKEOVER_MS) found.push(`killed when ${crashAt}: it took ${took} ms until all was delivered`);
      await next.kill();
      return DEPTH;
    });

  await round('the database restarted three times under way', async (receiver) => {
    const count = 2_000;
    receiver.answer = (response) => setTimeout(() => FINE(response), 20);
    const sender = await start('jobs');
    await publish(db, count);
    for (let restart = 1; restart <= 3; restart += 1) {
      const enough = (count / 4) * restart;
      await until(`${enough} messages came`, PATIENCE_MS, async () => receiver.taken.size >= enough);
      await place.restartServer();
      await until('the database is back', PATIENCE_MS, () =>
        db.query('select').then(
          () => true,
          () => false,
        ),
      );
    }
    const took = await drained(db);
    say(
      `    all delivered ${(took / 1_000).toFixed(1)} s after the last restart; the node ${sender.child.exitCode === null ? 'lives' : 'died'}`,
    );
    if (sender.child.exitCode !== null) found.push('the node died with the database');
    await sender.kill();
    return count;
  });
  await desk.kill();
  return found;
}
