// Following a live story through real sockets: each change once and in order, on every node, across cuts, restarts and withdrawals; and no more streams or bytes than may be.
import { connect } from 'node:net';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { eventsOf } from './fixtures/events.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { listen } from './fixtures/socket.ts';
import { until } from './fixtures/until.ts';

const roles = { api: true, jobs: false };
const site = await buildTestApp(t, { roles });
const { app, request, desk, databaseUrl, checkResponse } = site;
const other = await buildTestApp(t, { roles, databaseUrl, cacheMb: 0 });
const [{ origin }, there] = [await listen(site), await listen(other)];

interface Event {
  event: string;
  id: string | undefined;
  data: { id?: string; title?: string; isGone?: true; position?: string };
}
interface Following {
  events: Event[];
  /** `title` of entries, `gone`, `end`. */
  told(): string[];
  isOver(): boolean;
  close(): void;
  lastId(): string;
}

async function follow(t: Test, path: string, { at = origin, lastId = '' } = {}): Promise<Following> {
  const abort = new AbortController();
  const headers = lastId ? { 'last-event-id': lastId } : undefined;
  const response = await fetch(at + path, { signal: abort.signal, ...(headers && { headers }) });
  const events: Event[] = [];
  let over = false;
  t.teardown(() => abort.abort());
  if (response.status !== 200 || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
  const read = async (body: AsyncIterable<Uint8Array>) => {
    for await (const { event, id, data } of eventsOf(body))
      if (event !== ':') events.push({ event, id, data: JSON.parse(data) });
  };
  read(response.body)
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  await until('it is ready', async () => events.length > 0);
  checkResponse({ method: 'GET', url: path, status: 200, headers: Object.fromEntries(response.headers), body: '' });
  return {
    events,
    told: () => events.slice(1).map(({ event, data }) => (event === 'entry' ? (data.title ?? '') : event)),
    isOver: () => over,
    close: () => abort.abort(),
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id ?? '',
  };
}

const live = () => makePublished(desk, { kind: 'live' });
const streamOf = (id: string, search = '') => `/v1/articles/${id}/entries/stream${search}`;
async function make(id: string, title: string, payload: object = {}) {
  const answer = await desk('POST', `/v1/desk/articles/${id}/locales/en/entries`, {
    payload: { title, body: { text: title }, status: 'published', ...payload },
  });
  return expectStatus(answer, 201).json().data;
}
const patch = async (entry: { id: string; version: number }, payload: object) =>
  expectStatus(await desk('PATCH', `/v1/desk/entries/${entry.id}`, { version: entry.version, payload }), 200).json()
    .data;
const tells = (one: Following, wanted: string) => until(`it tells ${wanted}`, async () => one.told().join() === wanted);

test('what is written on one node is told by each, once and in order, drafts never', async (t) => {
  const { id } = await live();
  await make(id, 'before');
  const both = [await follow(t, streamOf(id)), await follow(t, streamOf(id), { at: there.origin })];
  const a = await make(id, 'a');
  const draft = await make(id, 'CANARY', { status: 'draft' });
  const b = await make(id, 'b');
  const changed = await patch(a, { title: 'a2' });
  await patch(changed, { status: 'draft' });
  expectStatus(await desk('DELETE', `/v1/desk/entries/${b.id}`, { version: 1 }), 204);
  await patch(draft, { title: 'c', body: { text: 'c' }, status: 'published' });
  for (const one of both) {
    await until('the last is told', async () => one.told().at(-1) === 'c');
    t.notOk(JSON.stringify(one.events).includes('CANARY'));
    // A change that another one overtook before it was read is told as the later one.
    const shown = new Map<string, string>();
    for (const { event, data } of one.events)
      if (event !== 'ready') shown.set(data.id ?? '', event === 'gone' ? 'gone' : (data.title ?? ''));
    t.same(Object.fromEntries(shown), { [a.id]: 'gone', [b.id]: 'gone', [draft.id]: 'c' });
    t.equal(new Set(one.events.map((event) => event.id)).size, one.events.length, 'no position twice');
  }
});

test('a stream begins where the list ended, or from now on', async (t) => {
  const { id } = await live();
  const { position } = (await request('GET', `/v1/articles/${id}/entries`)).json().meta;
  await make(id, 'a');
  const from = await follow(t, streamOf(id, `?after=${position}&locale=EN`));
  const now = await follow(t, streamOf(id));
  await make(id, 'b');
  await tells(from, 'a,b');
  await tells(now, 'b');
  const since = (await request('GET', `/v1/articles/${id}/entries?after=${now.events[0]?.data.position}`)).json();
  t.same(
    since.data.map(({ title }: { title: string }) => title),
    ['b'],
    'and a list goes on where a stream began',
  );
  const once = await follow(t, streamOf(id, `?after=${position}&seconds=0`));
  await until('it ends', async () => once.isOver());
  t.equal(once.told().join(), 'a,b');
});

test('whoever is cut off again and again misses nothing and is told nothing twice', async (t) => {
  const { id } = await live();
  const titles = Array.from({ length: 30 }, (_, n) => String(n));
  let reader = await follow(t, streamOf(id));
  const told: string[] = [];
  let writing = true;
  const wrote = Promise.all(titles.map((title) => make(id, title))).finally(() => {
    writing = false;
  });
  for (let node = 0; writing || told.length < titles.length; node += 1) {
    await sleep(30);
    reader.close();
    await until('it is cut', async () => reader.isOver());
    told.push(...reader.told());
    if (node > 200) break;
    reader = await follow(t, streamOf(id), { lastId: reader.lastId(), at: node % 2 ? origin : there.origin });
  }
  await wrote;
  t.same(told.toSorted(), titles.toSorted());
});

test('a stream ends with its story, and is then answered as the story is', async (t) => {
  const { id } = await live();
  await make(id, 'a');
  const reader = await follow(t, streamOf(id));
  const { version } = stateIn(await getDeskArticle(desk, id), 'en');
  const withdraw = `/v1/desk/articles/${id}/locales/en/withdraw`;
  expectStatus(await desk('POST', withdraw, { version, payload: { type: 'gone' } }), 200);
  await until('it ends', async () => reader.isOver());
  t.equal(reader.told().at(-1), 'end');
  t.notOk(reader.told().includes('gone'), 'of a story that is gone nothing more is told');
  t.equal((await request('GET', streamOf(id, '?seconds=0'))).statusCode, 410);
});

// Seen to fail with: the last id read before the story is looked for, and `after` not added to where it leads.
test('readers of a story that another one stands for are led to it, and go on there whenever they come back', async (t) => {
  const [from, to] = [await live(), await live()];
  await make(from.id, 'old');
  await make(to.id, 'a');
  const reader = await follow(t, streamOf(from.id));
  const { version } = stateIn(await getDeskArticle(desk, from.id), 'en');
  const payload = { type: 'redirect', redirectTo: to.id };
  expectStatus(await desk('POST', `/v1/desk/articles/${from.id}/locales/en/withdraw`, { version, payload }), 200);
  await until('it ends', async () => reader.isOver());
  /** As EventSource does: to the address that it began with, and on from there with the same headers. */
  const comeBack = async (lastId: string) => {
    const options = { headers: { 'last-event-id': lastId } };
    const { headers } = expectStatus(await request('GET', streamOf(from.id, '?locale=en'), options), 301);
    const { pathname, search } = new URL(String(headers.location));
    return follow(t, pathname + search, { lastId });
  };
  const there = await comeBack(reader.lastId());
  await tells(there, 'a');
  there.close();
  await make(to.id, 'b');
  await tells(await comeBack(there.lastId()), 'b');
  const { headers } = expectStatus(
    await request('GET', `/v1/articles/${from.id}/entries?after=${there.lastId()}`),
    301,
  );
  const { pathname, search } = new URL(String(headers.location));
  const { data } = expectStatus(await request('GET', pathname + search), 200).json();
  t.same(
    data.map(({ title }: { title: string }) => title),
    ['b'],
    'and so is a list of what has changed',
  );
});

test('what is announced while the connection that hears of it is lost is told all the same', async (t) => {
  const { id } = await live();
  const reader = await follow(t, streamOf(id));
  const cut = async () => {
    const { rowCount } = await app.db.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dateline listening' and datname = current_database()",
    );
    return (rowCount ?? 0) > 0;
  };
  await until('it is cut', cut);
  await make(id, 'a');
  await tells(reader, 'a');
});

