// A node that stops finishes what it has begun, with the requests that are answered within it, and says so to who waits for the answer.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { withGate } from './fixtures/gates.ts';
import { type RawAnswer, sendRaw } from './fixtures/raw.ts';
import { listen } from './fixtures/socket.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

/** @returns the answer to a request that waits for a lock when the node begins to stop, and what is there in the end */
async function stopAmid(t: Test, lock: string, path: string, body: (id: string) => object, headers: object = {}) {
  const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { id } = await makeArticle(site.desk);
  const { fetch } = await listen(site);
  return withGate(site.databaseUrl, lock, async ({ waiters, open }) => {
    const asking = fetch(path.replace('{id}', id), {
      method: 'POST',
      headers: { authorization: `Bearer ${site.keys.admin}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body(id)),
    });
    await until('it is under way', async () => (await waiters()) === 1);
    const stopping = site.app.close();
    await until('the node takes nobody in any more', async () => !site.app.server.listening);
    await open();
    const { status, text } = await asking;
    await stopping;
    const comments = await withClient(site.databaseUrl, async (client) => {
      const { rows } = await client.query('select text from comments order by id');
      return rows.map((row) => row.text);
    });
    return { status, answer: JSON.parse(text), comments };
  });
}

const NOTES = Array.from({ length: 20 }, (_, n) => `note ${n}`);

// All three seen to fail without `!isInner(request.raw)` in plugins/problems.ts.
for (const mode of ['each', 'atomic'] as const) {
  test(`a bulk (${mode}) that is under way when the node stops is carried out to its end`, async (t) => {
    const operations = (id: string) =>
      NOTES.map((text) => ({ method: 'POST', path: `/v1/desk/articles/${id}/comments`, body: { text } }));
    // Its first comment waits; all others come when the node is stopping.
    const { status, answer, comments } = await stopAmid(
      t,
      'lock table comments in share mode',
      '/v1/desk/bulk',
      (id) => ({ mode, operations: operations(id) }),
    );
    t.equal(status, 200);
    t.same(answer.meta, { mode, done: NOTES.length, refused: 0 });
    t.same(comments, NOTES);
  });
}

test('a request with an Idempotency-Key that is under way when the node stops is done', async (t) => {
  // Before it is known whether the key was used, nothing has been asked within it.
  const { status, answer, comments } = await stopAmid(
    t,
    'lock table idempotency_keys in access exclusive mode',
    '/v1/desk/articles/{id}/comments',
    () => ({ text: 'Kept to the end.' }),
    { 'idempotency-key': 'last-words' },
  );
  t.equal(status, 201, JSON.stringify(answer));
  t.same(comments, ['Kept to the end.']);
});

// Seen to fail without isClosing in plugins/door.ts: 200 and 204, on a connection that promised to stay.
test('what is asked of a node that stops is refused, also where it would be answered before the framework sees it', async (t) => {
  const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { id } = await makePublished(site.desk);
  const { origin } = await listen(site);
  const { hostname, port } = new URL(origin);
  const asked = [
    `GET /v1/articles/${id} HTTP/1.1\r\nHost: x\r\n`,
    `POST /v1/articles/${id}/views?locale=en HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nUser-Agent: Mozilla/5.0 Firefox/140.0\r\n`,
    // By which whoever sends it requests is told to send none.
    'GET /health/ready HTTP/1.1\r\nHost: x\r\n',
    'GET /health/live HTTP/1.1\r\nHost: x\r\n',
  ];
  for (const head of asked) {
    for (let time = 0; time < 3; time += 1) t.match((await sendRaw(origin, `${head}\r\n`)).statusCode, /^20[04]$/);
  }
  const before = expectStatus(await site.request('GET', `/v1/articles/${id}/views`), 200).json().data.total;
  const accepted: Socket[] = [];
  site.app.server.on('connection', (socket) => accepted.push(socket));
  const sockets = asked.map(() => connect(Number(port), hostname).setEncoding('latin1'));
  for (const [at, socket] of sockets.entries()) {
    await once(socket, 'connect');
    socket.write(asked[at] ?? '');
  }
  const begun = async () => accepted.filter(({ bytesRead }) => bytesRead > 0).length === asked.length;
  await until('all requests have begun', begun);
  const stopping = site.app.close();
  await until('the node takes nobody in any more', async () => !site.app.server.listening);
  for (const [at, socket] of sockets.entries()) {
    let text = '';
    socket.write('\r\n');
    for await (const chunk of socket) text += chunk;
    const isLive = asked[at]?.includes('/health/live');
    t.match(text, isLive ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 503 /);
    t.match(text, /^connection: close\r$/im);
    t.match(text, isLive ? /"ok"/ : /This node is stopping/);
  }
  await stopping;
  const { rows } = await withClient(site.databaseUrl, (client) =>
    client.query('select sum(views)::int as n from view_counts'),
  );
  t.equal(rows[0]?.n, before);
});

// Seen to fail without sendLast() in views/door.ts: the answer promised to stay, and the node waited 73 s for the connection to end.
test('a view that waits for its commit when the node stops is counted, and its answer is the last of its connection', async (t) => {
  const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { id } = await makePublished(site.desk);
  const { origin } = await listen(site);
  const view = (browser: number) =>
    `POST /v1/articles/${id}/views HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nUser-Agent: Mozilla/5.0 Firefox/${browser}.0\r\n\r\n`;
  const rest = ({
    headers: { date: _, 'x-request-id': __, connection: ___, 'keep-alive': ____, ...others },
  }: RawAnswer) => Object.entries(others).sort();
  // The first of them by the framework.
  for (const browser of [140, 141]) t.equal((await sendRaw(origin, view(browser))).statusCode, 204);
  const usual = rest(await sendRaw(origin, view(142)));
  await withGate(site.databaseUrl, 'lock table view_visitors in share mode', async ({ waiters, open }) => {
    const asking = sendRaw(origin, view(143));
    await until('it waits for its commit', async () => (await waiters()) === 1);
    const stopping = site.app.close();
    await until('the node takes nobody in any more', async () => !site.app.server.listening);
    await open();
    const answer = await asking;
    t.same([answer.statusCode, answer.headers.connection, rest(answer)], [204, 'close', usual]);
    await stopping;
  });
  const { rows } = await withClient(site.databaseUrl, (client) =>
    client.query('select sum(views)::int as n from view_counts'),
  );
  t.equal(rows[0]?.n, 4);
});
