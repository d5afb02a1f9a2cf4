// What an address does with each method, through real sockets: those that it takes, those that it does not, HEAD, OPTIONS and preflights.
import tap, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { makePublished } from './fixtures/factories.ts';
import { findOperation, listOperations, type OpenApiDocument } from './fixtures/operations.ts';
import { type RawAnswer, sendRaw } from './fixtures/raw.ts';
import { wrongRefusal } from './fixtures/refusals.ts';
import { listen } from './fixtures/socket.ts';

const site = await buildTestApp(tap, { roles: { api: true, jobs: false } });
const { app, desk, keys } = site;
const { origin } = await listen(site);
const story = await makePublished(desk, { locales: { en: { slug: 'harbour' } } });
const raw = (head: string, body = ''): Promise<RawAnswer> => sendRaw(origin, `${head}\r\n\r\n${body}`);
const get = (target: string, headers = 'Host: x', method = 'GET') =>
  raw(`${method} ${target} HTTP/1.1\r\n${headers}\r\nConnection: close`);

// Seen to fail with: `allow !== 'x'` for `allow === ''` in plugins/methods.ts.
test('a method that an address does not know is 405 with Allow, for every operation', async (t) => {
  const document = app.swagger() as unknown as OpenApiDocument;
  const operations = listOperations(document).map(({ name }) => name.split(' ') as [string, string]);
  const paths = [...new Set(operations.map(([, path]) => path))];
  for (const path of paths) {
    const known = operations.filter(([, at]) => at === path).map(([method]) => method);
    const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !known.includes(one))) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      // Where a fixed segment stands for another path's parameter, that path knows the method.
      if (findOperation(document, method, url)) continue;
      const answer = await app.inject({ method: method as 'GET', url });
      // A fixed segment may stand where another path has a parameter: that one's methods are allowed, too.
      t.same(wrongRefusal(answer, [405]), [], `${method} ${path}`);
      const allowed = String(answer.headers.allow).split(', ');
      t.ok(
        allow.split(', ').every((one) => allowed.includes(one)) && !allowed.includes(method),
        `${method} ${path}: ${allowed}`,
      );
    }
  }
  for (const method of ['TRACE', 'PROPFIND', 'LOCK'])
    t.same(wrongRefusal(await get('/v1/site', 'Host: x', method), [404, 405]), [], method);
});

// Seen to fail without addHttpMethod() in plugins/methods.ts: a QUERY whose body has no Content-Type was 400 (RFC 9110 section 15.5.6).
test('a method with a body that no address knows is refused for itself, whatever it is sent with', async (t) => {
  for (const method of ['QUERY', 'PROPFIND'])
    for (const type of ['', '\r\nContent-Type: application/json', '\r\nContent-Type: text/csv']) {
      const head = (target: string) =>
        `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2${type}`;
      const answer = await raw(head('/v1/site'), '{}');
      t.same(wrongRefusal(answer, [405]), [], method + type);
      t.equal(answer.headers.allow, 'GET, HEAD, OPTIONS');
      t.same(wrongRefusal(await raw(head('/v1/nowhere'), '{}'), [404]), [], method + type);
    }
});

test('headers that name another method or address are not heard', async (t) => {
  const override =
    'Host: x\r\nX-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\nX-Method-Override: DELETE\r\nX-Rewrite-URL: /v1/desk/site\r\nX-Original-URL: /v1/desk/site';
  t.equal(
    (await get(`/v1/articles/${story.id}`, `${override}\r\nAuthorization: Bearer ${keys.admin}`)).statusCode,
    200,
  );
  t.equal((await get('/v1/articles?_method=DELETE', override)).statusCode, 400);
  t.equal((await get(`/v1/articles/${story.id}`)).statusCode, 200, 'it is still there');
});

test('HEAD answers as GET does, without the body', async (t) => {
  for (const target of [
    '/v1/site',
    `/v1/articles/${story.id}`,
    '/v1/articles',
    '/v1/nowhere',
    '/v1/articles/x',
    '/v1/desk/site',
  ]) {
    const [head, whole] = [await get(target, 'Host: x', 'HEAD'), await get(target)];
    t.equal(head.statusCode, whole.statusCode, target);
    t.equal(head.body, '');
    t.equal(head.headers.etag, whole.headers.etag);
    t.equal(head.headers['content-type'], whole.headers['content-type']);
  }
});

// Seen to fail without withoutLengthOf304() in plugins/conventions.ts: of 0 bytes, which a cache takes for the length of what it has.
test('a 304 to HEAD tells no length, like one to GET (RFC 9110 section 8.6)', async (t) => {
  for (const target of ['/v1/site', `/v1/articles/${story.id}`, '/v1/articles'])
    for (const method of ['GET', 'HEAD']) {
      const { statusCode, headers } = await get(target, 'Host: x\r\nIf-None-Match: *', method);
      t.same([statusCode, headers['content-length']], [304, undefined], `${method} ${target}`);
    }
});

// Seen to fail without `strictPreflight: false` in plugins/conventions.ts.
test('a preflight is answered for any origin, never with credentials, on any path (G61)', async (t) => {
  for (const target of ['/v1/site', '/v1/desk/articles', '/v1/nowhere', '*']) {
    const answer = await get(
      target,
      'Host: x\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: authorization',
      'OPTIONS',
    );
    t.equal(answer.statusCode, 204, target);
    t.equal(answer.headers['access-control-allow-origin'], '*');
    t.equal(answer.headers['access-control-allow-credentials'], undefined);
    t.equal(answer.headers['content-length'], undefined, 'a 204 has none (RFC 9110 section 8.6)');
    t.equal((await get(target, 'Host: x', 'OPTIONS')).statusCode, 204, 'an OPTIONS that is no preflight');
  }
});

// Seen to fail without PUT or DELETE among the methods of plugins/conventions.ts, and with a `maxAge` of five seconds.
test('a page of any origin may send what the API takes, with what it asks for, and asks for leave once a day', async (t) => {
  const used = new Set(
    listOperations(app.swagger() as unknown as OpenApiDocument).map(({ name }) => name.split(' ')[0]),
  );
  t.ok(used.size > 4, 'methods were found');
  const asked = 'authorization, content-type, if-match, idempotency-key';
  const { headers } = await get(
    '/v1/desk/articles',
    `Host: x\r\nOrigin: https://cms.example\r\nAccess-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: ${asked}`,
    'OPTIONS',
  );
  const allowed = String(headers['access-control-allow-methods']).split(', ');
  t.same(
    [...used].filter((method) => !allowed.includes(String(method))),
    [],
  );
  t.equal(headers['access-control-allow-headers'], asked);
  t.equal(headers['access-control-max-age'], '86400');
});

// Seen to fail without the hook of plugins/methods.ts: 204 without a word.
test('an OPTIONS that is no preflight is told the methods of an address (RFC 9110 section 9.3.7)', async (t) => {
  for (const [target, allow] of [
    ['/v1/site', 'GET, HEAD, OPTIONS'],
    [`/v1/articles/${story.id}/views?locale=en`, 'GET, HEAD, OPTIONS, POST'],
    [`/v1/desk/articles/${story.id}`, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/v1/nowhere', undefined],
    ['*', 'OPTIONS'],
  ] as const) {
    const { statusCode, headers } = await get(target, 'Host: x', 'OPTIONS');
    t.same([statusCode, headers.allow], [204, allow], target);
  }
  const preflight = 'Host: x\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PATCH';
  t.equal(
    (await get('/v1/site', preflight, 'OPTIONS')).headers.allow,
    undefined,
    'a preflight asks for something else',
  );
});
