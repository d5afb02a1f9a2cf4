// Embargoed stories: partners with the scope see them as they will be public, until when; nobody else sees them, and they see nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { SCOPES } from '../src/modules/access/scopes.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, as, keys, keyWith } = await buildTestApp(t);
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'delta' });
await makeTag(desk, { key: 'flood' });
await makeContributor(desk, { key: 'gauge' });
const partner = as(await keyWith(['embargoed:read']));

const FAR = '2029-06-01T06:00:00.000Z';
const url = (id: string, path = '', locale = 'en') => `/v1/desk/articles/${id}/locales/${locale}${path}`;
const embargo = async (id: string, payload: object = {}, locale = 'en', version = 1) => {
  const answer = await desk('POST', url(id, '/schedule', locale), {
    version,
    payload: { at: FAR, embargoed: true, ...payload },
  });
  return expectStatus(answer, 201);
};
const idsSeen = async (query = '') => {
  const { data } = expectStatus(await partner('GET', `/v1/embargoed${query}`), 200).json();
  return data.map(({ id }: { id: string }) => id);
};

// Seen to fail with: the published date of the draft in place of the schedule's in buildEmbargoed().
test('a partner reads an embargoed story byte for byte as it is public later, and until when it must wait', async (t) => {
  const { id } = await makeArticle(desk, {
    region: 'delta',
    tags: ['flood'],
    byline: ['gauge'],
    rights: { holder: 'Gauge Office' },
    locales: {
      en: { title: 'Levels rise', standfirst: 'By a metre.', body: { markdown: 'By *one* metre.' } },
      ru: { title: 'Вода прибывает' },
    },
  });
  expectStatus(await desk('POST', url(id, '/publish', 'ru'), { version: 1, payload: {} }), 200);
  const at = new Date(Date.now() + 2_000).toISOString();
  await embargo(id, { at });
  const before = expectStatus(await partner('GET', `/v1/embargoed/${id}`), 200);
  t.equal(before.headers['cache-control'], 'private, no-store');
  const [card] = expectStatus(await partner('GET', '/v1/embargoed'), 200).json().data;
  const { embargoedUntil, ...document } = before.json().data;
  t.equal(embargoedUntil, at);
  t.match(document, {
    title: 'Levels rise',
    publishedAt: at,
    tags: [{ key: 'flood' }],
    translations: [{ locale: 'ru' }],
  });
  t.equal((await request('GET', `/v1/articles/${id}`)).statusCode, 404);
  for (let tries = 0; (await request('GET', `/v1/articles/${id}`)).statusCode !== 200 && tries < 500; tries += 1)
    await sleep(20);
  t.same((await request('GET', `/v1/articles/${id}`)).json().data, document);
  const [listed] = (await request('GET', `/v1/articles?ids=${id}`)).json().data;
  t.same(card, { ...listed, embargoedUntil: at });
  t.equal((await partner('GET', `/v1/embargoed/${id}`)).statusCode, 404, 'it is under embargo no more');
  t.same(await idsSeen(), []);
});

// Seen to fail without `and embargoed` in findEmbargo(), and without the filter `embargoed` in the list.
test('nothing else that is not public is among it', async (t) => {
  const draft = await makeArticle(desk);
  const scheduled = await makeArticle(desk);
  expectStatus(await desk('POST', url(scheduled.id, '/schedule'), { version: 1, payload: { at: FAR } }), 201);
  const cancelled = await makeArticle(desk);
  await embargo(cancelled.id);
  expectStatus(await desk('DELETE', url(cancelled.id, '/schedule'), { version: 1 }), 204);
  const lifted = await makeArticle(desk);
  await embargo(lifted.id);
  expectStatus(await desk('PATCH', url(lifted.id, '/schedule'), { version: 1, payload: { embargoed: false } }), 200);
  const archived = await makeArticle(desk);
  expectStatus(await desk('POST', url(archived.id, '/archive'), { version: 1 }), 200);
  const live = await makePublished(desk);
  const expiring = await makePublished(desk);
  const expiry = { at: FAR, type: 'gone' };
  expectStatus(await desk('POST', url(expiring.id, '/expiry'), { version: 1, payload: expiry }), 201);
  for (const { id } of [draft, scheduled, cancelled, lifted, archived, live, expiring])
    t.equal((await partner('GET', `/v1/embargoed/${id}`)).statusCode, 404);
  t.same(await idsSeen(), []);
});

