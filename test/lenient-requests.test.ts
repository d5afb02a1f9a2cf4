// What clients may spell in other ways than most: expectations that nobody knows, signs that stand in no address, names in any case.
import tap, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { makePublished } from './fixtures/factories.ts';
import { type RawAnswer, sendRaw } from './fixtures/raw.ts';
import { wrongRefusal } from './fixtures/refusals.ts';
import { listen } from './fixtures/socket.ts';

const site = await buildTestApp(tap, { roles: { api: true, jobs: false } });
const { desk, baseUrl } = site;
const { origin } = await listen(site);
const raw = (head: string): Promise<RawAnswer> => sendRaw(origin, `${head}\r\n\r\n`);
const get = (target: string, headers = 'Host: x') => raw(`GET ${target} HTTP/1.1\r\n${headers}\r\nConnection: close`);

// Seen to fail without the listener to checkExpectation in plugins/problems.ts: an empty 417 of Node's each time.
test('what a client expects that is not known is passed over (RFC 9110 section 10.1.1)', async (t) => {
  for (const expectation of ['magic', 'magic=1', '200-ok']) {
    const headers = `Host: x\r\nExpect: ${expectation}`;
    const [expecting, plain] = [await get('/v1/site', headers), await get('/v1/site')];
    t.same([expecting.statusCode, expecting.body], [200, plain.body], expectation);
    t.same(wrongRefusal(await get('/v1/nowhere', headers), [404]), []);
    t.same(wrongRefusal(await raw(`POST /v1/desk/tags HTTP/1.1\r\n${headers}\r\nContent-Length: 0`), [401]), []);
  }
});

// Seen to fail without the encoding in caching/addresses.ts: the address in the header ends at the first >, and no URI has the others.
test('what stands in no address is encoded in links, however it was sent', async (t) => {
  for (let n = 0; n < 2; n += 1) await makePublished(desk);
  const target = '/v1/search?limit=1&q=harbour>"<{}|\\^`[]%_%';
  const { headers, body } = await get(target);
  const { data, links } = JSON.parse(body);
  t.equal(links.self, `${baseUrl}/v1/search?limit=1&q=harbour%3E%22%3C%7B%7D%7C%5C%5E%60%5B%5D%25_%25`);
  t.equal(headers.link, `<${links.next}>; rel="next"`);
  t.match(links.next, /^https:\/\/[\w./?&=-]+(%[\dA-F]{2}[\w./?&=-]*)+$/);
  const second = await get(links.next.slice(baseUrl.length));
  t.equal(second.statusCode, 200);
  t.not(JSON.parse(second.body).data[0].id, data[0].id);
  t.equal(second.headers.link, `<${JSON.parse(second.body).links.prev}>; rel="prev"`);
  t.equal((await get(links.self.slice(baseUrl.length))).headers.etag, headers.etag, 'either spelling is the same');
  // A sign of per cent that begins nothing stands for itself, and spoils nothing that is spelt beside it.
  const [loose, strict] = [await get('/v1/search?q=harbour%%20100%'), await get('/v1/search?q=harbour%25%20100%25')];
  t.same([loose.statusCode, loose.body], [200, strict.body]);
});

// Seen to fail without the detail and the header in plugins/problems.ts: nothing told what was wrong, and no page of another origin could read it.
test('an address that cannot be decoded is refused with the reason, which pages of any origin may read', async (t) => {
  // As old links have it: "река" in Windows-1251.
  for (const target of ['/v1/articles/by-slug/ru/%F0%E5%EA%E0', '/v1/articles/%zz', '/v1/articles/%']) {
    const answer = await get(target);
    t.same(wrongRefusal(answer, [400]), [], target);
    t.match(JSON.parse(answer.body), { code: 'bad_request', detail: /^The path is not UTF-8/ });
    t.equal(answer.headers['access-control-allow-origin'], '*');
  }
});

// Seen to fail where the names are compared letter by letter, and without the header of the refusal in plugins/conventions.ts.
test('types and codings are known in any case, and who codes a body is told what is taken (RFC 9110 sections 8.3.1, 8.4.1, 15.5.16)', async (t) => {
  let made = 0;
  const send = (headers: Record<string, string>) => {
    made += 1;
    const payload = JSON.stringify({ key: `tag-${made}`, type: 'topic', texts: { en: { name: `Tag ${made}` } } });
    return desk('POST', '/v1/desk/tags', { payload, headers: { 'content-type': 'application/json', ...headers } });
  };
  for (const type of ['Application/JSON', 'application/json;charset=UTF-8', 'APPLICATION/JSON ; charset=utf-8'])
    t.equal((await send({ 'content-type': type })).statusCode, 201, type);
  for (const coding of ['identity', 'Identity'])
    t.equal((await send({ 'content-encoding': coding })).statusCode, 201, coding);
  const { statusCode, headers } = await send({ 'content-encoding': 'gzip' });
  t.same([statusCode, headers['accept-encoding']], [415, 'identity']);
});
