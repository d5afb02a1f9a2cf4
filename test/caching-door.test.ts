// Answers at the door, before the framework sees a request: they are what the framework would have sent, through a real socket.
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { isAtDoor, sendRaw } from './fixtures/raw.ts';
import { recordStatements } from './fixtures/sent.ts';
import { listen } from './fixtures/socket.ts';
import { until } from './fixtures/until.ts';

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
        t.equal(isAtDoor(answer), time.startsWith('at the door'), time);
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

// Seen to fail before 304 was answered at the door, by where it came from alone.
test('who has it already is told so at the door, as by the framework, and gets what has changed', async (t) => {
  const path = `/v1/articles/${story.id}`;
  const ask = async (coding: string, ...conditions: string[]) => {
    const lines = [`GET ${path} HTTP/1.1`, 'Host: x', `Accept-Encoding: ${coding}`, ...conditions];
    const { headers, ...answer } = await sendRaw(origin, `${lines.join('\r\n')}\r\n\r\n`);
    const { date: _, 'x-request-id': __, ...rest } = headers;
    return { ...answer, headers: rest, isAtDoor: isAtDoor({ headers }) };
  };
  for (const coding of ['identity', 'gzip']) {
    await retitle(`Asked for by condition as ${coding}`);
    const first = await ask(coding);
    const { etag, 'last-modified': time } = first.headers;
    const had = [`If-None-Match: "another", W/${etag}`, `If-Modified-Since: ${time}`, 'If-None-Match: *'];
    const byFramework = await ask(coding, `If-None-Match: ${etag}`);
    t.same([byFramework.statusCode, byFramework.body, byFramework.isAtDoor], [304, '', false]);
    for (const condition of had) {
      t.same(await ask(coding, condition), { ...byFramework, isAtDoor: true }, `${coding}, ${condition}`);
      t.same(await ask(coding, condition, 'Cache-Control: no-cache'), { ...byFramework, isAtDoor: true });
    }
    await ask(coding);
    for (const condition of [
      `If-None-Match: "${etag}"`,
      `If-None-Match: "none"\r\nIf-Modified-Since: ${time}`,
      'If-Modified-Since: Thu, 01 Jan 2015 00:00:00 GMT',
      'If-Modified-Since: 2100',
    ])
      t.same(await ask(coding, condition), { ...first, isAtDoor: true }, `${coding}, ${condition}`);
    await retitle(`Asked for once more as ${coding}`);
    const changed = await ask(coding, `If-None-Match: ${etag}`);
    t.equal(changed.statusCode, 200);
    t.not(changed.headers.etag, etag);
  }
});

