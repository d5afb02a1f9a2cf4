// Previews: what a token shows, to whom, for how long; and that it opens nothing else.
import t, { test } from 'tap';
import type { Scope } from '../src/modules/access/scopes.ts';
import { newPreviewToken } from '../src/modules/access/secret.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { walkPages } from './fixtures/paging.ts';
import { expirePreview, gist } from './fixtures/previews.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const { app, request, desk, as, keyWith, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'delta' });
await makeTag(desk, { key: 'reeds' });
await makeContributor(desk, { key: 'heron' });
const PLACE = { region: 'delta', tags: ['reeds'], byline: ['heron'] };

const previewsOf = (id: string, locale = 'en') => `/v1/desk/articles/${id}/locales/${locale}/previews`;
const make = async (id: string, payload: object = {}, locale = 'en') =>
  expectStatus(await desk('POST', previewsOf(id, locale), { payload }), 201).json().data;
const read = (token: string, query = '') => request('GET', `/v1/previews/${token}${query}`);

test('a preview shows the current draft in the shape of a published story, marked, and kept by no cache', async (t) => {
  const draft = { title: 'Reeds cut', slug: 'reeds-cut', standfirst: 'Early this year.', body: { text: 'They cut.' } };
  const { id } = await makeArticle(desk, { ...PLACE, locales: { en: draft } });
  const made = await make(id);
  t.match(made.token, /^dp_[0-9a-f]{56}$/);
  t.equal(made.url, `https://api.example.org/v1/previews/${made.token}`);
  t.ok(Math.abs(Date.parse(made.expiresAt) - Date.now() - 86_400_000) < 10_000, 'one day unless it is said otherwise');

  const answer = expectStatus(await request('GET', new URL(made.url).pathname), 200);
  t.match(answer.headers, {
    'cache-control': 'private, no-store',
    'x-robots-tag': 'noindex',
    'referrer-policy': 'no-referrer',
    'content-language': 'en',
  });
  t.equal(answer.headers.etag, undefined);
  t.equal(answer.headers['last-modified'], undefined);
  const { data, meta, links } = answer.json();
  t.same(meta, { requestedLocale: 'en', locale: 'en', preview: true, expiresAt: made.expiresAt });
  t.equal(links.self, made.url);
  t.match(data, {
    id,
    title: 'Reeds cut',
    standfirst: 'Early this year.',
    body: { text: 'They cut.' },
    translations: [],
  });
  t.match(data, { region: { key: 'delta' }, tags: [{ key: 'reeds' }], byline: [{ key: 'heron' }] });
  t.equal((await request('GET', `/v1/articles/${id}`)).statusCode, 404, 'and the public sees nothing of it');

  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload: { title: 'Recut' } }),
    200,
  );
  t.equal((await read(made.token)).json().data.title, 'Recut', 'an edit is seen at once');
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 2, payload: {} }), 200);
  const live = (await request('GET', `/v1/articles/${id}`)).json().data;
  t.same((await read(made.token)).json().data, live, 'published as it is, it is the public story to the last member');
  const sparse = expectStatus(await read(made.token, '?fields=title,body.html'), 200).json().data;
  t.same(sparse, { id, locale: 'en', title: 'Recut', body: { html: '<p>They cut.</p>' } });
  t.equal((await read(made.token, '?fields=status')).statusCode, 400);
  t.equal((await read(made.token, '?include=views')).statusCode, 400);
});

