// Partners that are told changes for longer than one request, over real sockets: in their reach, on their quota, and not behind the end of their key.
import t, { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makePartner, makePartnerKey } from './fixtures/partners.ts';
import { listen } from './fixtures/socket.ts';
import { makeRegion } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, desk, as, databaseUrl } = site;
const other = await buildTestApp(t, { roles: { api: true, jobs: false }, databaseUrl });
const { origin } = await listen(site);
for (const key of ['north', 'south']) await makeRegion(desk, { key });

async function follow(t: Test, key: string, search = '') {
  const abort = new AbortController();
  const response = await fetch(`${origin}/v1/changes/stream?include=item${search}`, {
    headers: { authorization: `Bearer ${key}` },
    signal: abort.signal,
  });
  t.teardown(() => abort.abort());
  t.match([response.status, response.headers.get('cache-control')], [200, 'private, no-store']);
  const stream = { text: '', isOver: false };
  (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as ReadableStream<Uint8Array>)
      stream.text += decoder.decode(chunk, { stream: true });
  })()
    .catch(() => {})
    .finally(() => {
      stream.isOver = true;
    });
  await until('it is ready', async () => stream.text.includes('event: ready'));
  return stream;
}
const told = ({ text }: { text: string }) => text.split('event: change\n').length - 1;
const unpublish = async (id: string) => {
  const { version } = stateIn(await getDeskArticle(desk, id), 'en');
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/unpublish`, { version, payload: {} }), 200);
};

test('a stream tells of the stories of the partner as they come, and of no other', async (t) => {
  const { key } = await makePartner(desk, { regions: ['north'] });
  const stream = await follow(t, key);
  const foreign = await makePublished(desk, { region: 'south', locales: { en: { title: 'zqforeignqz' } } });
  const { id } = await makePublished(desk, { region: 'north', locales: { en: { title: 'Own' } } });
  await until('it is told', async () => told(stream) === 1);
  t.match(stream.text, id);
  t.notMatch(stream.text, `zqforeignqz|${foreign.id}`);
});

test('whose key is revoked, or who is disabled, is told nothing more, by a stream or by an answer that waited', async (t) => {
  const { partner, key, keyId } = await makePartner(desk, { regions: ['north'] });
  const second = await makePartnerKey(desk, partner.key);
  const streams = [await follow(t, key), await follow(t, second.key)] as const;
  const [first, rest] = streams;
  await until('both know what there is', async () => told(first) === 1 && told(rest) === 1);
  const { next } = expectStatus(await as(key)('GET', '/v1/changes'), 200).json().meta;
  const waiting = as(key)('GET', `/v1/changes?wait=20&since=${next}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expectStatus(await desk('DELETE', `/v1/desk/keys/${keyId}`), 204);
  const { id } = await makePublished(desk, { region: 'north' });
  await until('it is closed', async () => first.isOver);
  t.equal(told(first), 1);
  t.match(first.text, /event: closed\ndata: \{"code":"unauthorized"/);
  t.notMatch(first.text, id);
  expectStatus(await waiting, 401);
  await until('the other key goes on', async () => told(rest) === 2);
  t.notOk(rest.isOver);
  const change = { version: 1, payload: { disabled: true } };
  expectStatus(await other.desk('PATCH', `/v1/desk/partners/${partner.id}`, change), 200);
  await unpublish(id);
  await until('it is closed as well', async () => rest.isOver);
  t.notMatch(rest.text, '"reason":"unpublished"');
});

test('a stream ends when what the partner may have is changed, and says to start anew', async (t) => {
  const { partner, key } = await makePartner(desk, { regions: ['north'] });
  const stream = await follow(t, key);
  const change = { version: 1, payload: { regions: ['south'] } };
  expectStatus(await desk('PATCH', `/v1/desk/partners/${partner.id}`, change), 200);
  const { id } = await makePublished(desk, { region: 'south' });
  await until('it is over', async () => stream.isOver);
  t.match(stream.text, /id: \nevent: expired\ndata: \{"code":"token_expired"/);
  t.notMatch(stream.text, id);
});

test('a stream counts as one request and one more for each hundred changes, and ends where the quota does', async (t) => {
  for (let n = 0; n < 105; n += 1) await makePublished(desk, { region: 'south' });
  const { partner, key } = await makePartner(desk, { regions: ['south'], perDay: 3 });
  const whole = expectStatus(await as(key)('GET', '/v1/changes/stream?seconds=0&include=item'), 200);
  t.match(whole.headers.ratelimit, /"day";r=2;/);
  t.ok(told({ text: whole.body }) > 100);
  const { headers } = expectStatus(await as(key)('GET', '/v1/changes?limit=1'), 200);
  t.match(headers.ratelimit, /"day";r=0;/, 'the second hundred was counted');
  await app.takings.flush();
  const { data } = (await desk('GET', `/v1/desk/partners/${partner.id}/usage`)).json();
  t.same(data.formats, { changes: told({ text: whole.body }) });
  const { key: poor } = await makePartner(desk, { regions: ['south'], perDay: 1 });
  const cut = expectStatus(await as(poor)('GET', '/v1/changes/stream?seconds=0'), 200);
  t.equal(told({ text: cut.body }), 100);
  t.match(cut.body, /\n\nevent: closed\ndata: \{"code":"too_many_requests"/);
});
