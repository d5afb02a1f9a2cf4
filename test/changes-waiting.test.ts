// Long polls of the change feed: answered when something is there, empty when the time is over, no more than a node bears, and none that a server which stops would wait for.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { settled } from './fixtures/following.ts';
import { recordStatements } from './fixtures/sent.ts';
import { listen } from './fixtures/socket.ts';
import { makeRegion } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const roles = { api: true, jobs: false };
const site = await buildTestApp(t, { roles });
const { app, request, desk, databaseUrl } = site;
await makeRegion(desk, { key: 'gulf' });
await makePublished(desk);
const { origin } = await listen(site);

interface Page {
  data: { articleId: string }[];
  meta: { next: string; more: boolean };
}
/** Where the log ends now. */
async function end(filters = ''): Promise<string> {
  await settled(app.db.pool);
  return (expectStatus(await request('GET', `/v1/changes?${filters}`), 200).json() as Page).meta.next;
}
const timed = async (path: string, at = origin) => {
  const began = performance.now();
  const response = await fetch(at + path);
  const body = (await response.json()) as Page & { code?: string };
  return { status: response.status, headers: response.headers, body, ms: performance.now() - began };
};

test('whoever waits is answered as soon as a change is committed, on any node', async (t) => {
  const other = await buildTestApp(t, { roles, databaseUrl });
  const there = (await listen(other)).origin;
  const next = await end();
  const waiting = [origin, there].map((at) => timed(`/v1/changes?since=${next}&wait=30`, at));
  await sleep(300);
  const began = performance.now();
  const { id } = await makePublished(desk);
  for (const { status, body } of await Promise.all(waiting)) {
    t.equal(status, 200);
    t.same(
      body.data.map(({ articleId }) => articleId),
      [id],
    );
    t.not(body.meta.next, next);
  }
  t.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
});

// Seen to fail without `request.flight?.land(null)` in changes/routes.ts: answered after 1, 2, 3, 4 and 5 seconds.
test('those who wait with the same token wait beside each other, and not one after the other', async (t) => {
  const path = `/v1/changes?since=${await end()}&wait=1`;
  const answers = await Promise.all(Array.from({ length: 5 }, () => timed(path)));
  for (const { status, body, ms } of answers) {
    t.same([status, body.data], [200, []]);
    t.ok(ms < 3_000, `${ms} ms`);
  }
});

test('it is answered empty when the time is over, with where to go on', async (t) => {
  const next = await end();
  const { body, ms } = await timed(`/v1/changes?since=${next}&wait=1`);
  t.same(body.data, []);
  t.equal(body.meta.more, false);
  t.ok(ms >= 950 && ms < 5_000, `${ms} ms`);
  const { id } = await makePublished(desk);
  await settled(app.db.pool);
  const later = (await timed(`/v1/changes?since=${body.meta.next}&wait=1`)).body;
  t.same(
    later.data.map(({ articleId }) => articleId),
    [id],
  );
});

test('what is there is told without waiting, and what does not match is waited past', async (t) => {
  const here = await end('regions=gulf');
  t.ok((await timed('/v1/changes?wait=30')).ms < 5_000);
  const waiting = timed(`/v1/changes?since=${here}&regions=gulf&wait=30`);
  await makePublished(desk);
  const { id } = await makePublished(desk, { region: 'gulf' });
  t.same(
    (await waiting).body.data.map(({ articleId }) => articleId),
    [id],
  );
});

test('more than the bound, or what is no number of seconds, is refused', async (t) => {
  for (const wait of ['31', '-1', '1.5', 'a', '', '1e9', '030', '1&wait=1']) {
    const answer = await request('GET', `/v1/changes?wait=${wait}`);
    t.match(answer.json(), { status: 400, code: 'validation_failed', errors: [{ parameter: 'wait' }] }, wait);
  }
});

