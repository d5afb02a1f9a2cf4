// How far a right reaches: keys that are limited to languages or regions write there and nowhere else.
import { test } from 'tap';
import type { Scope } from '../src/modules/access/scopes.ts';
import { buildTestApp, type Send, type TestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { makePerson } from './fixtures/people.ts';
import { withClient } from './fixtures/sql.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const WRITES: Scope[] = ['articles:read', 'articles:write', 'articles:publish'];

async function limited(app: TestApp, limits: { locales?: string[]; regionIds?: string[] }): Promise<Send> {
  const key = await app.keyWith(WRITES);
  await withClient(app.databaseUrl, (client) =>
    client.query('update api_keys set locales = $2, region_ids = $3 where prefix = left($1, 7) and name = $4', [
      key,
      limits.locales ?? null,
      limits.regionIds ?? null,
      WRITES.join(' '),
    ]),
  );
  return app.as(key);
}

test('who is limited to a language writes in that one, and not in what all languages share', async (t) => {
  const app = await buildTestApp(t);
  await makeLocale(app.desk, 'ru');
  const translator = await limited(app, { locales: ['ru'] });
  const story = await makePublished(app.desk, { locales: { en: {}, ru: {} } });
  const at = (locale: string) => `/v1/desk/articles/${story.id}/locales/${locale}`;
  const before = await getDeskArticle(app.desk, story.id);

  const refused = [
    await translator('PATCH', at('en'), { version: 1, payload: { title: 'Taken over' } }),
    await translator('POST', `${at('en')}/unpublish`, { version: 1 }),
    await translator('POST', `${at('en')}/publish`, { version: 1, payload: {} }),
    await translator('POST', `${at('en')}/withdraw`, { version: 1, payload: {} }),
    await translator('PATCH', `/v1/desk/articles/${story.id}`, { version: 1, payload: { kind: 'opinion' } }),
    await translator('POST', '/v1/desk/articles', { payload: { locales: { en: { title: 'In another language' } } } }),
  ];
  for (const answer of refused) t.match(expectStatus(answer, 403).json(), { code: 'forbidden', limit: 'locale' });
  t.same(await getDeskArticle(app.desk, story.id), before, 'nothing has changed');
  t.equal((await app.desk('GET', '/v1/desk/articles')).json().data.length, 1, 'and nothing was made');

  expectStatus(await translator('PATCH', at('ru'), { version: 1, payload: { title: 'Гавань открыта' } }), 200);
  expectStatus(await translator('POST', `${at('ru')}/publish`, { version: 2, payload: {} }), 200);
  expectStatus(await translator('POST', '/v1/desk/articles', { payload: { locales: { ru: { title: 'Своё' } } } }), 201);
});

test('who is limited to a region writes in it and in what lies in it, and takes no story in or out', async (t) => {
  const app = await buildTestApp(t);
  const gulf = await makeRegion(app.desk, { key: 'gulf' });
  await makeRegion(app.desk, { key: 'coast', parent: 'gulf' });
  await makeRegion(app.desk, { key: 'steppe' });
  const editor = await limited(app, { regionIds: [gulf.id] });
  const inside = await makeArticle(app.desk, { region: 'coast' });
  const outside = await makeArticle(app.desk, { region: 'steppe' });
  const nowhere = await makeArticle(app.desk);

  for (const { id } of [outside, nowhere]) {
    const answers = [
      await editor('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload: { title: 'Taken over' } }),
      await editor('PATCH', `/v1/desk/articles/${id}`, { version: 1, payload: { region: 'gulf' } }),
      await editor('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 1, payload: {} }),
    ];
    for (const answer of answers) t.match(expectStatus(answer, 403).json(), { code: 'forbidden', limit: 'region' });
    t.match(stateIn(await getDeskArticle(app.desk, id), 'en'), { version: 1, status: 'draft' });
  }
  const away = await editor('PATCH', `/v1/desk/articles/${inside.id}`, {
    version: 1,
    payload: { region: 'steppe', regions: [] },
  });
  t.match(expectStatus(away, 403).json(), { limit: 'region' });
  t.equal((await getDeskArticle(app.desk, inside.id)).region, 'coast', 'it stays where it was');

  expectStatus(
    await editor('POST', `/v1/desk/articles/${inside.id}/locales/en/publish`, { version: 1, payload: {} }),
    200,
  );
  const payload = { region: 'steppe', locales: { en: { title: 'Elsewhere' } } };
  expectStatus(await editor('POST', '/v1/desk/articles', { payload }), 403);
  expectStatus(await editor('POST', '/v1/desk/articles', { payload: { ...payload, region: 'coast' } }), 201);
});

test('who is limited to a region neither moves nor renames nor deletes one that lies beyond it', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  for (const key of ['gulf', 'steppe']) await makeRegion(app.desk, { key });
  await makeRegion(app.desk, { key: 'coast', parent: 'gulf' });
  const { send } = await makePerson(app, { role: 'editor', regions: ['gulf'] });
  const story = await makeArticle(app.desk, { region: 'steppe' });
  const region = async (key: string) => (await app.desk('GET', `/v1/desk/regions/${key}`)).json().data;
  const before = await region('steppe');
  const change = (key: string, payload: object) => send('PATCH', `/v1/desk/regions/${key}`, { version: 1, payload });

  for (const [key, payload] of [
    ['steppe', { parent: 'gulf' }],
    ['steppe', { texts: { en: { name: 'Ours' } } }],
    ['steppe', { countries: ['GE'] }],
    ['coast', { parent: 'steppe' }],
    ['coast', { parent: null }],
  ] as const)
    t.match(
      expectStatus(await change(key, payload), 403).json(),
      { code: 'forbidden', limit: 'region' },
      `${key} ${JSON.stringify(payload)}`,
    );
  await makeRegion(app.desk, { key: 'unused' });
  expectStatus(await send('DELETE', '/v1/desk/regions/unused', { version: 1 }), 403);
  t.same(await region('steppe'), before, 'nothing has changed');
  t.equal((await region('coast')).parent, 'gulf');
  const text = `/v1/desk/articles/${story.id}/locales/en`;
  expectStatus(await send('PATCH', text, { version: 1, payload: { title: 'Taken over' } }), 403);

  const renamed = expectStatus(await change('coast', { texts: { en: { name: 'The coast' } } }), 200).json().data;
  t.match(renamed, { parent: 'gulf', texts: { en: { name: 'The coast' } } }, 'what lies within is theirs');
});

test('who is limited to languages names regions, tags and contributors in these and no others', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(app.desk, 'ru', { aliases: ['rus'] });
  await makeTag(app.desk, { key: 'ferries' });
  await makeRegion(app.desk, { key: 'gulf' });
  await makeContributor(app.desk, { key: 'lookout' });
  const { send } = await makePerson(app, { role: 'editor', locales: ['ru'] });
  for (const [path, type] of [
    ['tags/ferries', 'topic'],
    ['regions/gulf', undefined],
    ['contributors/lookout', 'person'],
  ] as const) {
    const at = `/v1/desk/${path}`;
    const [plural = ''] = path.split('/');
    const make = (texts: object) => send('POST', `/v1/desk/${plural}`, { payload: { key: 'fresh', type, texts } });
    const before = (await app.desk('GET', at)).json().data;
    const refused = [
      await send('PATCH', at, { version: 1, payload: { texts: { en: { name: 'Renamed' } } } }),
      await send('PATCH', at, { version: 1, payload: { texts: { ru: { name: 'Паромы' }, en: null } } }),
      await make({ en: { name: 'Fresh' } }),
      await make({ en: { name: 'Fresh' }, ru: { name: 'Новое' } }),
    ];
    for (const answer of refused)
      t.match(expectStatus(answer, 403).json(), { code: 'forbidden', limit: 'locale' }, path);
    t.same((await app.desk('GET', at)).json().data, before, `${path} has not changed`);
    t.equal((await app.desk('GET', `/v1/desk/${plural}/fresh`)).statusCode, 404, 'nothing was made');

    const named = await send('PATCH', at, { version: 1, payload: { texts: { rus: { name: 'Паромы' } } } });
    t.match(expectStatus(named, 200).json().data.texts, { en: before.texts.en, ru: { name: 'Паромы' } }, path);
    expectStatus(await make({ ru: { name: 'Новое' } }), 201);
  }
});

// Seen to fail: each was done, a merge with new revisions of stories that the same person may not write in.
test('who is limited merges nothing, and makes and deletes no more than they may change', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(app.desk, 'ru');
  for (const key of ['gulf', 'steppe']) await makeRegion(app.desk, { key });
  for (const key of ['ferries', 'boats', 'unused']) await makeTag(app.desk, { key });
  const story = await makeArticle(app.desk, { region: 'steppe', tags: ['ferries'] });
  const before = await getDeskArticle(app.desk, story.id);
  const regional = await makePerson(app, { role: 'editor', regions: ['gulf'] });
  const russian = await makePerson(app, { role: 'editor', locales: ['ru'] });

  for (const [limit, { send }] of Object.entries({ region: regional, locale: russian })) {
    const merged = await send('POST', '/v1/desk/tags/ferries/merge', { version: 1, payload: { into: 'boats' } });
    t.match(expectStatus(merged, 403).json(), { code: 'forbidden', limit });
  }
  t.same(await getDeskArticle(app.desk, story.id), before, 'no story has changed');

  const region = { key: 'delta', texts: { en: { name: 'Delta' } } };
  for (const parent of [undefined, 'steppe'])
    expectStatus(await regional.send('POST', '/v1/desk/regions', { payload: { ...region, parent } }), 403);
  expectStatus(await regional.send('POST', '/v1/desk/regions', { payload: { ...region, parent: 'gulf' } }), 201);

  for (const answer of [
    await russian.send('DELETE', '/v1/desk/tags/unused', { version: 1 }),
    await russian.send('PATCH', '/v1/desk/tags/unused', { version: 1, payload: { type: 'person' } }),
    await russian.send('PATCH', '/v1/desk/regions/gulf', { version: 1, payload: { countries: ['GE'] } }),
  ])
    t.match(expectStatus(answer, 403).json(), { code: 'forbidden', limit: 'locale' });
  const own = { key: 'own', type: 'topic', texts: { ru: { name: 'Свой' } } };
  expectStatus(await russian.send('POST', '/v1/desk/tags', { payload: own }), 201);
  expectStatus(await russian.send('DELETE', '/v1/desk/tags/own', { version: 1 }), 204);
});