// Seen to fail with: no filter on `revoked_at` and `expires_at` in previews/queries.ts; an error of its own for a malformed token.
test('expired, revoked, unknown and malformed tokens are one and the same 404 (G13)', async (t) => {
  const { id } = await makeArticle(desk);
  const [expired, revoked, trashed] = [await make(id), await make(id), await make((await makeArticle(desk)).id)];
  await expirePreview(app, expired.id);
  t.equal((await desk('DELETE', `/v1/desk/previews/${revoked.id}`)).statusCode, 204);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${trashed.articleId}`, { version: 1 }), 204);
  const { token } = await make(id);
  const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  const unknown = newPreviewToken();
  const none = gist(expectStatus(await read('x'), 404));
  const tokens = { expired: expired.token, revoked: revoked.token, trashed: trashed.token, unknown, forged };
  const malformed = {
    upper: token.toUpperCase(),
    padded: `${token}%20`,
    deeper: `${token};x.css`,
    file: `${token}.json`,
  };
  for (const [what, other] of Object.entries({ ...tokens, ...malformed, id: expired.id, key: await keyWith([]) }))
    t.same(gist(await read(other)), none, what);
  t.equal(none.headers['x-robots-tag'], 'noindex');
  t.match(none.headers['cache-control'], /no-store/);
  t.equal((await read(token)).statusCode, 200, 'the good one is still good');
  for (const path of [`${token}/x.css`, `${token}%2fx.css`, `x/..%2f${token}`, `${token}%2f..%2f`])
    t.equal((await read(path)).statusCode, 404, `${path} (G57)`);
});

test('a token opens its draft and nothing else: not another language, not the desk, not as Authorization', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Only this' }, ru: { title: 'Не это' } } });
  const { token } = await make(id);
  t.equal((await read(token)).json().data.title, 'Only this');
  t.notMatch((await read(token)).body, 'Не это');
  t.equal((await read(token, '?locale=ru')).statusCode, 400, 'the language is not for the holder to choose');
  const holder = as(token);
  for (const url of [
    '/v1/articles',
    '/v1/desk/articles',
    `/v1/desk/articles/${id}/locales/en`,
    `/v1/previews/${token}`,
  ])
    t.equal((await holder('GET', url)).statusCode, 401, url);
  t.equal((await holder('POST', previewsOf(id), { payload: {} })).statusCode, 401);
});

// Seen to fail with: `siblings` taken from the drafts of the story.
test('the other languages that a preview names are the public ones, by what is public of them (G09)', async (t) => {
  const { id } = await makeArticle(desk, {
    locales: { en: { title: 'Ferry' }, ru: { title: 'Паром', slug: 'паром-публичный' } },
  });
  const { token } = await make(id);
  t.same((await read(token)).json().data.translations, []);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/ru/publish`, { version: 1, payload: {} }), 200);
  const later = { title: 'Тайна', slug: 'тайна' };
  expectStatus(await desk('PATCH', `/v1/desk/articles/${id}/locales/ru`, { version: 1, payload: later }), 200);
  t.match((await read(token)).json().data.translations, [{ locale: 'ru', slug: 'паром-публичный', title: 'Паром' }]);
  t.notMatch((await read(token)).body, /тайна/i);
});

// Seen to fail with: a touch of published_articles.modified_at when a preview is made.
test('neither making nor reading a preview moves anything public, and it counts no view (G59)', async (t) => {
  const { id } = await makePublished(desk, PLACE);
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload: { title: 'Zqsecret' } }),
    200,
  );
  const urls = [
    `/v1/articles/${id}`,
    '/v1/articles?count=exact',
    '/v1/articles?region=delta&sort=-updatedAt',
    '/v1/regions?include=counts',
  ];
  const look = async () => {
    const answers = await Promise.all(urls.map((url) => request('GET', url)));
    return answers.map(({ body, headers: { etag, 'last-modified': modified } }) => ({ body, etag, modified }));
  };
  const views = async () =>
    (await app.db.pool.query('select coalesce(sum(views), 0)::int as views from view_counts')).rows;
  const before = [await look(), await views()];
  const { token } = await make(id);
  t.equal((await read(token)).json().data.title, 'Zqsecret');
  await app.inject({
    method: 'GET',
    url: `/v1/previews/${token}`,
    headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
  });
  t.same([await look(), await views()], before);
});

test('previews are listed newest first without their tokens, page by page, and revoked once', async (t) => {
  const { id } = await makeArticle(desk);
  const made = [];
  for (let n = 0; n < 3; n += 1) made.unshift(await make(id, { expiresIn: 60 + n }));
  await expirePreview(app, made[2].id);
  const [newest] = made;
  t.equal((await desk('DELETE', `/v1/desk/previews/${newest.id.toUpperCase()}`)).statusCode, 204);
  t.equal((await desk('DELETE', `/v1/desk/previews/${newest.id}`)).statusCode, 404, 'there is nothing left to revoke');
  const list = expectStatus(await desk('GET', previewsOf(id)), 200);
  t.match(list.json().data, [
    { id: newest.id, state: 'revoked', createdBy: { type: 'key' } },
    { id: made[1].id, state: 'active', revokedAt: null, articleId: id, locale: 'en' },
    { id: made[2].id, state: 'expired' },
  ]);
  for (const { token } of made) t.notMatch(list.body, token.slice(3, 20));
  const pages = await walkPages<{ id: string }>(desk, `${previewsOf(id)}?limit=1`);
  t.same(
    pages.map(([only]) => only?.id),
    made.map((preview) => preview.id),
  );
});

