// Receivers that refuse, hang, redirect, are gone or away for a day: nothing is lost, and nobody else waits.
import t, { test } from 'tap';
import { retryAfterOf, retryIn } from '../src/modules/webhooks/retrying.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { type Receiver, startReceiver } from './fixtures/receiver.ts';
import { until } from './fixtures/until.ts';
import { type Delivery, deliveriesOf, enqueueFor, makeWebhook, pass, verified } from './fixtures/webhooks.ts';

const lines: string[] = [];
const { app, desk } = await buildTestApp(t, {
  outbound: { loopback: true },
  logLevel: 'warn',
  logStream: { write: (line) => void lines.push(line) },
});
const db = app.db.pool;
const URL_OF = '/v1/desk/webhooks';
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

const listen = async (t: Parameters<typeof startReceiver>[0]) => {
  const receiver = await startReceiver(t);
  const hook = await makeWebhook(desk, `${receiver.url}/in`);
  t.teardown(() => db.query('delete from webhooks where id = $1', [hook.id]));
  const only = async (): Promise<Delivery> => {
    let delivery: Delivery | undefined;
    // It is made from its event after the change is answered.
    await until('there is a delivery', async () => {
      [delivery] = await deliveriesOf(desk, hook.id);
      return delivery !== undefined;
    });
    return delivery as unknown as Delivery;
  };
  const state = async () => (await desk('GET', `${URL_OF}/${hook.id}`)).json().data;
  return { receiver, hook, only, state };
};
const tried = (only: () => Promise<Delivery>, attempts: number) =>
  until(`${attempts} tries`, async () => (await only()).attempts === attempts);
const idsAt = (receiver: Receiver) => receiver.received.map(({ headers }) => headers['webhook-id']);

test('a message is tried ten times by its schedule, under one id and to the byte, and then given up', async (t) => {
  const { receiver, hook, only } = await listen(t);
  receiver.answer = (response) => response.writeHead(503).end('later\0😀'.padEnd(2_000, '😀'));
  await makePublished(desk);
  for (const [at, delay] of DELAYS.entries()) {
    await tried(only, at + 1);
    const delivery = await only();
    t.match(delivery, { status: 'pending', responseStatus: 503, error: 'It answered 503.' });
    const { rows } = await db.query(
      'select extract(epoch from next_at - attempted_at)::float8 as wait from webhook_deliveries where id = $1',
      [delivery.id.slice(4)],
    );
    const { wait } = rows[0] as { wait: number };
    t.ok(wait >= delay - 0.01 && wait <= delay * 1.1 + 0.01, `${wait} s after try ${at + 1}`);
    await pass(db, delay * 1.1 + 1);
  }
  await until('it is given up', async () => (await only()).status === 'failed');
  const last = await only();
  t.match(last, { attempts: 10, nextAttemptAt: null });
  t.equal(last.answer?.length, 1_000);
  t.ok(last.answer?.startsWith('later😀'), 'a NUL is left out');
  t.ok(last.answer?.isWellFormed(), 'and no half of a character is left at the end');
  t.equal(receiver.received.length, 10);
  t.equal(new Set(idsAt(receiver)).size, 1);
  t.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
  for (const one of receiver.received) t.ok(verified(hook.secret, one));
});

test('delays grow by a tenth at most, and Retry-After is honoured in both forms, up to a day', (t) => {
  t.equal(retryIn(1, null, 0), 5);
  t.equal(retryIn(1, null, 1), 5.5);
  t.equal(retryIn(1, 120, 0), 120);
  t.equal(retryIn(2, 120, 0), 300, 'not sooner than by the schedule');
  t.equal(retryIn(10, 120, 0), null);
  const now = Date.parse('2026-05-26T10:00:00Z');
  const after = (value: string, date?: string) => retryAfterOf({ 'retry-after': value, ...(date && { date }) }, now);
  t.equal(after('120'), 120);
  t.equal(after('999999999'), 86_400);
  t.equal(after('Tue, 26 May 2026 10:02:00 GMT'), 120);
  t.equal(after('Tue, 26 May 2026 12:02:00 GMT', 'Tue, 26 May 2026 12:00:00 GMT'), 120, 'by its own clock');
  for (const value of ['-5', 'soon', '', 'Tue, 26 May 2026 09:00:00 GMT']) t.equal(after(value), null, value);
  t.end();
});

