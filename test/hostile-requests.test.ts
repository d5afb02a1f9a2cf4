// Requests that no decent client sends, through real sockets: odd addresses, headers, lengths. Each is answered, none is believed.
import tap, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { makePublished } from './fixtures/factories.ts';
import { isAtDoor, type RawAnswer, sendRaw } from './fixtures/raw.ts';
import { problemOf, wrongRefusal } from './fixtures/refusals.ts';
import { listen } from './fixtures/socket.ts';
import { cpuOf } from './fixtures/timing.ts';
import { until } from './fixtures/until.ts';

const site = await buildTestApp(tap, { roles: { api: true, jobs: false } });
const { request, desk, keys, baseUrl } = site;
const { origin } = await listen(site);
const story = await makePublished(desk, { locales: { en: { slug: 'harbour' } } });
const raw = (head: string, body = ''): Promise<RawAnswer> => sendRaw(origin, `${head}\r\n\r\n${body}`);
const get = (target: string, headers = 'Host: x', method = 'GET') =>
  raw(`${method} ${target} HTTP/1.1\r\n${headers}\r\nConnection: close`);

// Seen to fail with: ignoreTrailingSlash, ignoreDuplicateSlashes and caseSensitive: false in app.ts.
test('an address that is not spelled like an operation leads nowhere, with or without a key (G25, G26)', async (t) => {
  const odd = [
    '/V1/site',
    '/v1/Site',
    '/v1/site/',
    '//v1/site',
    '/v1//site',
    '/v1/./site',
    '/v1/x/../site',
    '/v1/%73ite%2f',
    '/v1/site%00',
    '/v1/site;x',
    '/v1/site.json',
    '/v1/site%20',
    '/v1%2Fsite',
    '/v1/desk%2Fsite',
    '/V1/desk/site',
    '/v1/DESK/site',
    '/v1/desk//site',
    '/v1/desk/site/',
    '/v1//desk/site',
    '/v1/articles/..%2fdesk%2fsite',
    '/v1/articles/..%5cdesk',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/.env',
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/v1/articles/by-slug/en/..%2f..%2f..%2fdesk%2fsite',
    '/v1/sites',
    '/v2/site',
    '/',
  ];
  for (const target of odd) {
    for (const authorization of ['', `\r\nAuthorization: Bearer ${keys.admin}`]) {
      const answer = await get(target, `Host: x${authorization}`);
      t.same(wrongRefusal(answer, [400, 404]), [], target);
    }
  }
});

// Seen to fail without `joinDuplicateHeaders` in app.ts: the first of them counted, and the second was dropped without a word.
test('a header that may stand once and stands twice is believed in neither form', async (t) => {
  const key = `Authorization: Bearer ${keys.admin}`;
  for (const target of ['/v1/site', '/v1/desk/site']) {
    t.equal((await get(target, `Host: x\r\n${key}`)).statusCode, 200);
    for (const other of ['Authorization: Bearer x', 'authorization: Basic eDp5', key])
      t.same(wrongRefusal(await get(target, `Host: x\r\n${key}\r\n${other}`), [401]), [], `${target} ${other}`);
  }
  const json = 'Content-Type: application/json';
  const post = (types: string) =>
    raw(`POST /v1/desk/tags HTTP/1.1\r\nHost: x\r\n${key}\r\n${types}\r\nContent-Length: 2\r\nConnection: close`, '{}');
  t.equal((await post(json)).statusCode, 400, 'a tag without a key');
  t.same(wrongRefusal(await post(`${json}\r\nContent-Type: text/plain`), [415]), []);
});

// Seen to fail without `rewriteUrl` in app.ts: 500, since the configured base URL and the given one were joined.
test('the absolute form of an address is taken, and its host is not believed (G56, G60)', async (t) => {
  for (const target of [
    'http://evil.example/v1/site',
    'HTTPS://evil.example:99/v1/site',
    'http://user:pw@evil.example/v1/site',
    '/v1/site#http://evil.example',
  ]) {
    const answer = await get(
      target,
      'Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: ftp\r\nX-Original-URL: /evil.example\r\nForwarded: host=evil.example',
    );
    t.equal(answer.statusCode, 200, target);
    t.notMatch(JSON.stringify(answer), 'evil.example');
    t.equal(
      JSON.parse(answer.body.slice(answer.body.indexOf('{'), answer.body.lastIndexOf('}') + 1)).links.self,
      `${baseUrl}/v1/site`,
    );
  }
  for (const target of [
    'v1/site',
    'ftp://x/v1/site',
    'http://',
    '?x',
    '*',
    'javascript:alert(1)',
    '////',
    'http:///v1/site',
  ]) {
    t.same(wrongRefusal(await get(target), [target === '*' ? 405 : target === '////' ? 404 : 400]), [], target);
  }
});

