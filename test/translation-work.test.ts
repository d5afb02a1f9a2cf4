// Translation work: which languages a story lacks, which are behind their original, by how much and since when.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { importText, story as lineOf, textOf } from './fixtures/importing.ts';
import { walkPages } from './fixtures/paging.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keyWith } = await buildTestApp(t, { roles: { api: true, jobs: false } });
for (const [position, locale] of ['ru', 'hy', 'ka'].entries())
  await makeLocale(desk, locale, { position: position + 1, ...(locale === 'ru' && { aliases: ['rus'] }) });
const { pool } = app.db;

const urlOf = (id: string) => `/v1/desk/articles/${id}`;
const edit = async (id: string, locale: string, payload: object) => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  return desk('PATCH', `${urlOf(id)}/locales/${locale}`, { version, payload });
};
interface State {
  locale: string;
  state: string;
  versionsBehind: number;
  outdatedSince: string | null;
}
const statesOf = async (id: string) =>
  expectStatus(await desk('GET', `${urlOf(id)}/translations`), 200).json<{ data: State[] }>().data;
const wordsOf = async (id: string) => (await statesOf(id)).map(({ locale, state }) => `${locale} ${state}`);

test('each language of the newsroom is original, missing, behind by so many versions since then, or current', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Bridge' }, ru: { title: 'Мост' } } });
  t.same(await wordsOf(id), ['en original', 'ru current', 'hy missing', 'ka missing']);
  t.match(await getDeskArticle(desk, id), { originalLocale: 'en', createdBy: null });

  expectStatus(await edit(id, 'en', { title: 'Bridge closes' }), 200);
  const since = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expectStatus(await edit(id, 'en', { title: 'Bridge closed' }), 200);
  expectStatus(await edit(id, 'ru', { title: 'Мост закрыт' }), 200);
  expectStatus(await desk('POST', `${urlOf(id)}/locales/ru/publish`, { version: 2, payload: {} }), 200);
  const [, russian] = await statesOf(id);
  t.match(russian, {
    state: 'outdated',
    title: 'Мост закрыт',
    status: 'published',
    isLive: true,
    version: 2,
    sourceVersion: 1,
    versionsBehind: 2,
    assignee: null,
  });
  t.ok(Date.parse(russian?.outdatedSince ?? '') <= since + 5, 'since the first version that it does not follow');

  expectStatus(await edit(id, 'ru', { sourceVersion: 2 }), 200);
  t.match((await statesOf(id))[1], { state: 'outdated', versionsBehind: 1 });
  expectStatus(await edit(id, 'ru', { sourceVersion: 3 }), 200);
  t.match((await statesOf(id))[1], { state: 'current', versionsBehind: 0, outdatedSince: null });
  expectStatus(await desk('POST', `${urlOf(id)}/locales`, { payload: { locale: 'hy', title: 'Կամուրջ' } }), 201);
  t.match(
    (await statesOf(id))[2],
    { state: 'current', sourceVersion: 3, version: 1 },
    'one that is added follows what is there',
  );
});

test('saying that a translation is up to date is no change of its text: version, revisions and the public stay', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: {}, ru: {} } });
  expectStatus(await edit(id, 'en', { title: 'Moved on' }), 200);
  const state = async () => {
    const { rows } = await pool.query('select count(*)::int as n from revisions where article_id = $1', [id]);
    const { etag } = (await request('GET', `/v1/articles/${id}?locale=ru`)).headers;
    const { version, changedSincePublished, updatedAt } = stateIn(await getDeskArticle(desk, id), 'ru');
    return { rows, etag, version, changedSincePublished, updatedAt };
  };
  const before = await state();
  const answer = expectStatus(await edit(id, 'ru', { sourceVersion: 2 }), 200);
  t.equal(answer.headers.etag, '"1"');
  t.equal(answer.json().data.sourceVersion, 2);
  t.same(await state(), before);
  const both = expectStatus(await edit(id, 'ru', { title: 'Вслед', sourceVersion: 1 }), 200);
  t.match(both.json().data, { version: 2, title: 'Вслед', sourceVersion: 1 }, 'with a text it is one change');
});

