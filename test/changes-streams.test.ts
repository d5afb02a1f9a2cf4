// The stream of changes through real sockets: it beats, goes on where it was cut, and keeps no more streams or bytes than may be.
import { connect } from 'node:net';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { eventsOf, type Told } from './fixtures/events.ts';
import { expectStatus, getDeskArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { endOf, settled } from './fixtures/following.ts';
import { recordStatements } from './fixtures/sent.ts';
import { listen } from './fixtures/socket.ts';
import { until } from './fixtures/until.ts';

const roles = { api: true, jobs: false };
const site = await buildTestApp(t, { roles });
const { app, request, desk, databaseUrl, checkResponse } = site;
const { origin } = await listen(site);

const end = () => endOf(request, app.db.pool);

async function follow(t: Test, search: string, { at = origin, lastId = '' } = {}) {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const url = `/v1/changes/stream?${search}`;
  const response = await fetch(at + url, {
    signal: abort.signal,
    headers: { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) },
  });
  const events: Told[] = [];
  let isOver = false;
  const reading = (async () => {
    for await (const event of eventsOf(response.body as ReadableStream<Uint8Array>)) events.push(event);
  })();
  reading
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  await until('it is ready', async () => events.length > 0);
  const headers = Object.fromEntries(response.headers);
  checkResponse({ method: 'GET', url, status: response.status, headers, body: '' });
  return {
    events,
    headers,
    ids: () => events.flatMap(({ event, data }) => (event === 'change' ? [JSON.parse(data).articleId as string] : [])),
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id ?? '',
    isOver: () => isOver,
    close: () => abort.abort(),
  };
}