test('an address that is too long, or headers that are too large, are 431', async (t) => {
  const huge = 'a'.repeat(100_000);
  t.same(wrongRefusal(await get(`/v1/articles?tag=${huge}`), [414, 431]), []);
  t.same(wrongRefusal(await get('/v1/site', `Host: x\r\nX-Huge: ${huge}`), [431]), []);
  t.same(
    wrongRefusal(
      await get('/v1/site', `Host: x\r\n${Array.from({ length: 5_000 }, (_, at) => `A${at}: b`).join('\r\n')}`),
      [431],
    ),
    [],
  );
  t.same(wrongRefusal(await request('GET', `/v1/articles/by-slug/en/${'a'.repeat(1_100)}`), [414]), []);
  t.equal((await request('GET', '/v1/site')).statusCode, 200);
});

// Seen to be a 201, and a 204 of a view.
test('a body in a transfer coding that is not understood is a 501, and in two framings a 400 (RFC 9112 section 6.1)', async (t) => {
  const body = '{"key":"lamps","type":"topic","texts":{"en":{"name":"Lamps"}}}';
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const send = (framing: string, target: string) =>
    raw(
      `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${keys.admin}\r\nContent-Type: application/json\r\n${framing}`,
      chunks,
    );
  for (const target of ['/v1/desk/tags', `/v1/articles/${story.id}/views`, '/v1/nowhere']) {
    for (const framing of ['gzip, chunked', 'identity, chunked', 'gzip\r\nTransfer-Encoding: chunked'])
      t.same(wrongRefusal(await send(`Transfer-Encoding: ${framing}`, target), [501]), [], `${framing} ${target}`);
    for (const framing of ['chunked, identity', 'identity', 'chunked, chunked', 'chunked\r\nContent-Length: 70'])
      t.same(wrongRefusal(await send(`Transfer-Encoding: ${framing}`, target), [400]), [], `${framing} ${target}`);
  }
  t.equal((await request('GET', '/v1/tags/lamps')).statusCode, 404);
  t.equal((await send('Transfer-Encoding: Chunked', '/v1/desk/tags')).statusCode, 201);
});

// Seen to fail without `requireHostHeader: false` in app.ts: an empty 400 of Node's.
test('what is not HTTP is a problem document, too, and the connection ends', async (t) => {
  const wrong = [
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'GET\r\n\r\n',
    'FOO /v1/site HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/site HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET /v1/site HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n',
    'GET /v1/site HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n',
    'POST /v1/desk/tags HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /v1/desk/tags HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /v1/desk/tags HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'GET /v1/site HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n',
    'GET /v1/ site HTTP/1.1\r\nHost: x\r\n\r\n',
  ];
  for (const bytes of wrong) {
    const answer = await sendRaw(origin, Buffer.from(bytes, 'latin1'));
    t.same(wrongRefusal(answer, [400, 505]), [], JSON.stringify(bytes));
    t.equal(answer.headers.connection, 'close');
    t.match(answer.headers.date, / GMT$/, 'a 4xx has a date (RFC 9110 section 6.6.1)');
  }
  const lower = await sendRaw(origin, 'patch /v1/desk/site HTTP/1.1\r\nHost: x\r\n\r\n');
  t.match(JSON.parse(lower.body).detail, /case/, 'fetch() leaves "patch" as it is');
  t.same(
    wrongRefusal(await raw('GET /v1/site HTTP/1.1\r\nConnection: close'), [400]),
    [],
    'no Host (RFC 9112 section 3.2)',
  );
});