// Seen to fail: each was done.
test('who is limited changes nothing that belongs to the whole newsroom', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(app.desk, 'ru');
  await makeRegion(app.desk, { key: 'gulf' });
  const field = { key: 'depth', type: 'number', label: { en: 'Depth' } };
  expectStatus(await app.desk('POST', '/v1/desk/fields', { payload: field }), 201);
  const redirect = { path: '/old', target: 'https://www.example.org/new' };
  const { id } = expectStatus(await app.desk('POST', '/v1/desk/redirects', { payload: redirect }), 201).json().data;
  const { version } = (await app.desk('GET', '/v1/desk/site')).json().data;
  const { partner } = await makePartner(app.desk);
  const locale = { tag: 'fr', name: 'Français', direction: 'ltr' };
  const asked = [
    ['PATCH', 'site', { version, payload: { defaultLocale: 'ru' } }],
    ['POST', 'locales', { payload: locale }],
    ['PATCH', 'locales/en', { version: 1, payload: { name: 'Inglish' } }],
    ['DELETE', 'locales/ru', { version: 1 }],
    ['POST', 'fields', { payload: { ...field, key: 'height' } }],
    ['PATCH', 'fields/depth', { version: 1, payload: { label: { en: 'Height' } } }],
    ['DELETE', 'fields/depth', { version: 1 }],
    ['POST', 'redirects', { payload: { ...redirect, path: '/older' } }],
    ['POST', 'redirects/batch', { payload: { redirects: [{ ...redirect, path: '/older' }] } }],
    ['PATCH', `redirects/${id}`, { version: 1, payload: { target: 'https://elsewhere.example/' } }],
    ['DELETE', `redirects/${id}`, { version: 1 }],
    ['POST', 'partners', { payload: { key: 'radio', name: 'Radio', regions: ['gulf'], locales: ['ru'] } }],
    ['PATCH', `partners/${partner.id}`, { version: 1, payload: { regions: null } }],
    ['POST', 'keys', { payload: { name: 'Radio', scopes: ['syndicate'], partner: partner.key } }],
  ] as const;
  const limits = { locale: { locales: ['ru'] }, region: { regions: ['gulf'] } };
  for (const [limit, reach] of Object.entries(limits)) {
    const { send } = await makePerson(app, { role: 'administrator', ...reach });
    for (const [method, path, given] of asked)
      t.match(expectStatus(await send(method, `/v1/desk/${path}`, given), 403).json(), { code: 'forbidden', limit });
  }
});

