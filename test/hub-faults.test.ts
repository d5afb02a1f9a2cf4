// The hub where others are slow or nodes die: nobody who publishes waits for it, no follower for another host, no job for a follower.
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { test } from 'tap';
import { startNode } from './faults/nodes.ts';
import { placeForNodes, publishOn } from './fixtures/nodes.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { until } from './fixtures/until.ts';

t.setTimeout(600_000);
const BASE = 'https://api.example.org';
const { db, place } = await placeForNodes(t);
const start = (roles: 'api' | 'jobs') =>
  startNode({ ...place, roles, env: { OUTBOUND_ALLOW: 'loopback', BASE_URL: BASE } });

/** As if the callback had confirmed. */
async function follow(callback: string, host: string): Promise<void> {
  const topic = `${BASE}/v1/feeds/json`;
  await db.query(
    `insert into hub_topics (url, format, query, locales, told) values ($1, 'json', '{}', '{en}', '{"stories": {}, "deletions": {}, "oldest": ""}')
     on conflict do nothing`,
    [topic],
  );
  await db.query(
    `insert into hub_subscriptions (topic, callback, host, expires_at) values ($1, $2, $3, now() + interval '1 day')`,
    [topic, callback, host],
  );
}
t.afterEach(() => db.query('delete from hub_topics; delete from hub_hosts'));
const desk = await start('api');

test('two who publish in one language do not wait for each other', async (t) => {
  await follow('http://127.0.0.1:9/', '127.0.0.1');
  const change = `insert into changes (type, reason, article_id, locale, version)
    values ('upsert', 'updated', gen_random_uuid(), 'en', 1)`;
  // The first job of a name writes the name down, once in the life of a database: nodes with the role jobs do so when they start.
  await db.query("select graphile_worker.add_job('dispatch_hub')");
  const [first, second] = [await db.connect(), await db.connect()];
  try {
    await first.query('begin');
    await first.query(change);
    await second.query("begin; set local lock_timeout = '2s'");
    await t.resolves(second.query(change));
  } finally {
    for (const one of [first, second]) {
      await one.query('rollback');
      one.release();
    }
  }
});

test('followers that hang hold up neither others nor a job that is due', async (t) => {
  const good = await startReceiver(t);
  let hanging = 0;
  // 127.0.0.2 and so on are this machine, too, and each a host of its own.
  for (let n = 2; n < 26; n += 1) {
    const host = `127.0.0.${n}`;
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      hanging += 1;
      sockets.push(socket.on('error', () => {}));
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await follow(`http://${host}:${(server.address() as AddressInfo).port}/`, host);
  }
  await follow(good.url, '127.0.0.1');
  const node = await start('jobs');
  await publishOn(desk, 'Slack water');
  const began = performance.now();
  await until('the good one is told', () => good.received.length === 1, 60_000);
  await publishOn(desk, 'High water');
  await until('and told again', () => good.received.length === 2, 60_000);
  await db.query("select graphile_worker.add_job('prune_deliveries')");
  await until('a job is done', async () => {
    const { rows } = await db.query(
      "select from graphile_worker.jobs where task_identifier = 'prune_deliveries' and key is null",
    );
    return rows.length === 0;
  });
  t.ok(performance.now() - began < 20_000, `${Math.round(performance.now() - began)} ms`);
  t.ok(hanging >= 24, `${hanging} requests hung`);
  await node.kill();
});

test('what a killed node had in its hands is sent by another one after its lease, in the order of the news', async (t) => {
  const receiver = await startReceiver(t);
  const held: ServerResponse[] = [];
  receiver.answer = (response) => void held.push(response);
  await follow(receiver.url, '127.0.0.1');
  const victim = await start('jobs');
  await publishOn(desk, 'Ebb');
  await until('it is being sent', () => held.length === 1, 60_000);
  await victim.kill();
  receiver.answer = (response) => response.writeHead(204).end();
  const next = await start('jobs');
  await publishOn(desk, 'Flood');
  await until(
    'the feed was looked at',
    async () => {
      const { rows } = await db.query('select count(*)::int as n from hub_contents');
      return rows[0].n === 2;
    },
    60_000,
  );
  t.equal(receiver.received.length, 1, 'as long as the lease holds');
  await db.query("update hub_hosts set leased_until = leased_until - interval '61 seconds'");
  await db.query("update hub_requests set next_at = next_at - interval '61 seconds'");
  await db.query("select graphile_worker.add_job('dispatch_hub')");
  await until('both came', () => receiver.received.length === 3, 60_000);
  const [first, again, last] = receiver.received.map(({ body }) =>
    JSON.parse(body).items.map((item: { title: string }) => item.title),
  );
  t.equal(first[0], 'Ebb');
  t.same(again, first);
  t.same(last, ['Flood']);
  await next.kill();
});