// Seen to fail without faultOfHost() in plugins/problems.ts, and without it in heads.ts, by which what is kept is answered: 200 each time.
test('a Host that came twice, or is none, is told so, also where the answer is at hand (RFC 9112 section 3.2)', async (t) => {
  const none = 'a b|a, b|a/b|user@x|http://x|x:80:80|x:port|:80|[::1|[]|x%2|x?|x\t.y|<x>|"x"|\u0565.am'.split('|');
  const wrong = ['', 'Host:', 'Host: x\r\nHost: x', 'Host: x\r\nAccept: */*\r\nhOST: evil.example'];
  wrong.push(...none.map((name) => `Host: ${name}`));
  const known = 'x|localhost:3000|X.Example.:80|127.0.0.1:|[::1]:3000|[v1.a:b]|a_b,c|x%2f|xn--y9a3aq'.split('|');
  // One that ends is answered by the framework, whatever is at hand.
  for (const connection of ['close', 'keep-alive']) {
    const ask = (host: string) =>
      sendRaw(origin, `GET /v1/site HTTP/1.1\r\n${host}${host && '\r\n'}Connection: ${connection}\r\n\r\n`);
    const isAtHand = connection === 'keep-alive';
    if (isAtHand) await until('it is at hand', async () => isAtDoor(await ask('Host: x')));
    for (const host of known) {
      const answer = await ask(`Host: ${host}`);
      t.same([answer.statusCode, isAtDoor(answer)], [200, isAtHand], `${host}, ${connection}`);
    }
    for (const host of wrong)
      t.same(wrongRefusal(await ask(host), [400]), [], `${JSON.stringify(host)}, ${connection}`);
  }
  const old = async (lines: string) => (await sendRaw(origin, `GET /v1/site HTTP/1.0\r\n${lines}\r\n`)).statusCode;
  t.equal(await old(''), 200, 'HTTP/1.0 knows no Host');
  t.equal(await old('Host: x\r\nHost: y\r\n'), 400, 'and has no two either');
});

// Seen to fail with: `requestIdHeader: 'x-request-id'` in app.ts.
test('line breaks in a value never reach a header of the answer (G49)', async (t) => {
  const breaks = [
    '%0d%0aX-Evil:%201',
    '%0aX-Evil:1',
    '%E5%98%8A%E5%98%8DX-Evil:1',
    '%C4%8AX-Evil:1',
    'a%E2%80%A8X-Evil:1',
    '\\r\\nX-Evil:1',
  ];
  for (const value of breaks) {
    for (const target of [
      `/v1/articles?limit=1&tag=${value}`,
      `/v1/articles/by-slug/en/${value}`,
      `/v1/articles/by-slug/en/harbour?x=${value}`,
      `/v1/regions/by-slug/en/${value}`,
      `/v1/articles?cursor=${value}`,
      `/${value}`,
    ]) {
      const answer = await get(target, `Host: x\r\nOrigin: https://x${value}\r\nX-Request-Id: ${value}`);
      t.ok([400, 404].includes(answer.statusCode), `${target}: ${answer.statusCode}`);
      t.equal(answer.headers['x-evil'], undefined);
      t.notMatch(answer.headers['x-request-id'], 'Evil', 'the id of a request is ours');
    }
  }
});

// Seen to fail without `.slice(0, MOST_ERRORS)` in validation.ts.
test('a flood of parameters costs no more than any request (G39, G41)', async (t) => {
  const floods = [
    Array.from({ length: 3_000 }, (_, at) => `p${at}=1`).join('&'),
    'ids=&'.repeat(3_000),
    `ids=${'a,'.repeat(7_000)}`,
    'a[]='.repeat(3_500),
    `a[length]=100000000&${'a[__proto__][x]=1&'.repeat(500)}`,
    '&'.repeat(15_000),
    '='.repeat(15_000),
    '%2525'.repeat(3_000),
    `ids=${Array(400).fill(story.id).join()}`,
  ];
  for (const query of floods) {
    const [answer, took] = await cpuOf(() => get(`/v1/articles?${query.slice(0, 15_500)}`));
    // Blanks between ampersands are no parameters at all.
    if (answer.statusCode !== 200) t.same(wrongRefusal(answer, [400]), [], query.slice(0, 40));
    // Its sender decides how many mistakes it has, and we how many are told (CVE-2020-8192).
    t.ok((problemOf(answer.body).errors?.length ?? 0) <= 20, query.slice(0, 40));
    t.ok(took < 300, `${query.slice(0, 40)} took ${took} ms`);
  }
});

// Seen to fail without each of SECURITY_HEADERS in plugins/conventions.ts, and without the half of its policy that forbids frames.
test('no answer is run, framed or taken for another type by a browser, nor tells where its reader goes, whoever gives it', async (t) => {
  const safe = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  const told = ({ headers }: RawAnswer) => Object.fromEntries(Object.keys(safe).map((name) => [name, headers[name]]));
  for (const target of [
    ...['/health/live', '/v1/feeds/rss', '/v1/nowhere', '/v1/articles/x', '/v1/desk/site', '/v1/oembed?url=x'],
    `/v1/articles/${story.id}`,
  ]) {
    const answer = await get(target, 'Host: x\r\nOrigin: https://evil.example');
    t.same(told(answer), safe, `${target} ${answer.statusCode}`);
  }
  await until('it is at hand', async () => {
    const answer = await raw(`GET /v1/articles/${story.id} HTTP/1.1\r\nHost: x`);
    t.same(told(answer), safe);
    return isAtDoor(answer);
  });
});
