// A node that stands still with messages in its hands and comes back after another one took over: what it has to say counts no more.
import type { ServerResponse } from 'node:http';
import t, { test } from 'tap';
import { expect, startNode } from './faults/nodes.ts';
import { placeForNodes } from './fixtures/nodes.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { until } from './fixtures/until.ts';
import { enqueueFor, pass } from './fixtures/webhooks.ts';

t.setTimeout(600_000);
const { db, place } = await placeForNodes(t);
const start = (roles: 'api' | 'jobs') => startNode({ ...place, roles, env: { OUTBOUND_ALLOW: 'loopback' } });

test('a node that was paused beyond its lease neither overwrites what the next one notes nor ends its lease', async (t) => {
  const receiver = await startReceiver(t);
  const held: ServerResponse[] = [];
  receiver.answer = (response) => void held.push(response);
  const desk = await start('api');
  const made = expect(await desk.send('POST', '/v1/desk/webhooks', { payload: { url: receiver.url } }), 201);
  const { id } = made.json<{ data: { id: string } }>().data;
  const state = async () =>
    (
      await db.query(
        `select d.status, d.attempts, d.response_status as answered, w.failures, w.lease, w.leased_until > now() as leased
         from webhook_deliveries d join webhooks w on w.id = d.webhook_id where w.id = $1`,
        [id],
      )
    ).rows[0];
  const paused = await start('jobs');
  await enqueueFor(db, id, 1);
  await until('the first node has it in its hands', () => held.length === 1, 60_000);
  paused.child.kill('SIGSTOP');
  const next = await start('jobs');
  await pass(db, 61, { leases: true });
  await until('the next one has taken over', () => held.length === 2, 60_000);
  const { lease } = await state();
  paused.child.kill('SIGCONT');
  held[0]?.writeHead(500).end();
  // By then it has told of its 500, and given up its turn: it stops in order.
  await paused.stop();
  t.match(await state(), { status: 'pending', attempts: 0, answered: null, failures: 0, lease, leased: true });
  held[1]?.writeHead(204).end();
  await until('the next one has noted what came of it', async () => (await state()).status === 'delivered', 60_000);
  t.match(await state(), { attempts: 1, answered: 204, failures: 0 });
  t.equal(receiver.received.length, 2);
  t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
  await next.stop();
});