// Seen to fail by negotiate() of @fastify/accept-negotiator, as it was used before: br for "br;q=0, *", and nothing for "GZIP".
test('bytes come at the door as by the framework: coded as the client takes them, by its weights', async (t) => {
  const path = `/v1/articles/${story.id}`;
  const ask = async (accepted: string) => {
    const answer = await sendRaw(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${accepted}\r\n\r\n`);
    const bytes = Buffer.from(answer.body, 'latin1');
    return { coding: answer.headers['content-encoding'], bytes, isAtDoor: isAtDoor(answer) };
  };
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync, none: (bytes: Buffer) => bytes };
  for (const [accepted, coding] of [
    ['br;q=0, *', 'gzip'],
    ['*;q=0.5, br;q=0', 'gzip'],
    ['identity;q=1, gzip;q=0.5', undefined],
    ['GZIP', 'gzip'],
    ['gzip;Q=0.5', 'gzip'],
    ['gzip;q=0.5, br', 'br'],
    ['br;q=0, gzip;q=0', undefined],
    ['identity;q=0', undefined],
  ] as const) {
    await retitle(`For ${accepted}`);
    const body = (await app.inject(path)).body;
    const ways = [];
    for (let time = 0; time < 3; time += 1) {
      const answer = await ask(accepted);
      t.equal(answer.coding, coding, accepted);
      t.equal(decoders[coding ?? 'none'](answer.bytes).toString(), body, accepted);
      ways.push(answer.isAtDoor);
    }
    t.same([ways[0], ways[2]], [false, true], `${accepted}: first by the framework, then at the door`);
  }
});

// Seen to fail without the method in caching/door.ts, and without content-encoding in heads.ts: each was a 200 with the story, and no preflight one.
test('at an address whose answer is at hand, any other method and a body that is coded are what they are elsewhere', async (t) => {
  const path = `/v1/articles/${story.id}`;
  const ask = (method: string, lines = '') => sendRaw(origin, `${method} ${path} HTTP/1.1\r\nHost: x${lines}\r\n\r\n`);
  await until('it is at hand', async () => isAtDoor(await ask('GET')));
  for (const method of ['DELETE', 'POST', 'PUT', 'PATCH']) {
    const { statusCode, headers } = await ask(method);
    t.same([statusCode, headers.allow], [405, 'GET, HEAD, OPTIONS'], method);
  }
  const preflight = await ask('OPTIONS', '\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET');
  t.match(preflight, { statusCode: 204, headers: { 'access-control-allow-methods': /GET/ } });
  t.equal((await ask('GET', '\r\nContent-Encoding: gzip')).statusCode, 415);
  t.ok(isAtDoor(await ask('GET')), 'it is still at hand');
});

// Seen to fail with the date of the first answer on all of them, by which caches would take them for older and older.
test('what is at hand comes with the date of the moment', async (t) => {
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  const ask = () => sendRaw(origin, `GET /v1/articles/${story.id} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until('it is at hand', async () => isAtDoor(await ask()));
  for (const later of [0, 60_000]) {
    Date.now = () => now() + later;
    const answer = await ask();
    t.ok(isAtDoor(answer));
    const date = Date.parse(String(answer.headers.date));
    t.ok(Math.abs(date - Date.now()) < 5_000, `${later} ms later`);
  }
});

// Seen to fail without staysOpen() in heads.ts: who asks for an end of the connection gets none.
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

// Seen to fail without shouldKeepAlive in heads.ts: what is kept promised to stay, and the connection stayed.
test('who ends a connection by the old header Proxy-Connection is told so, whoever answers', async (t) => {
  const path = '/v1/articles?limit=8';
  for (let time = 0; time < 3; time += 1) await sendRaw(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const { hostname, port } = new URL(origin);
  for (const target of [path, `/v1/articles/${story.id}`, '/health/live']) {
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nProxy-Connection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) {
      text += chunk;
      // One that promises to stay would be waited for.
      if (/^connection: keep-alive\r$/im.test(text)) break;
    }
    t.match(text, /^HTTP\/1\.1 200 OK\r$/m, target);
    t.match(text, /^connection: close\r$/im, target);
  }
  const after = await sendRaw(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  t.same([after.headers.connection, isAtDoor(after)], ['keep-alive', true], 'others go on');
});

// Seen to fail with answers that change by themselves left to the framework, and with heads that are kept for longer than their second.
test('what changes by itself comes at the door as well, and tells each second how long it will stay', async (t) => {
  await retitle('For feeds');
  const secondsOf = (cacheControl: unknown) => Number(/stale-while-revalidate=(\d+)/.exec(String(cacheControl))?.[1]);
  const told: { atDoor: boolean; seconds: number }[] = [];
  await until('three seconds were told at the door', async () => {
    const { headers } = await sendRaw(origin, 'GET /v1/feeds/json?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n');
    told.push({ atDoor: isAtDoor({ headers }), seconds: secondsOf(headers['cache-control']) });
    return new Set(told.filter(({ atDoor, seconds }) => atDoor && seconds > 0).map(({ seconds }) => seconds)).size > 2;
  });
  const timed = told.filter(({ seconds }) => seconds > 0).map(({ seconds }) => seconds);
  t.same(
    timed,
    timed.toSorted((a, b) => b - a),
    'less and less',
  );
  const first = told.findIndex(({ atDoor }, at) => at > 0 && atDoor && told[at - 1]?.atDoor === false);
  t.equal(told[first]?.seconds, told[first - 1]?.seconds, 'as the framework has just told');
});
