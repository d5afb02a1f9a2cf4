// Fronts as answers: what comes along, in which language, what caches keep and when it changes, and what outsiders are not told.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront, namedStories } from './fixtures/fronts.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk } = site;
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'sea' });
await makeRegion(desk, { key: 'bay', parent: 'sea' } as object);
for (const key of ['boats', 'bread']) await makeTag(desk, { key });

const { idOf, story, on, pin } = namedStories(site);
await story('sea 1', 1, { region: 'sea', tags: ['boats'] });
await story('bay 2', 2, { region: 'bay', tags: ['boats', 'bread'] });
await story('sea 5', 5, { region: 'sea' });

test('fields, include and slot do what they do in lists', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'lead', size: 1, pinned: [pin('bay 2')] },
      { key: 'sea', size: 2, source: { type: 'filter', region: ['sea'] } },
    ],
  });
  const url = `/v1/fronts/${slug}`;
  const [lead, sea] = expectStatus(await request('GET', `${url}?fields=title,body.text`), 200).json().data.slots;
  t.same(Object.keys(lead.items[0]).sort(), ['body', 'id', 'locale', 'title']);
  t.equal(sea.items.length, 2);
  const { included, meta } = expectStatus(await request('GET', `${url}?include=region,tags,views`), 200).json();
  t.same(included.regions.map(({ key }: { key: string }) => key).sort(), ['bay', 'sea']);
  t.same(included.tags.map(({ key }: { key: string }) => key).sort(), ['boats', 'bread']);
  t.equal(Object.keys(meta.views).length, 3);
  t.same(await on(slug, '?slot=sea'), { sea: ['sea 1', 'sea 5'] }, 'and not bay 2, which stands in another slot');
  const wrong = expectStatus(await request('GET', `${url}?slot=sae`), 400);
  t.match(problemOf(wrong.body).errors, [{ parameter: 'slot', code: 'unknown', message: /nearest valid one is sea/ }]);
  for (const query of ['fields=status', 'include=body', 'slot=Sea', 'region=sea', 'locale=xx', 'slot=sea&slot=lead'])
    t.equal((await request('GET', `${url}?${query}`)).statusCode, 400, query);
});

test('a front with views has a weak ETag, which they do not move', async (t) => {
  const { slug } = await makeFront(desk, { slots: [{ key: 'lead', size: 1, pinned: [pin('bay 2')] }] });
  const url = `/v1/fronts/${slug}?include=views`;
  const { etag } = (await request('GET', url)).headers;
  t.match(etag, /^W\/"[\w-]+"$/);
  t.equal((await request('GET', url, { headers: { 'if-none-match': String(etag) } })).statusCode, 304);
  await app.db.pool.query(
    `insert into view_counts (article_id, hour, locale, source, views) values ($1, date_trunc('hour', now()), 'en', 'web', 7)
     on conflict (article_id, hour, locale, source) do update set views = 7`,
    [idOf('bay 2')],
  );
  const after = await request('GET', url);
  t.equal(after.headers.etag, etag);
  t.equal(after.json().meta.views[idOf('bay 2')], 7);
});

test('what is not public and what does not exist is the same 404, and not in the list', async (t) => {
  await makeFront(desk, { slug: 'secret-front', title: { en: 'Zqsecret' }, public: false });
  const { slug } = await makeFront(desk, {
    title: { en: 'Open', ru: 'Открыто' },
    position: 3,
    slots: [{ key: 'a', size: 1 }],
  });
  const gist = async (path: string) => {
    const { statusCode, headers, body } = await request('GET', path);
    return {
      statusCode,
      body: body.replaceAll(String(headers['x-request-id']), ''),
      length: headers['content-length'],
    };
  };
  t.same(await gist('/v1/fronts/secret-front'), await gist('/v1/fronts/nothing-here'));
  t.equal((await request('GET', '/v1/fronts/secret-front')).statusCode, 404);
  const list = expectStatus(await request('GET', '/v1/fronts?locale=ru'), 200);
  t.notMatch(list.body, /secret/i);
  t.match(list.json().data.at(-1), { slug, title: 'Открыто', description: null, slots: ['a'] });
  t.same(list.json().meta, { requestedLocale: 'ru', locale: 'ru' });
  t.equal((await request('GET', '/v1/fronts?locale=xx')).statusCode, 400);
  t.equal((await request('GET', '/v1/fronts/Not%20a%20slug')).statusCode, 400);
});

