// Bytes that are no HTTP behind a request that is: its answer is the one that it would have had, and nothing is written into it.
import { connect, type Socket } from 'node:net';
import t, { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { entriesIn } from './fixtures/entries.ts';
import { listen } from './fixtures/socket.ts';
import { until } from './fixtures/until.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { request, keys } = site;
const { live, make } = entriesIn(site);
const { origin } = await listen(site);
const GARBAGE = 'GARBAGE\r\n\r\n';

/** A connection, and all that came through it. */
function open(t: Test): { socket: Socket; received(): string; isOver(): boolean } {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return { socket, received: () => text, isOver: () => socket.closed };
}
const statuses = (text: string) => text.match(/HTTP\/1\.1 \d+/g);

test('a write that was done is told so, once, and the connection ends', async (t) => {
  const body = JSON.stringify({ key: 'bay', texts: { en: { name: 'Bay', slug: 'bay' } } });
  const { socket, received, isOver } = open(t);
  const head = `POST /v1/desk/regions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keys.admin}`;
  socket.write(`${head}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}${GARBAGE}`);
  await until('it ends', async () => isOver());
  t.same(statuses(received()), ['HTTP/1.1 201']);
  t.match(received(), '"bay"');
  t.equal((await request('GET', '/v1/regions/bay')).statusCode, 200);
});

test('a write whose body is cut short by it is refused', async (t) => {
  const { socket, received, isOver } = open(t);
  const head = `POST /v1/desk/regions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keys.admin}`;
  socket.write(`${head}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n${GARBAGE}`);
  await until('it ends', async () => isOver());
  t.same(statuses(received()), ['HTTP/1.1 400']);
});

test('a stream of events goes on, and nothing else is written into it', async (t) => {
  const { id } = await live();
  const { socket, received } = open(t);
  socket.write(`GET /v1/articles/${id}/entries/stream HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until('it is ready', async () => received().includes('event: ready'));
  socket.write(GARBAGE);
  for (const title of ['First', 'Second']) {
    await make(id, { title });
    await until('it is told', async () => received().includes(`"${title}"`) || received().includes('HTTP/1.1 400'));
  }
  t.same(statuses(received()), ['HTTP/1.1 200']);
});
