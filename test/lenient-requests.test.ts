// What Node lets through that no standard has, by raw sockets: expectations that nobody knows, and signs that stand in no address.
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

// Seen to fail without the encoding in caching/addresses.ts: the address in the header ends at the first >.
test('what stands in no address is encoded in links, however it was sent', async (t) => {
  for (let n = 0; n < 2; n += 1) await makePublished(desk);
  const target = '/v1/search?limit=1&q=harbour>"<';
  const { headers, body } = await get(target);
  const { data, links } = JSON.parse(body);
  t.equal(links.self, `${baseUrl}/v1/search?limit=1&q=harbour%3E%22%3C`);
  t.equal(headers.link, `<${links.next}>; rel="next"`);
  t.notMatch(links.next, /[<>"]/);
  const second = await get(links.next.slice(baseUrl.length));
  t.equal(second.statusCode, 200);
  t.not(JSON.parse(second.body).data[0].id, data[0].id);
  t.equal(second.headers.link, `<${JSON.parse(second.body).links.prev}>; rel="prev"`);
  t.equal((await get(links.self.slice(baseUrl.length))).headers.etag, headers.etag, 'either spelling is the same');
});
