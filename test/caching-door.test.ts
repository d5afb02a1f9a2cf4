// Answers at the door, before the framework sees a request: they are what the framework would have sent, through a real socket.
import { connect } from 'node:net';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { sendRaw } from './fixtures/raw.ts';
import { until } from './fixtures/scheduling.ts';
import { recordStatements } from './fixtures/sent.ts';
import { listen } from './fixtures/socket.ts';

const { app, desk, request, checkResponse } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { origin, fetch } = await listen({ app, checkResponse });
const text = 'Long enough to be worth a content coding. '.repeat(60);
const story = await makePublished(desk, {
  locales: { en: { title: 'First', slug: 'kept', body: { markdown: text } } },
});
const sent = recordStatements(t);
// Until this node hears of changes, nothing is kept.
await until('it is kept', async () => {
  sent.length = 0;
  expectStatus(await request('GET', '/v1/articles?limit=2'), 200);
  return sent.length === 0;
});

async function retitle(title: string): Promise<void> {
  const { version } = stateIn(await getDeskArticle(desk, story.id), 'en');
  const url = `/v1/desk/articles/${story.id}/locales/en`;
  expectStatus(await desk('PATCH', url, { version, payload: { title } }), 200);
  await publishArticle(desk, story);
}

test('what is answered before the framework sees it comes with the same bytes and headers', async (t) => {
  for (const [path, statements] of [
    [`/v1/articles/${story.id}`, 1],
    // Its names were asked for before (naming.test.ts).
    ['/v1/articles?limit=1', 1],
  ] as const) {
    for (const coding of ['identity', 'br']) {
      const headers = { 'accept-encoding': coding };
      await retitle(`For ${coding}`);
      const seen = [];
      const ids = new Set<string | undefined>();
      for (const time of ['asked of the database', 'kept', 'at the door', 'at the door again']) {
        sent.length = 0;
        const answer = await sendRaw(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${coding}\r\n\r\n`);
        t.equal(sent.length, time === 'asked of the database' ? statements : 0, time);
        const { date: _, 'x-request-id': id, ...rest } = answer.headers;
        ids.add(id);
        seen.push(JSON.stringify([answer.statusCode, Object.entries(rest).sort(), answer.body]));
        // The framework sends it before all others.
        const names = Object.keys(answer.headers);
        const isAtDoor = names.indexOf('x-request-id') > names.indexOf('content-length');
        t.equal(isAtDoor, time.startsWith('at the door'), time);
      }
      t.same([...new Set(seen)], seen.slice(0, 1));
      t.equal(ids.size, 4, 'each with an id of its own');
      const etag = String((await fetch(path, { headers })).headers.get('etag'));
      t.equal((await fetch(path, { headers: { ...headers, 'if-none-match': etag } })).status, 304);
      t.equal((await fetch(path, { method: 'HEAD', headers })).text, '');
      t.equal((await fetch(path, { headers: { ...headers, authorization: 'Bearer wrong' } })).status, 401);
    }
  }
});

// Seen to fail without staysOpen() in caching/door.ts: who asks for an end of the connection gets none.
test('what is asked for at once on one connection is answered in order, and the connection closed when that is asked for', async (t) => {
  const paths = ['/v1/articles?limit=3', `/v1/articles/${story.id}`, '/v1/articles?limit=4'];
  const bodies = [];
  for (const path of paths) bodies.push((await sendRaw(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)).body);
  const { hostname, port } = new URL(origin);
  for (const [version, connection, isLast] of [
    ['1.1', 'keep-alive', false],
    ['1.1', 'close', true],
    ['1.0', 'keep-alive', false],
  ] as const) {
    const socket = connect(Number(port), hostname);
    t.teardown(() => socket.destroy());
    const asked = paths.map((path, at) => {
      const name = at === 2 ? `${version}\r\nConnection: ${connection}` : '1.1';
      return `GET ${path} HTTP/${name}\r\nHost: x\r\n\r\n`;
    });
    socket.write(asked.join(''));
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      text += chunk;
      if (!isLast && text.endsWith(bodies[2] ?? '')) break;
    }
    const answers = text.split('HTTP/1.1 200 OK\r\n').slice(1);
    t.same(
      answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4)),
      bodies,
      `${version} ${connection}`,
    );
    t.equal(/^connection: close\r$/im.test(answers[2] ?? ''), isLast);
  }
});