test('what is committed on one node is told by each, in the order of the log', async (t) => {
  const other = await buildTestApp(t, { roles, databaseUrl });
  const there = (await listen(other)).origin;
  const since = await end();
  const both = await Promise.all([origin, there].map((at) => follow(t, `since=${since}`, { at })));
  const made = [];
  for (let n = 0; n < 5; n += 1) made.push((await makePublished(desk)).id);
  for (const one of both) {
    await until('all are told', async () => one.ids().length === made.length);
    t.same(one.ids(), made);
    t.match(one.headers, { 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' });
  }
});

test('whoever was cut goes on behind the last event, wherever, without a gap or a change told twice', async (t) => {
  const first = await follow(t, `since=${await end()}`);
  const made = [(await makePublished(desk)).id];
  await until('the first is told', async () => first.ids().length === 1);
  first.close();
  for (let n = 0; n < 3; n += 1) made.push((await makePublished(desk)).id);
  const second = await follow(t, 'since=AQAB', { lastId: first.lastId() });
  await until('the rest is told', async () => second.ids().length >= 3);
  t.same([...first.ids(), ...second.ids()], made, 'Last-Event-ID goes before since');
  const page = await request('GET', `/v1/changes?since=${first.lastId()}`);
  t.equal(page.json().data.length, 3, 'it is good for pages, too');
  const wrong = await request('GET', '/v1/changes/stream?seconds=0', { headers: { 'last-event-id': 'AQAB' } });
  t.match(wrong.json(), { status: 400, errors: [{ parameter: 'last-event-id' }] });
});

test('a stream that has nothing to tell says so each 15 seconds, so that no proxy cuts it', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const reader = await follow(t, `since=${await end()}`);
  const beats = () => reader.events.filter(({ event }) => event === ':').length;
  await sleep(200);
  mock.timers.tick(14_999);
  await sleep(100);
  t.equal(beats(), 0);
  mock.timers.tick(1);
  await until('it beats', async () => beats() === 1);
  // Who is still being written to gets none.
  await sleep(100);
  mock.timers.tick(15_000);
  await until('it beats again', async () => beats() === 2);
});

/** @returns where 36 changes begin that no buffer of the system holds */
async function findLarge(): Promise<string> {
  const since = await end();
  const text = 'x'.repeat(250_000);
  const { id } = await makePublished(desk, { locales: { en: { body: { text } } } });
  for (let n = 1; n < LARGE; n += 1) await publishArticle(desk, { id });
  await settled(app.db.pool);
  return since;
}
const LARGE = 36;
let large: Promise<string> | undefined;
const beforeLarge = () => {
  large ??= findLarge();
  return large;
};
/** Asks for the stream, and reads no more than that it has begun. */
async function readNothing(t: Test, at: string, since: string) {
  const { hostname, port } = new URL(at);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()));
  socket.write(`GET /v1/changes/stream?include=item&since=${since} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  return { socket, closed };
}

test('a reader who does not read is not read for, and has all of it when he does', async (t) => {
  const since = await beforeLarge();
  const sent = recordStatements(t);
  const { socket } = await readNothing(t, origin, since);
  await sleep(1_000);
  const pages = () => sent.filter((name) => name === 'changes_page').length;
  const before = pages();
  // One for where it begins, and ten changes a page: all of it would be five.
  t.ok(before < 5, `${before} pages`);
  await sleep(500);
  t.equal(pages(), before);
  let told = 0;
  socket.on('data', (chunk: Buffer) => {
    told += chunk.toString('latin1').split('event: change').length - 1;
  });
  socket.resume();
  await until('all of it came', async () => told >= LARGE - 1, 30_000);
});

test('a reader who takes nothing for a minute makes room for another', async (t) => {
  const small = await buildTestApp(t, { roles, databaseUrl, streams: 1 });
  const at = (await listen(small)).origin;
  const since = await beforeLarge();
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { socket, closed } = await readNothing(t, at, since);
  await sleep(1_000);
  const status = async () => (await fetch(`${at}/v1/changes/stream?seconds=0`)).status;
  for (let beat = 0; beat < 4; beat += 1) mock.timers.tick(15_000);
  await sleep(100);
  t.equal(await status(), 503);
  mock.timers.tick(15_000);
  await until('there is room', async () => (await status()) === 200);
  socket.resume();
  await closed;
});

test('a node bears so many streams and no more; one that ends makes room at once', async (t) => {
  const small = await buildTestApp(t, { roles, databaseUrl, streams: 2 });
  const at = (await listen(small)).origin;
  const first = await follow(t, '', { at });
  await follow(t, '', { at });
  const refused = expectStatus(await small.request('GET', '/v1/changes/stream'), 503);
  t.match(refused.json(), { code: 'service_unavailable' });
  t.equal(refused.headers['retry-after'], '5');
  first.close();
  await until('there is room', async () => (await small.app.inject('/v1/changes/stream?seconds=0')).statusCode === 200);
  for (let n = 0; n < 5; n += 1)
    t.equal(
      (await small.app.inject({ method: 'HEAD', url: '/v1/changes/stream' })).statusCode,
      200,
      'and HEAD takes none',
    );
});

test('a server that stops ends its streams and does not wait for them, nor for one who does not read', async (t) => {
  const stopping = await buildTestApp(t, { roles, databaseUrl });
  const at = (await listen(stopping)).origin;
  const since = await beforeLarge();
  const reader = await follow(t, `since=${await end()}`, { at });
  const { socket, closed } = await readNothing(t, at, since);
  await sleep(500);
  const began = performance.now();
  await stopping.app.close();
  t.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
  await until('it ends', async () => reader.isOver());
  socket.resume();
  await closed;
});

test('a change of a story in the stream tells what it is by then, and what is gone is told as gone', async (t) => {
  const reader = await follow(t, `include=item&since=${await end()}`);
  const { id } = await makePublished(desk);
  await publishArticle(desk, { id });
  const { version } = (await getDeskArticle(desk, id)).locales[0] ?? { version: 0 };
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/unpublish`, { version, payload: {} }), 200);
  await until('the end is told', async () => reader.events.at(-1)?.data.includes('"delete"') ?? false);
  for (const { event, data } of reader.events.filter(({ event }) => event === 'change')) {
    const change = JSON.parse(data);
    t.equal(event, 'change');
    t.equal(change.item === null, change.type === 'delete');
  }
});