test('terms that were merged fill slots under their new name, and one that a front names cannot be deleted', async (t) => {
  const ships = await makeTag(desk, { key: 'ships' });
  const vessels = await makeTag(desk, { key: 'vessels' });
  await story('ship 8', 8, { tags: ['ships'] });
  const slots = [{ key: 's', size: 3, source: { type: 'filter' as const, tag: ['ships'] } }];
  const { slug } = await makeFront(desk, { slots });
  const refused = async (key: string, version: number) =>
    problemOf(expectStatus(await desk('DELETE', `/v1/desk/tags/${key}`, { version }), 409).body).code;
  t.equal(await refused('ships', 1), 'in_use');
  expectStatus(await desk('POST', '/v1/desk/tags/ships/merge', { version: 1, payload: { into: 'vessels' } }), 200);
  t.same((await desk('GET', `/v1/desk/fronts/${slug}`)).json().data.slots[0].source.tag, ['vessels']);
  for (const { id } of [ships, vessels]) await rebuildNow(app, { noun: 'tag', id });
  t.same(await on(slug), { s: ['ship 8'] });
  t.equal(await refused('vessels', 2), 'in_use');
});

// Seen to fail where `tagAll`, or what is to change on fronts, is not looked through, and where a merge leaves the version as it was.
test('what a slot wants all of, now or from a time on, follows a merge and cannot be deleted', async (t) => {
  for (const key of ['tugs', 'towboats', 'towing']) await makeTag(desk, { key });
  const slotOf = (key: string) => ({ key: 's', size: 3, source: { type: 'filter' as const, tagAll: [key] } });
  const { slug } = await makeFront(desk, { slots: [slotOf('tugs')] });
  const url = `/v1/desk/fronts/${slug}`;
  const payload = { at: '2029-01-01T00:00:00Z', slot: slotOf('towboats') };
  expectStatus(await desk('POST', `${url}/changes`, { version: 1, payload }), 201);
  for (const key of ['tugs', 'towboats']) {
    const refused = expectStatus(await desk('DELETE', `/v1/desk/tags/${key}`, { version: 1 }), 409);
    t.match(refused.json(), { code: 'in_use', detail: 'It is used by fronts.' }, key);
    const merging = { version: 1, payload: { into: 'towing' } };
    expectStatus(await desk('POST', `/v1/desk/tags/${key}/merge`, merging), 200);
  }
  const { slots, changes, version } = expectStatus(await desk('GET', url), 200).json().data;
  t.equal(version, 3, 'who edits what it held before is told');
  t.same([slots[0].source.tagAll, changes[0].slot.source.tagAll], [['towing'], ['towing']]);
});

// Seen to fail with: `groups: []` in sendFront().
test('a front that is kept in memory changes with the answer to whoever publishes, edits or renames', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Awaited' } } });
  await makeRegion(desk, { key: 'isle', name: 'Isle' });
  const slots = [
    { key: 'lead', size: 1, pinned: [{ articleId: id }] },
    { key: 'isle', size: 1, source: { type: 'latestPerRegion' as const, region: ['isle'] } },
  ];
  const { slug } = await makeFront(desk, { slots });
  const look = async () => {
    const { headers } = await request('GET', `/v1/fronts/${slug}`);
    t.match(headers['cache-groups'], '"fronts", "articles/en", "regions", "site"');
    const { slots } = (await request('GET', `/v1/fronts/${slug}`)).json().data;
    return [slots[0].items.map(({ title }: { title: string }) => title), slots[1].groups[0].region.name];
  };
  const url = `/v1/desk/articles/${id}/locales/en`;
  t.same(await look(), [[], 'Isle']);
  expectStatus(await desk('POST', `${url}/publish`, { version: 1, payload: {} }), 200);
  t.same(await look(), [['Awaited'], 'Isle']);
  const texts = { en: { name: 'Island' } };
  expectStatus(await desk('PATCH', '/v1/desk/regions/isle', { version: 1, payload: { texts } }), 200);
  t.same(await look(), [['Awaited'], 'Island']);
  expectStatus(await desk('POST', `${url}/withdraw`, { version: 1, payload: {} }), 200);
  t.same(await look(), [[], 'Island']);
  const named = { slots: [{ ...slots[0], pinned: [pin('sea 1')] }, slots[1]] };
  expectStatus(await desk('PATCH', `/v1/desk/fronts/${slug}`, { version: 1, payload: named }), 200);
  t.same(await look(), [['sea 1'], 'Island']);
});

