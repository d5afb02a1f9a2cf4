// Nodes as processes, killed with messages in their hands, and a database that cuts every connection: nothing is lost, and what comes twice has one id.
import { once } from 'node:events';
import t, { test } from 'tap';
import { expect, type Node, startNode } from './faults/nodes.ts';
import { placeForNodes, publishOn } from './fixtures/nodes.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { until } from './fixtures/until.ts';
import { enqueueFor, pass } from './fixtures/webhooks.ts';

// Nodes are processes: beside other tests on a small machine, each takes its time to start.
t.setTimeout(600_000);

const { db, place } = await placeForNodes(t);
const start = (roles: 'api' | 'jobs' | 'api,jobs', crashAt?: 'claimed' | 'sent') =>
  startNode({
    ...place,
    roles,
    env: { OUTBOUND_ALLOW: 'loopback', ...(crashAt && { CRASH_AT: crashAt }) },
    preloads: crashAt ? ['crash-delivery.ts'] : [],
  });

const makeHook = async (node: Node, url: string): Promise<string> =>
  expect(await node.send('POST', '/v1/desk/webhooks', { payload: { url } }), 201).json<{ data: { id: string } }>().data
    .id;
const statuses = async () =>
  (await db.query<{ status: string }>('select status from webhook_deliveries')).rows.map(({ status }) => status);
const allDelivered = async () => (await statuses()).every((status) => status === 'delivered');
const died = ({ child }: Node) =>
  (child.exitCode ?? child.signalCode) === null ? once(child, 'exit') : Promise.resolve();

const desk = await start('api');

for (const [crashAt, before, after] of [
  ['claimed', 0, 1],
  ['sent', 1, 2],
] as const) {
  test(`a node killed with a message that is ${crashAt} loses nothing: another one sends it under the same id`, async (t) => {
    const receiver = await startReceiver(t);
    const id = await makeHook(desk, receiver.url);
    t.teardown(() => db.query('delete from webhooks where id = $1', [id]));
    const victim = await start('jobs', crashAt);
    await publishOn(desk, 'Slack water');
    await died(victim);
    t.match(victim.errors(), `killed ${crashAt}`);
    t.equal(receiver.received.length, before);
    t.same(await statuses(), ['pending']);
    const next = await start('jobs');
    t.equal(receiver.received.length, before, 'it is not sent as long as the lease holds');
    await pass(db, 61, { leases: true });
    await until('it is delivered', allDelivered, 60_000);
    t.equal(receiver.received.length, after);
    t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    await next.stop();
  });
}

test('a node that is told to stop gives back what hangs, without counting it as a try', async (t) => {
  const receiver = await startReceiver(t);
  const id = await makeHook(desk, receiver.url);
  t.teardown(() => db.query('delete from webhooks where id = $1', [id]));
  receiver.answer = () => {};
  const node = await start('jobs');
  await publishOn(desk, 'Slack water');
  await until('it hangs', () => receiver.received.length === 1, 60_000);
  const began = performance.now();
  await node.stop();
  t.ok(performance.now() - began < 20_000, `stopped in ${Math.round(performance.now() - began)} ms`);
  const { rows } = await db.query(
    'select attempts, next_at <= now() as due, (select leased_until from webhooks where id = $1) as lease from webhook_deliveries',
    [id],
  );
  t.same(rows, [{ attempts: 0, due: true, lease: null }]);
});

test('every connection is cut again and again while messages are sent: each arrives', async (t) => {
  const receiver = await startReceiver(t);
  const id = await makeHook(desk, receiver.url);
  t.teardown(() => db.query('delete from webhooks where id = $1', [id]));
  receiver.answer = (response) => setTimeout(() => response.writeHead(204).end(), 20);
  const node = await start('jobs');
  await enqueueFor(db, id, 300);
  for (let cut = 0; cut < 5; cut += 1) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    await db.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  }
  await until(
    'all are delivered',
    async () => {
      if (await allDelivered()) return true;
      await pass(db, 61, { leases: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return false;
    },
    120_000,
  );
  t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 300);
  t.equal(node.child.exitCode, null, 'the node lives on');
});