test('a node bears so many streams and no more; one that ends makes room', async (t) => {
  const small = await buildTestApp(t, { roles, databaseUrl, streams: 2 });
  const at = (await listen(small)).origin;
  const { id } = await live();
  const first = await follow(t, streamOf(id), { at });
  await follow(t, streamOf(id), { at });
  const refused = expectStatus(await small.request('GET', streamOf(id)), 503);
  t.equal(refused.json().code, 'service_unavailable');
  t.ok(refused.headers['retry-after']);
  first.close();
  await until('there is room', async () => (await small.app.inject(streamOf(id, '?seconds=0'))).statusCode === 200);
});

test('a server that stops ends its streams, and does not wait for them', async (t) => {
  const stopping = await buildTestApp(t, { roles, databaseUrl });
  const { id } = await live();
  const reader = await follow(t, streamOf(id), { at: (await listen(stopping)).origin });
  const began = Date.now();
  await stopping.app.close();
  t.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
  await until('it ends', async () => reader.isOver());
  t.same(reader.told(), [], 'without a word, so that the reader goes on elsewhere');
});

test('a reader that does not read is let go, and others are told as before', async (t) => {
  const { id } = await live();
  const reader = await follow(t, streamOf(id));
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  t.teardown(() => socket.destroy());
  socket.write(`GET ${streamOf(id)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const text = 'x'.repeat(300_000);
  // Buffers of the system hold some megabytes on the way.
  for (let n = 0; n < 16; n += 1) await make(id, `big ${n}`, { body: { text } });
  await until('the others have all of it', async () => reader.told().length === 16, 60_000);
  socket.resume();
  t.ok(await Promise.race([closed.then(() => true), sleep(10_000, false)]), 'its connection is closed');
  t.notOk(reader.isOver());
});

// Seen to fail with: begin() that waits for nobody.
test('a reader that keeps up is told all that there was before, however much it is', async (t) => {
  const { id } = await live();
  const { position } = (await request('GET', `/v1/articles/${id}/entries`)).json().meta;
  const titles = ['big', ...Array.from({ length: 60 }, (_, n) => String(n)), 'last'];
  for (const title of titles) await make(id, title, { body: { text: 'x'.repeat(title === 'big' ? 300_000 : 9_000) } });
  const reader = await follow(t, streamOf(id, `?after=${position}&seconds=0`));
  await until('it ends', async () => reader.isOver());
  t.same(reader.told(), titles);
});

test('what is no place in this story is refused, and what has no entries has no stream', async (t) => {
  const [{ id }, { id: elsewhere }] = [await live(), await live()];
  const { position } = (await request('GET', `/v1/articles/${elsewhere}/entries`)).json().meta;
  for (const search of [`?after=${position}`, '?after=AQAB', '?seconds=-1', '?seconds=3601', '?key=true'])
    t.equal((await request('GET', streamOf(id, search))).statusCode, 400, search);
  const wrong = await request('GET', streamOf(id), { headers: { 'last-event-id': position } });
  t.match(wrong.json(), { code: 'validation_failed', errors: [{ parameter: 'last-event-id' }] });
  t.equal((await request('GET', streamOf((await makePublished(desk)).id))).statusCode, 404);
  const head = expectStatus(await request('HEAD', streamOf(id)), 200);
  t.match(head.headers['content-type'], /^text\/event-stream/);
});

test('a stream that has nothing to tell says so each 15 seconds, so that no proxy cuts it', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const quiet = await buildTestApp(t, { roles, databaseUrl });
  const { id } = await live();
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const { body } = await fetch((await listen(quiet)).origin + streamOf(id), { signal: abort.signal });
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  const more = async (wanted: string) => {
    while (!text.endsWith(wanted)) text += decoder.decode((await reader.read()).value, { stream: true });
  };
  await more('\n\n');
  const begun = text;
  mock.timers.tick(14_999);
  await sleep(100);
  AbortSignal.timeout(5_000).addEventListener('abort', () => abort.abort());
  for (const [beats, passed] of [
    [':\n\n', 1],
    [':\n\n:\n\n', 15_000],
  ] as const) {
    mock.timers.tick(passed);
    await more(begun + beats);
    t.equal(text, begun + beats);
  }
});