test('of a story in several languages only those under embargo are shown, and others that wait are not named', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'zqopenqz' }, ru: { title: 'Под запретом' } } });
  expectStatus(await desk('POST', url(id, '/schedule'), { version: 1, payload: { at: FAR } }), 201);
  await embargo(id, {}, 'ru');
  t.equal((await partner('GET', `/v1/embargoed/${id}`)).statusCode, 404, 'in the default language');
  const russian = expectStatus(await partner('GET', `/v1/embargoed/${id.toUpperCase()}?locale=rus`), 200);
  t.match(russian.json().data, { locale: 'ru', title: 'Под запретом', translations: [] });
  const list = await partner('GET', '/v1/embargoed');
  t.notMatch(russian.body + list.body, 'zqopenqz');
  t.same(await idsSeen('?locale=ru'), [id]);
  t.same(await idsSeen('?locale=en'), []);
  t.equal((await partner('GET', `/v1/embargoed/${id}?locale=xx`)).statusCode, 400);
  t.equal((await partner('GET', `/v1/embargoed?status=draft`)).statusCode, 400);
  expectStatus(await desk('DELETE', url(id, '/schedule', 'ru'), { version: 1 }), 204);
});

test('changes of a public story under embargo are shown to partners, while readers see what is public', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { title: 'First edition' } } });
  expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Second edition' } }), 200);
  await embargo(id, {}, 'en', 2);
  const { data } = expectStatus(await partner('GET', `/v1/embargoed/${id}`), 200).json();
  t.match(data, { title: 'Second edition', embargoedUntil: FAR, updatedAt: FAR });
  const shown = (await request('GET', `/v1/articles/${id}`)).json().data;
  t.match(shown, { title: 'First edition', publishedAt: data.publishedAt });
  expectStatus(await desk('DELETE', url(id, '/schedule'), { version: 1 }), 204);
});

test('the list goes from the soonest to the last, page by page', async (t) => {
  const ids: string[] = [];
  for (let n = 1; n <= 3; n += 1) {
    const { id } = await makeArticle(desk);
    await embargo(id, { at: `2029-0${n}-01T00:00:00Z` });
    ids.push(id);
  }
  const first = expectStatus(await partner('GET', '/v1/embargoed?limit=2'), 200).json();
  t.same(
    first.data.map(({ id }: { id: string }) => id),
    ids.slice(0, 2),
  );
  const { pathname, search } = new URL(first.links.next);
  const second = expectStatus(await partner('GET', pathname + search), 200).json();
  t.match(second, { data: [{ id: ids[2] }], links: { next: null } });
});

test('nobody without the scope sees it, whatever else they may do', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'zqsecretqz' } } });
  await embargo(id);
  const everythingElse = as(await keyWith(SCOPES.filter((scope) => scope !== 'embargoed:read')));
  for (const path of ['/v1/embargoed', `/v1/embargoed/${id}`]) {
    const anonymous = await request('GET', path);
    t.match([anonymous.statusCode, anonymous.headers['www-authenticate']], [401, /^Bearer/]);
    for (const send of [as(keys.publisher), everythingElse]) {
      const refused = expectStatus(await send('GET', path), 403);
      t.match(refused.json(), { code: 'forbidden', scope: 'embargoed:read' });
      t.notMatch(refused.body, 'zqsecretqz');
    }
  }
  for (const path of [`/v1/articles/${id}`, `/v1/articles/${id}?locale=en`, `/v1/articles?ids=${id}`])
    t.notMatch((await partner('GET', path)).body, 'zqsecretqz', 'not on the public routes either');
  t.equal((await partner('GET', '/v1/desk/articles')).statusCode, 403);
});