// Seen to fail: 200, and other numbers.
test('who is limited corrects views of no story that they may not write in, and takes over no counters', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeRegion(app.desk, { key: 'gulf' });
  await makeRegion(app.desk, { key: 'steppe' });
  await makeLocale(app.desk, 'ru');
  const inside = await makePublished(app.desk, { region: 'gulf' });
  const outside = await makePublished(app.desk, { region: 'steppe' });
  const regional = await makePerson(app, { role: 'administrator', regions: ['gulf'] });
  const russian = await makePerson(app, { role: 'administrator', locales: ['ru'] });
  const hour = new Date(Math.floor(Date.now() / 3_600_000 - 3) * 3_600_000).toISOString();
  const payload = { reason: 'Counted twice', buckets: [{ hour, locale: 'en', source: 'web', views: 7 }] };
  const correct = (send: Send, id: string) => send('PUT', `/v1/desk/articles/${id}/views`, { version: 1, payload });

  t.match(expectStatus(await correct(regional.send, outside.id), 403).json(), { limit: 'region' });
  t.match(expectStatus(await correct(russian.send, inside.id), 403).json(), { limit: 'locale' });
  const counters = { reason: 'Moved', counters: [{ article: inside.id, locale: 'en', views: 5 }] };
  for (const { send } of [regional, russian])
    expectStatus(await send('POST', '/v1/desk/views/import', { payload: counters }), 403);
  t.equal((await app.request('GET', `/v1/articles/${outside.id}/views`)).json().data.total, 0);
  expectStatus(await correct(regional.send, inside.id), 200);
});