test('a source version that cannot be is refused, and nothing of the change is kept', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const before = await getDeskArticle(desk, id);
  for (const [locale, sourceVersion, code] of [
    ['ru', 2, 'maximum'],
    ['ru', 0, 'minimum'],
    ['ru', 1.5, 'type'],
    ['ru', null, 'type'],
    ['ru', 1e12, 'maximum'],
    ['en', 1, 'original'],
  ] as const) {
    const refused = expectStatus(await edit(id, locale, { title: 'Not kept', sourceVersion }), 400);
    t.match(problemOf(refused.body).errors, [{ pointer: '/sourceVersion', code }], `${locale} ${sourceVersion}`);
  }
  const stale = await desk('PATCH', `${urlOf(id)}/locales/ru`, {
    version: 9,
    payload: { sourceVersion: 1, assignee: null },
  });
  t.match(expectStatus(stale, 412).json(), { currentVersion: 1 });
  t.same(await getDeskArticle(desk, id), before);
});

test('the original is the first language given, or the one that is named; another can be named later', async (t) => {
  const locales = { rus: { title: 'Первый' }, en: { title: 'Second' } };
  const first = expectStatus(await desk('POST', '/v1/desk/articles', { payload: { locales } }), 201).json().data;
  t.equal(first.originalLocale, 'ru');
  const named = expectStatus(
    await desk('POST', '/v1/desk/articles', { payload: { originalLocale: 'en', locales } }),
    201,
  );
  const { id } = named.json().data;
  t.same((await wordsOf(id)).slice(0, 2), ['en original', 'ru current']);
  for (const originalLocale of ['hy', 'xx']) {
    const refused = expectStatus(
      await desk('POST', '/v1/desk/articles', { payload: { originalLocale, locales } }),
      400,
    );
    t.match(problemOf(refused.body).errors, [{ pointer: '/originalLocale' }]);
    const later = expectStatus(await desk('PATCH', urlOf(id), { version: 1, payload: { originalLocale } }), 400);
    t.match(problemOf(later.body).errors, [{ pointer: '/originalLocale' }]);
  }
  expectStatus(await desk('POST', `${urlOf(id)}/locales`, { payload: { locale: 'hy', title: 'Երրորդ' } }), 201);
  for (const title of ['a', 'b', 'c']) expectStatus(await edit(id, 'en', { title }), 200);
  expectStatus(await edit(id, 'ru', { sourceVersion: 4, title: 'Вслед' }), 200);
  t.same((await wordsOf(id)).slice(0, 3), ['en original', 'ru current', 'hy outdated']);
  expectStatus(await desk('PATCH', urlOf(id), { version: 1, payload: { originalLocale: 'rus' } }), 200);
  t.same((await wordsOf(id)).slice(0, 3), ['en current', 'ru original', 'hy outdated'], 'what was behind stays behind');
  t.match((await statesOf(id))[0], { sourceVersion: 2 });
  t.match((await statesOf(id))[1], { sourceVersion: null });
  const { data } = expectStatus(await desk('GET', '/v1/desk/tasks?type=update&limit=100'), 200).json();
  const waiting = data.filter(({ articleId }: { articleId: string }) => articleId === id);
  // Seen to fail without the trigger judge_article.
  t.match(waiting, [{ locale: 'hy' }], 'nor does the new original wait for anything');
  t.equal(waiting.length, 1);
});

// Seen to fail with: importLines without followOriginals (the Russian line is behind after the second import).
test('an import follows its source: its first language is the original, and what comes together is up to date', async (t) => {
  const lines = (title: string) =>
    textOf([
      lineOf('tw', { title, status: 'draft' }),
      lineOf('tw', { locale: 'ru', title: `${title} по-русски`, status: 'draft' }),
    ]);
  await importText(pool, lines('One'));
  const [{ id }] = (await pool.query("select id from articles where external_id = 'wire:tw'")).rows;
  t.same((await wordsOf(id)).slice(0, 2), ['en original', 'ru current']);
  t.match((await importText(pool, lines('Two'))).counts, { updated: 2 });
  t.match((await statesOf(id))[1], { state: 'current', sourceVersion: 2 });
  await importText(pool, textOf([lineOf('tw', { title: 'Three', status: 'draft' })]));
  t.match(
    (await statesOf(id))[1],
    { state: 'outdated', versionsBehind: 1 },
    'where one language comes alone, the other is behind',
  );
});