test('a receiver that asks for a pause is left alone, with other messages as well', async (t) => {
  const { receiver, only, state } = await listen(t);
  receiver.answer = (response) => response.writeHead(429, { 'retry-after': '600' }).end();
  await makePublished(desk);
  await tried(only, 1);
  t.ok(Date.parse((await only()).nextAttemptAt ?? '') - Date.now() > 590_000);
  t.ok(Date.parse((await state()).pausedUntil) - Date.now() > 590_000);
  receiver.answer = (response) => response.writeHead(204).end();
  await makePublished(desk);
  await pass(db, 300);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(receiver.received.length, 1);
  await pass(db, 310);
  await until('both have arrived', () => receiver.received.length === 3);
});

test('a redirect is a failure and is not followed; 410 disables the webhook at once', async (t) => {
  const { receiver, hook, only, state } = await listen(t);
  const inside = await startReceiver(t);
  receiver.answer = (response) => response.writeHead(307, { location: inside.url }).end();
  await makePublished(desk);
  await tried(only, 1);
  t.match(await only(), { status: 'pending', responseStatus: 307, error: /redirects are not followed/ });
  t.equal(inside.connections, 0);
  receiver.answer = (response) => response.writeHead(410).end();
  await pass(db, 6);
  await until('it is disabled', async () => (await state()).disabled);
  t.match(await state(), { disabledReason: 'gone', failures: 2, version: 1 });
  t.match(await only(), { status: 'failed', responseStatus: 410, attempts: 2 });
  const { rows } = await db.query(
    "select action, user_id, after from audit where entity_id = $1 and action = 'webhook.disable'",
    [hook.id],
  );
  t.match(rows, [{ action: 'webhook.disable', user_id: null, after: { disabledReason: 'gone' } }]);
  t.ok(
    lines.some((line) => line.includes(hook.id) && line.includes('"gone"') && line.includes('a webhook was disabled')),
  );
  t.notMatch(lines.join(''), receiver.url, 'an address is not logged');
  await makePublished(desk);
  t.equal((await deliveriesOf(desk, hook.id)).length, 1);
});

// Seen to fail where anything that arrives in a wave makes it a sound one (settle() in webhooks/delivering.ts).
test('a 410 disables the webhook also where others of the same wave arrive', async (t) => {
  const { receiver, hook, state } = await listen(t);
  await db.query("update webhooks set paused_until = now() + interval '1 hour' where id = $1", [hook.id]);
  for (let n = 0; n < 3; n += 1) await makePublished(desk);
  await until('all of them wait', async () => (await deliveriesOf(desk, hook.id)).length === 3);
  receiver.answer = (response) => response.writeHead(receiver.received.length === 1 ? 410 : 204).end();
  await pass(db, 3_601);
  await until('it is disabled', async () => (await state()).disabled);
  t.equal((await state()).disabledReason, 'gone');
  const told = (await deliveriesOf(desk, hook.id)).map(({ status }) => status);
  t.same(told.sort(), ['delivered', 'delivered', 'failed']);
});

test('with nothing but failures for five days a webhook is disabled, and what waits is sent once it is started again', async (t) => {
  const { receiver, hook, only, state } = await listen(t);
  receiver.answer = (response) => response.writeHead(500).end();
  await makePublished(desk);
  await tried(only, 1);
  await pass(db, 4.9 * 86_400);
  await tried(only, 2);
  t.match(await state(), { disabled: false, failures: 2 });
  await pass(db, 0.2 * 86_400);
  await until('it is disabled', async () => (await state()).disabled);
  t.match(await state(), { disabledReason: 'failing' });
  t.match(await only(), { status: 'pending', attempts: 3 });
  receiver.answer = (response) => response.writeHead(204).end();
  expectStatus(await desk('PATCH', `${URL_OF}/${hook.id}`, { version: 1, payload: { disabled: false } }), 200);
  await pass(db, 3_600);
  await until('it has arrived', async () => (await only()).status === 'delivered');
  t.match(await state(), { failures: 0, failingSince: null, disabledReason: null });
});