// Seen to fail with: NOT_BETTER always true; `chain.flatMap()` of groupsOf() exchanged for the first language.
test('with fallback, each story stands there in the first language in which it is public, and moves to a better one', async (t) => {
  await makeRegion(desk, { key: 'delta' });
  const both = { region: 'delta', locales: { en: { title: 'both en' }, ru: { title: 'both ru' } } };
  const { id: pinned } = await makePublished(desk, { locales: { ru: { title: 'pinned ru' } } });
  await makePublished(desk, both, { publishedAt: '2026-05-02T00:00:00Z' });
  const { id } = await makeArticle(desk, {
    region: 'delta',
    locales: { en: { title: 'only en later' }, ru: { title: 'only ru' } },
  });
  const publish = async (locale: string) =>
    expectStatus(
      await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/publish`, { version: 1, payload: {} }),
      200,
    );
  await publish('ru');
  const { slug } = await makeFront(desk, {
    slots: [
      { key: 'lead', size: 1, pinned: [{ articleId: pinned }] },
      { key: 'delta', size: 3, source: { type: 'filter', region: ['delta'], kind: ['news'] } },
    ],
  });
  const look = async (query: string) => {
    const answer = expectStatus(await request('GET', `/v1/fronts/${slug}?${query}`), 200);
    const titles = answer
      .json()
      .data.slots.map(({ items }: { items: { title: string; isFallback?: boolean }[] }) =>
        items.map(({ title, isFallback }) => (isFallback ? `(${title})` : title)),
      );
    return [...titles, answer.headers['content-language']];
  };
  t.same(await look('locale=en'), [[], ['both en'], 'en']);
  t.same(await look('locale=en&fallback=ru'), [['(pinned ru)'], ['(only ru)', 'both en'], 'en, ru']);
  t.same(await look('locale=ru&fallback=en'), [['pinned ru'], ['only ru', 'both ru'], 'ru']);
  await publish('en');
  t.same(await look('locale=en&fallback=ru'), [['(pinned ru)'], ['only en later', 'both en'], 'en, ru']);
  const retract = `/v1/desk/articles/${pinned}/locales/ru`;
  expectStatus(await desk('POST', `${retract}/unpublish`, { version: 1, payload: {} }), 200);
  t.same(
    await look('locale=en&fallback=ru'),
    [[], ['only en later', 'both en'], 'en'],
    'the other language counts, too',
  );
  expectStatus(await desk('POST', `${retract}/publish`, { version: 1, payload: {} }), 200);
  const url = `/v1/fronts/${slug}?fallback=ru&fields=title,body.text&include=region`;
  const { data, included } = expectStatus(await request('GET', url), 200).json();
  t.match(data.slots[0].items, [
    { id: pinned, locale: 'ru', isFallback: true, title: 'pinned ru', body: { text: /./ } },
  ]);
  t.same(
    included.regions.map(({ key }: { key: string }) => key),
    ['delta'],
  );
  for (const fallback of ['xx', 'site,ru', 'ru,ru'])
    t.equal((await request('GET', `/v1/fronts/${slug}?fallback=${fallback}`)).statusCode, 400, fallback);
});