test('the list of a language has what is missing and what is behind, newest story first, by state, kind and region', async (t) => {
  const own = await buildTestApp(t);
  for (const locale of ['ru', 'hy']) await makeLocale(own.desk, locale);
  const north = await makeRegion(own.desk, { key: 'north' });
  await makeRegion(own.desk, { key: 'fjord', parent: 'north' });
  await makeRegion(own.desk, { key: 'south' });
  const make = async (overrides: Parameters<typeof makeArticle>[1]) => (await makeArticle(own.desk, overrides)).id;
  const move = async (id: string) =>
    expectStatus(await own.desk('PATCH', `${urlOf(id)}/locales/en`, { version: 1, payload: { title: 'On' } }), 200);
  const missing = await make({ region: 'fjord' });
  const behind = await make({ region: 'south', kind: 'opinion', locales: { en: {}, ru: {} } });
  await move(behind);
  const current = await make({ locales: { en: {}, ru: {} } });
  const original = await make({ locales: { ru: {} } });
  const archived = await make({ region: 'fjord' });
  await own.app.db.pool.query("update drafts set status = 'archived' where article_id = $1", [archived]);
  const latest = await make({ kind: 'opinion' });

  const list = async (query: string) => {
    const pages = await walkPages<{ articleId: string }>(own.desk, `/v1/desk/translations?limit=1&${query}`);
    return pages.flat().map(({ articleId }) => articleId);
  };
  t.same(await list('locale=ru'), [latest, behind, missing]);
  t.same(await list('locale=ru&state=missing'), [latest, missing]);
  t.same(await list('locale=ru&state=outdated'), [behind]);
  const twice = await own.desk('GET', '/v1/desk/translations?locale=ru&state=missing,missing');
  const found = expectStatus(twice, 200).json<{ data: { articleId: string }[] }>().data;
  t.same(
    found.map(({ articleId }) => articleId),
    [latest, missing],
    'each story once, however often its state is named',
  );
  t.same(await list('locale=ru&kind=opinion,video'), [latest, behind]);
  t.same(await list('locale=ru&region=north'), [missing]);
  t.same(await list(`locale=ru&region=${north.id},south`), [behind, missing]);
  t.same(await list('locale=hy&state=missing'), [latest, original, current, behind, missing]);
  t.same(await list('locale=en'), [original]);
  const { data } = expectStatus(await own.desk('GET', '/v1/desk/translations?locale=ru&state=outdated'), 200).json();
  t.match(data[0], {
    kind: 'opinion',
    original: { locale: 'en', title: 'On', version: 2, isLive: false },
    translation: { locale: 'ru', state: 'outdated', versionsBehind: 1, status: 'draft' },
  });
  const { next } = (await own.desk('GET', '/v1/desk/translations?locale=ru&limit=1')).json().links;
  const cursor = new URL(next).searchParams.get('cursor');
  for (const query of ['locale=hy', 'locale=ru&state=missing', 'locale=ru&kind=news', 'locale=ru&region=north']) {
    const answer = expectStatus(await own.desk('GET', `/v1/desk/translations?${query}&cursor=${cursor}`), 400);
    t.equal(problemOf(answer.body).code, 'invalid_cursor', query);
  }
});

test('work is listed for those who may read the desk, and wrong filters are refused by name', async (t) => {
  const { id } = await makeArticle(desk);
  for (const url of ['/v1/desk/translations?locale=ru', `${urlOf(id)}/translations`]) {
    t.equal((await request('GET', url)).statusCode, 401);
    t.equal((await as(await keyWith(['articles:write']))('GET', url)).statusCode, 403);
    t.equal((await as(await keyWith(['articles:read']))('GET', url)).headers['cache-control'], 'private, no-store');
  }
  const refusals = {
    '': 'locale',
    'locale=xx': 'locale',
    'locale=ru&state=current': 'state',
    'locale=ru&region=atlantis': 'region',
    'locale=ru&region=constructor': 'region',
    'locale=ru&sort=title': 'sort',
  };
  for (const [query, parameter] of Object.entries(refusals)) {
    const refused = expectStatus(await desk('GET', `/v1/desk/translations?${query}`), 400);
    t.equal(problemOf(refused.body).errors?.[0]?.parameter, parameter, query);
  }
  t.equal((await desk('GET', `${urlOf('019a0000-0000-7000-8000-000000000000')}/translations`)).statusCode, 404);
});