test('a token is kept nowhere: not in the table, not in the audit log, not in a log line (G17)', async (t) => {
  const lines: string[] = [];
  const own = await buildTestApp(t, { logLevel: 'trace', logStream: { write: (line) => void lines.push(line) } });
  const { id } = await makeArticle(own.desk);
  const { token } = expectStatus(await own.desk('POST', previewsOf(id), { payload: {} }), 201).json().data;
  expectStatus(await own.request('GET', `/v1/previews/${token}`), 200);
  expectStatus(await own.request('GET', `/v1/previews/${token}x`), 404);
  const { rows } = await own.app.db.pool.query(
    "select query_to_xml('select * from previews', true, false, '')::text || (select string_agg(a::text, '') from audit a) as dump",
  );
  t.notMatch(rows[0].dump, token.slice(3, 40));
  t.notMatch(lines.join('\n'), token.slice(3, 40));
});

test('what is wrong is refused, and nothing is made', async (t) => {
  const { id } = await makeArticle(desk);
  const count = async () => (await app.db.pool.query('select count(*)::int as n from previews')).rows[0].n;
  const before = await count();
  for (const expiresIn of [59, 2_592_001, 60.5, '60', null, -1, 1e12]) {
    const answer = expectStatus(await desk('POST', previewsOf(id), { payload: { expiresIn } }), 400);
    t.equal(problemOf(answer.body).errors?.[0]?.pointer, '/expiresIn', String(expiresIn));
  }
  t.equal((await desk('POST', previewsOf(id), { payload: { token: 'mine' } })).statusCode, 400);
  t.equal((await desk('POST', previewsOf(id, 'ru'), { payload: {} })).statusCode, 404, 'no draft in this language');
  t.equal((await desk('POST', previewsOf(id, 'xx'), { payload: {} })).statusCode, 400);
  t.equal((await desk('GET', previewsOf('019a0000-0000-7000-8000-000000000000'))).statusCode, 404);
  t.equal(await count(), before);
  const shortest = expectStatus(await desk('POST', previewsOf(id, 'en'), { payload: { expiresIn: 60 } }), 201).json()
    .data;
  t.ok(Date.parse(shortest.expiresAt) - Date.now() < 61_000);
});

test('previews need their own scope, and reach no further than writing does', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const { id: preview } = await make(id);
  const scopes: Scope[] = ['articles:read', 'articles:write', 'articles:publish', 'audit:read'];
  const writer = as(await keyWith(scopes));
  const key = await keyWith(['previews:write']);
  await app.db.pool.query("update api_keys set locales = '{ru}' where name = 'previews:write'");
  const before = await getDeskArticle(desk, id);
  for (const [method, url] of [
    ['GET', previewsOf(id)],
    ['POST', previewsOf(id)],
    ['DELETE', `/v1/desk/previews/${preview}`],
  ] as const) {
    t.equal((await request(method, url)).statusCode, 401, `${method} without a key`);
    t.match(expectStatus(await writer(method, url), 403).json(), { scope: 'previews:write' });
    if (method !== 'GET') t.match(expectStatus(await as(key)(method, url), 403).json(), { limit: 'locale' });
  }
  t.equal((await as(key)('POST', previewsOf(id, 'rus'), { payload: {} })).statusCode, 201);
  t.same(stateIn(await getDeskArticle(desk, id), 'en'), stateIn(before, 'en'));
  t.equal((await desk('GET', previewsOf(id))).json().data[0].state, 'active');
});

// Seen to fail without forget_previews in plugins/jobs.ts.
test('a month after it expired, revoked or not, a preview is forgotten; until then the desk sees who made it', async (t) => {
  const { id } = await makeArticle(desk);
  const [old, revoked, kept] = [await make(id), await make(id), await make(id)];
  expectStatus(await desk('DELETE', `/v1/desk/previews/${revoked.id}`), 204);
  const age = (ids: string[], days: number) =>
    app.db.pool.query('update previews set expires_at = now() - make_interval(days => $2) where id = any($1)', [
      ids,
      days,
    ]);
  await age([old.id, revoked.id], 31);
  await age([kept.id], 29);
  await buildTestApp(t, { databaseUrl, roles: { api: false, jobs: true } });
  const { rowCount } = await app.db.pool.query(
    "select from graphile_worker._private_known_crontabs where identifier = 'forget_previews'",
  );
  t.equal(rowCount, 1, 'it runs by the clock');
  await app.db.pool.query("select graphile_worker.add_job('forget_previews')");
  const list = async () => expectStatus(await desk('GET', previewsOf(id)), 200).json().data;
  await until('it has run', async () => (await list()).length < 3);
  const left = await list();
  t.match(left, [{ id: kept.id, state: 'expired' }]);
  t.equal(left.length, 1);
});