test('a later message of a story waits for the earlier one, and no other story does', async (t) => {
  const { receiver, hook } = await listen(t);
  receiver.answer = (response, { body }) => response.writeHead(body.includes('"updated"') ? 500 : 204).end();
  const story = await makePublished(desk);
  const republish = async () => {
    const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
    const payload = { title: `Again ${version}` };
    expectStatus(await desk('PATCH', `/v1/desk/articles/${story.id}/locales/en`, { version, payload }), 200);
    await publishArticle(desk, story);
  };
  await republish();
  const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
  expectStatus(await desk('POST', `/v1/desk/articles/${story.id}/locales/en/unpublish`, { version, payload: {} }), 200);
  const other = await makePublished(desk);
  await until('the other story has arrived', () => receiver.received.some(({ body }) => body.includes(other.id)));
  const states = async () =>
    (await deliveriesOf(desk, hook.id)).filter(({ articleId }) => articleId === story.id).map(({ status }) => status);
  await until('it has failed', async () => (await deliveriesOf(desk, hook.id))[2]?.attempts === 1);
  t.same(await states(), ['pending', 'pending', 'delivered']);
  t.notOk(receiver.received.some(({ body }) => body.includes('unpublished')));
  receiver.answer = (response) => response.writeHead(204).end();
  await pass(db, 60);
  await until('all have arrived', async () => (await states()).every((status) => status === 'delivered'));
  const types = receiver.received
    .map((one) => verified(hook.secret, one))
    .filter(({ data }) => data.article.id === story.id);
  t.same(
    types.map(({ type }) => type),
    ['article.published', 'article.updated', 'article.updated', 'article.unpublished'],
  );
});

test('receivers that hang or answer without end delay no other one, and are asked by sixteen requests at a time at most', async (t) => {
  let open = 0;
  let most = 0;
  const bad: Receiver[] = [];
  for (let n = 0; n < 6; n += 1) {
    const { receiver } = await listen(t);
    receiver.answer = (response) => {
      open += 1;
      most = Math.max(most, open);
      response.on('close', () => {
        open -= 1;
      });
      if (n % 2 === 1) response.writeHead(200, { 'content-length': String(10 * 2 ** 30) });
    };
    bad.push(receiver);
  }
  const good = await listen(t);
  const stories = await Promise.all(Array.from({ length: 12 }, () => makePublished(desk)));
  const began = performance.now();
  await until('the good one has everything', () => good.receiver.received.length >= stories.length, 10_000);
  const late = await makePublished(desk);
  await until('and what comes later', () => good.receiver.received.some(({ body }) => body.includes(late.id)), 10_000);
  t.ok(performance.now() - began < 10_000, `${Math.round(performance.now() - began)} ms while six others hang`);
  t.ok(most <= 6 * 16, `${most} requests were open at once`);
  for (const receiver of bad) t.ok(receiver.received.length <= 16, `${receiver.received.length} to one that hangs`);
  const { rows } = await db.query("select from webhook_deliveries where status = 'delivered' and webhook_id <> $1", [
    good.hook.id,
  ]);
  t.equal(rows.length, 0);
});

test('what waited a day for a receiver that was away arrives whole once it is back', async (t) => {
  const { receiver, hook, state } = await listen(t);
  receiver.answer = ({ socket }) => socket?.destroy();
  const MESSAGES = 1_000;
  await enqueueFor(db, hook.id, MESSAGES);
  for (let hour = 0; hour < 24; hour += 1) {
    const { failures } = await state();
    await pass(db, 3_600);
    await until('it was tried', async () => (await state()).failures > failures);
  }
  t.ok(receiver.received.length < 100, `${receiver.received.length} tries in a day: one at a time`);
  const before = receiver.received.length;
  receiver.answer = (response) => response.writeHead(204).end();
  await pass(db, 86_400);
  await until(
    'all have arrived',
    async () => {
      const { rows } = await db.query(
        "select from webhook_deliveries where webhook_id = $1 and status <> 'delivered' limit 1",
        [hook.id],
      );
      return rows.length === 0;
    },
    120_000,
  );
  const arrived = idsAt(receiver).slice(before);
  t.equal(new Set(arrived).size, MESSAGES);
  t.equal(arrived.length, MESSAGES, 'each once');
});