test('a node lets so many wait; one more is told what there is, or else 503 and when to come back', async (t) => {
  const small = await buildTestApp(t, { roles, databaseUrl, streams: 2 });
  const at = (await listen(small)).origin;
  const next = await end();
  // Those who ask for the very same are one.
  const abort = new AbortController();
  const waiting = [1, 2].map((limit) =>
    fetch(`${at}/v1/changes?since=${next}&wait=30&limit=${limit}`, { signal: abort.signal }),
  );
  const refused = async () => timed(`/v1/changes?since=${next}&wait=30&limit=3`, at);
  await until('there is no room', async () => {
    const probe = await timed(`/v1/changes?since=${next}&wait=1&limit=4`, at);
    return probe.status === 503;
  });
  const { status, headers, body } = await refused();
  t.equal(status, 503);
  t.equal(body.code, 'service_unavailable');
  t.equal(headers.get('retry-after'), '5');
  t.equal((await timed(`/v1/changes?since=${next}`, at)).status, 200, 'who does not wait is answered');
  t.equal((await timed('/v1/changes?wait=30', at)).status, 200, 'and so is who has something to be told');
  t.equal((await fetch(`${at}/v1/changes/stream?seconds=0`)).status, 503, 'streams are among them');
  abort.abort();
  await Promise.allSettled(waiting);
  await until('who hung up makes room', async () => (await fetch(`${at}/v1/changes/stream?seconds=0`)).status === 200);
});

test('five hundred who wait cost a look at the log for all of them, and are all answered', async (t) => {
  const next = await end();
  const waiting = Array.from({ length: 500 }, (_, n) =>
    app.inject(`/v1/changes?since=${next}&wait=20&limit=${1 + (n % 100)}`),
  );
  await sleep(500);
  const sent = recordStatements(t);
  const { id } = await makePublished(desk);
  for (const answer of await Promise.all(waiting))
    if (answer.json().data[0]?.articleId !== id) t.fail(`${answer.statusCode} ${answer.body.slice(0, 200)}`);
  const looks = sent.filter((name) => name === 'changes_head').length;
  t.ok(looks > 0 && looks < 20, `${looks} looks at the end of the log`);
});

test('a server that stops answers those who wait, and does not wait itself', async (t) => {
  const stopping = await buildTestApp(t, { roles, databaseUrl });
  const at = (await listen(stopping)).origin;
  const next = await end();
  const waiting = timed(`/v1/changes?since=${next}&wait=30`, at);
  await sleep(300);
  const began = performance.now();
  await stopping.app.close();
  t.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
  const { status, body } = await waiting;
  t.equal(status, 200);
  t.same(body.data, []);
  t.equal(typeof body.meta.next, 'string', 'it goes on elsewhere');
});

test('a connection that is cut while it waits disturbs nobody', async (t) => {
  const next = await end();
  const { hostname, port } = new URL(origin);
  const path = `/v1/changes?since=${next}&wait=30`;
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await sleep(200);
  // It asks for the very same, and so shares the answer of the first.
  const second = timed(path);
  await sleep(200);
  socket.destroy();
  const { status, body } = await second;
  t.equal(status, 200);
  const { id } = await makePublished(desk);
  const { data } = (await timed(`/v1/changes?since=${body.meta.next}&wait=30`)).body;
  t.same(
    data.map(({ articleId }) => articleId),
    [id],
  );
});

// Answers differ by Accept, and say so, so that no cache takes one for the other (G56).
test('who asks the pages for a stream is sent to the stream, and caches are told that Accept decides', async (t) => {
  const asking = (accept: string) => request('GET', '/v1/changes', { headers: { accept } });
  for (const accept of ['text/event-stream', 'text/event-stream;q=0.9, text/html', 'TEXT/EVENT-STREAM']) {
    const refused = await asking(accept);
    t.match(refused.json(), { status: 406, code: 'not_acceptable', detail: /\/v1\/changes\/stream/ }, accept);
    t.match(refused.headers, { vary: 'Accept', 'cache-control': 'no-store' });
  }
  for (const accept of ['*/*', 'application/json', 'text/event-stream, */*;q=0.1', 'text/html', '']) {
    const answer = await asking(accept);
    t.equal(answer.statusCode, 200, accept);
    t.match(answer.headers['content-type'], /^application\/json/);
    t.equal(answer.headers.vary, 'Authorization, Accept-Encoding, Accept');
  }
  // Both at once, while one of them is answered.
  const [json, stream] = await Promise.all([asking('application/json'), asking('text/event-stream')]);
  t.same([json.statusCode, stream.statusCode], [200, 406]);
});
