// The change feed with a partner's key: changes of its own stories, the end of what it had, and not a word of any other; tokens are its own.
import t, { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { catchUp, emptyReplica, settled } from './fixtures/following.ts';
import { makePartner, makePartnerKey } from './fixtures/partners.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { position: 1, aliases: ['rus'] });
await makeLocale(desk, 'hy', { position: 2 });
await makeRegion(desk, { key: 'north' });
await makeRegion(desk, { key: 'fjord', parent: 'north' });
const south = await makeRegion(desk, { key: 'south' });
for (const key of ['ice', 'wind']) await makeTag(desk, { key });

const CANARY = 'zqforeignqz';
const TEXT = 'zqtextqz';
const secret = (slug: string) => ({
  title: `${CANARY} ${slug}`,
  slug: `${CANARY}-${slug}`,
  body: { markdown: CANARY },
});
const own = (slug: string) => ({ title: `Own ${slug}`, slug, body: { markdown: TEXT } });
const mine = { region: 'north', tags: ['ice'] };
const ENTITLED = {
  regions: ['north'],
  tags: ['ice'],
  kinds: ['news' as const],
  locales: ['en', 'ru'],
  perMinute: 100_000,
};
const { partner, key } = await makePartner(desk, ENTITLED);
const send = as(key);

const move = async (id: string, way: string, payload: object = {}, locale = 'en') => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/${way}`, { version, payload }), 200);
};
const place = async (id: string, payload: object) => {
  const { version } = await getDeskArticle(desk, id);
  expectStatus(await desk('PATCH', `/v1/desk/articles/${id}`, { version, payload }), 200);
  await move(id, 'publish');
};
const toSouth = { region: 'south', regions: ['south'] };
const toNorth = { region: 'north', regions: ['north'] };
async function follow(by: Send = send, filters = '') {
  const replica = emptyReplica();
  const next = async () => {
    await settled(app.db.pool);
    return catchUp(by, replica, filters);
  };
  await next();
  return { replica, next };
}
const said = (told: { type: string; reason: string; articleId: string }[]) =>
  told.map(({ type, reason }) => `${type} ${reason}`).join();

test('a copy that follows holds what the partner may have, as its single stories are, and nothing else is told', async (t) => {
  const one = await makePublished(desk, { ...mine, locales: { en: own('one'), ru: own('один'), hy: secret('hy') } });
  await makePublished(desk, { ...mine, region: 'fjord', locales: { en: own('two') } });
  const foreign = [
    await makePublished(desk, { region: 'south', tags: ['ice'], locales: { en: secret('region') } }),
    await makePublished(desk, { region: 'north', tags: ['wind'], locales: { en: secret('tag') } }),
    await makePublished(desk, { ...mine, kind: 'opinion', locales: { en: secret('kind') } }),
    await makePublished(desk, { ...mine, locales: { hy: secret('language') } }),
    await makePublished(desk, { kind: 'page', locales: { en: secret('page') } }),
  ];
  const { replica } = await follow();
  t.equal(replica.texts.size, 3);
  for (const [name, text] of replica.texts) {
    const [id, locale] = name.split('/');
    t.same(JSON.parse(text), (await send('GET', `/v1/articles/${id}?locale=${locale}`)).json().data);
  }
  const told = JSON.stringify(replica.told);
  for (const word of [CANARY, south.id, ...foreign.map(({ id }) => id)]) t.notMatch(told, word);
  t.match(told, TEXT);
  const answer = await send('GET', '/v1/changes?include=item');
  t.equal(answer.headers['cache-control'], 'private, no-store');
  t.match(answer.headers.ratelimit, /^"minute";/);
  t.match((await request('GET', '/v1/changes?include=item')).body, CANARY, 'whoever asks without a key is told all');

  const summaries = as((await makePartner(desk, { ...ENTITLED, fullText: false })).key);
  const short = await follow(summaries);
  t.equal(short.replica.texts.size, 3);
  t.notMatch(JSON.stringify(short.replica.told), `${TEXT}|${CANARY}`);
  const stream = await send('GET', '/v1/changes/stream?seconds=0&include=item');
  t.match(stream.body, `"articleId":"${one.id}"`);
  t.equal(stream.body.split('event: change').length, replica.told.length + 1);
  t.notMatch(stream.body, CANARY);
});

test('what leaves the reach is a delete to whom had it, and nothing is told of it from then on until it is back', async (t) => {
  const moves: [string, object, object][] = [
    ['region', toSouth, toNorth],
    ['tag', { tags: ['wind'] }, { tags: ['ice'] }],
    ['kind', { kind: 'opinion' }, { kind: 'news' }],
  ];
  for (const [facet, away, back] of moves) {
    const { id } = await makePublished(desk, mine);
    const { replica, next } = await follow();
    await place(id, away);
    const left = await next();
    t.match(left, [{ type: 'delete', reason: 'left', articleId: id, item: null, links: { self: null } }], facet);
    t.equal(left.length, 1);
    t.notMatch(JSON.stringify(left), `${south.id}|opinion`, 'not where it went');
    t.notOk(replica.texts.has(`${id}/en`));
    await move(id, 'publish');
    await move(id, 'unpublish');
    t.same(await next(), [], facet);
    await place(id, back);
    t.equal(said(await next()), 'upsert published', facet);
    t.ok(replica.texts.has(`${id}/en`));
    await move(id, 'withdraw', { notice: 'No.' });
    t.equal(said(await next()), 'delete withdrawn');
  }
});

test('a story that is out of reach by now is not shown at the changes that it had before', async (t) => {
  const { replica, next } = await follow();
  const { id } = await makePublished(desk, { ...mine, locales: { en: own('late') } });
  await place(id, { ...toSouth, tags: ['wind'] });
  const { version } = stateIn(await getDeskArticle(desk, id), 'en');
  const url = `/v1/desk/articles/${id}/locales/en`;
  expectStatus(await desk('PATCH', url, { version, payload: { title: CANARY, body: { markdown: CANARY } } }), 200);
  await move(id, 'publish');
  t.match(await next(), [{ type: 'delete', reason: 'left' }]);
  t.notOk(replica.texts.has(`${id}/en`));
  t.notMatch(JSON.stringify(replica.told), CANARY);
});

test('nothing is told of a story that was within reach in part now and in part before, but never at once', async (t) => {
  const { next } = await follow();
  const { id } = await makePublished(desk, { region: 'south', tags: ['ice'], locales: { en: secret('halves') } });
  await place(id, { ...toNorth, tags: ['wind'] });
  await move(id, 'publish');
  await place(id, { ...toSouth, tags: ['ice'] });
  await move(id, 'withdraw', { notice: CANARY });
  const led = await makePublished(desk, mine);
  const there = await makePublished(desk, { region: 'south', tags: ['ice'] });
  const [published] = await next();
  t.equal(published?.articleId, led.id);
  await move(led.id, 'withdraw', { type: 'redirect', redirectTo: there.id });
  const told = await next();
  t.match(told, [{ type: 'redirect', articleId: led.id, links: { target: null } }]);
  t.notMatch(JSON.stringify([published, told]), `${id}|${there.id}`);
});

test('a token is of one partner, with whichever key, and of what it may have', async (t) => {
  const tokenOf = async (by: Send, search = '') =>
    expectStatus(await by('GET', `/v1/changes?limit=1${search}`), 200).json().meta.next as string;
  const { partner: other, key: otherKey } = await makePartner(desk, ENTITLED);
  const [token, theirs, open] = [await tokenOf(send), await tokenOf(as(otherKey)), await tokenOf(request)];
  const second = as((await makePartnerKey(desk, partner.key)).key);
  expectStatus(await second('GET', `/v1/changes?since=${token}`), 200);
  const refused: [Send, string][] = [
    [send, theirs],
    [send, open],
    [as(otherKey), token],
    [request, token],
    [desk, token],
  ];
  for (const [by, since] of refused)
    for (const path of [`/v1/changes?since=${since}`, `/v1/changes/stream?seconds=0&since=${since}`])
      t.match(expectStatus(await by('GET', path), 400).json(), {
        errors: [{ parameter: 'since', message: /another key/ }],
      });
  const change = (version: number, payload: object) =>
    desk('PATCH', `/v1/desk/partners/${other.id}`, { version, payload });
  expectStatus(await change(1, { name: 'Another name', perDay: 9_000 }), 200);
  expectStatus(await as(otherKey)('GET', `/v1/changes?since=${theirs}`), 200);
  let version = 2;
  for (const payload of [{ regions: ['south'] }, { fullText: false }, { locales: ['en'] }, { tags: null }]) {
    const since = await tokenOf(as(otherKey));
    expectStatus(await change(version++, payload), 200);
    for (const path of [`/v1/changes?since=${since}`, `/v1/changes/stream?seconds=0&since=${since}`]) {
      const answer = expectStatus(await as(otherKey)('GET', path), 410);
      t.match(answer.json(), { code: 'token_expired', detail: /entitled to has changed/ });
    }
  }
});

test('what a partner asks for narrows what it may have, and what it may not have is refused by name', async (t) => {
  const fjord = await makePublished(desk, {
    ...mine,
    region: 'fjord',
    locales: { en: own('narrow'), ru: own('узкий') },
  });
  const idsOf = async (filters: string) => (await follow(send, filters)).replica;
  const { id } = (await desk('GET', '/v1/desk/regions/fjord')).json().data;
  const there = await idsOf('regions=fjord');
  t.ok(there.told.every(({ locale, groups }) => groups.includes(`articles/${locale}/region/${id}`)));
  t.ok(there.texts.has(`${fjord.id}/en`));
  t.same((await idsOf('regions=south')).told, []);
  const russian = await idsOf('locales=rus');
  t.ok(russian.texts.has(`${fjord.id}/ru`));
  t.ok(russian.told.every(({ locale }) => locale === 'ru'));
  for (const search of ['locales=hy', 'locales=en,hy'])
    t.match(expectStatus(await send('GET', `/v1/changes?${search}`), 403).json(), {
      code: 'not_entitled',
      errors: [{ parameter: 'locales' }],
    });
});

test('texts that are told are in the report, and each answer counts against the quota', async (t) => {
  const { partner: counted, key: held } = await makePartner(desk, { ...ENTITLED, perMinute: 5, perDay: 5 });
  const by = as(held);
  const page = expectStatus(await by('GET', '/v1/changes?include=item&limit=2'), 200);
  const { meta, data } = page.json();
  t.match(page.headers.ratelimit, /"day";r=4;/);
  expectStatus(await by('GET', '/v1/changes'), 200);
  const same = { headers: { 'if-none-match': String(page.headers.etag) } };
  expectStatus(await by('GET', '/v1/changes?include=item&limit=2', same), 304);
  const stream = expectStatus(await by('GET', `/v1/changes/stream?seconds=0&since=${meta.next}`), 200);
  t.match(stream.headers.ratelimit, /"day";r=1;/);
  await app.takings.flush();
  const usage = (await desk('GET', `/v1/desk/partners/${counted.id}/usage`)).json().data;
  t.same(usage.formats, { changes: data.filter(({ item }: { item: unknown }) => item !== null).length });
  expectStatus(await by('GET', '/v1/changes'), 200);
  expectStatus(await by('GET', '/v1/changes'), 429);
});
