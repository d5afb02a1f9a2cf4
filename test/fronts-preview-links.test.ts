// Previews of fronts by token: what a link shows to a guest, for how long, who makes it; and that it opens nothing else.
import t, { test } from 'tap';
import { newPreviewToken } from '../src/modules/access/secret.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { LATER, makeFront, slotWith, urlOf } from './fixtures/fronts.ts';
import { walkPages } from './fixtures/paging.ts';
import { makePerson } from './fixtures/people.ts';
import { expirePreview, gist } from './fixtures/previews.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const newsroom = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk, as, keyWith } = newsroom;
await makeLocale(desk, 'ru');

const previewsOf = (slug: string) => `${urlOf(slug)}/previews`;
const make = async (slug: string, payload: object = {}) =>
  expectStatus(await desk('POST', previewsOf(slug), { payload }), 201).json().data;
const read = (token: string, query = '') => request('GET', `/v1/front-previews/${token}${query}`);
const shown = async (token: string, query = '') => expectStatus(await read(token, query), 200).json();
const titlesIn = async (token: string, query = '') =>
  (await shown(token, query)).data.slots.map(({ items }: { items: { title: string }[] }) =>
    items.map(({ title }) => title),
  );
/** What was never public is dated at the moment of each look. */
const undated = (data: object) => JSON.stringify(data).replaceAll(/"\w+At":"[^"]*"/g, '');

test('a guest sees what the desk sees, now and at a time, marked, and kept by no cache', async (t) => {
  const { id } = await makeArticle(desk, {
    locales: { en: { title: 'Zqdraft', body: { text: 'Zqbody.' } }, ru: { title: 'Zqчерновик' } },
  });
  const { slug } = await makeFront(desk, { slots: [slotWith(id)], public: false });
  const change = { at: LATER, front: { title: { en: 'Night' }, slots: [] } };
  expectStatus(await desk('POST', `${urlOf(slug)}/changes`, { version: 1, payload: change }), 201);
  const made = await make(slug);
  t.match(made, { front: slug, state: 'active', revokedAt: null, createdBy: { type: 'key' } });
  t.match(made.token, /^dp_[0-9a-f]{56}$/);
  t.equal(made.url, `https://api.example.org/v1/front-previews/${made.token}`);
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
  const { meta, links } = answer.json();
  t.match(meta, { requestedLocale: 'en', locale: 'en', preview: true, expiresAt: made.expiresAt });
  t.same(meta.unpublished, [{ id }], 'and not in which state of the desk it is');
  t.equal(links.self, made.url);
  for (const query of ['', '?locale=ru', '?fields=body.text', `?at=${LATER}`, `?at=${LATER}&locale=ru&fallback=site`]) {
    const own = expectStatus(await desk('GET', `${urlOf(slug)}/preview${query}`), 200).json();
    const guest = await shown(made.token, query);
    t.equal(undated(guest.data), undated(own.data), query);
    t.same(
      { ...guest.meta, at: null },
      {
        ...own.meta,
        at: null,
        expiresAt: made.expiresAt,
        unpublished: own.meta.unpublished.map((story: { id: string }) => ({ id: story.id })),
      },
    );
  }
  t.same(await titlesIn(made.token), [['Zqdraft']]);
  t.same(await titlesIn(made.token, '?locale=ru'), [['Zqчерновик']]);
  t.match(await shown(made.token, `?at=${LATER}`), { data: { title: 'Night', slots: [] } });
  const patch = { version: 1, payload: { title: 'Zqagain' } };
  expectStatus(await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, patch), 200);
  t.same(await titlesIn(made.token), [['Zqagain']], 'an edit is seen at once');
  expectStatus(await desk('PATCH', urlOf(slug), { version: 2, payload: { slots: [] } }), 200);
  t.same(await titlesIn(made.token), [], 'of the front, too');
});

// Seen to fail with: drafts in the order of the chain turned round in previews/pinning.ts.
test('with fallback, each story stands in the first language in which it is public or on its way', async (t) => {
  const { id: both } = await makePublished(desk, { locales: { ru: { title: 'Только' } } });
  const { id: coming } = await makeArticle(desk, { locales: { ru: { title: 'Скоро' } } });
  const { id: first } = await makeArticle(desk, { locales: { en: { title: 'Soon' }, ru: { title: 'Рано' } } });
  const pinned = [both, coming, first].map((articleId) => ({ articleId }));
  const { slug } = await makeFront(desk, { slots: [{ key: 'lead', size: 3, pinned }] });
  const { token } = await make(slug);
  t.same(await titlesIn(token), [['Soon']]);
  const answer = expectStatus(await read(token, '?fallback=ru'), 200);
  t.equal(answer.headers['content-language'], 'en, ru');
  const { data, meta } = answer.json();
  t.match(data.slots[0].items, [
    { id: both, title: 'Только', locale: 'ru', isFallback: true },
    { id: coming, title: 'Скоро', locale: 'ru', isFallback: true },
    { id: first, title: 'Soon', locale: 'en', isFallback: false },
  ]);
  t.same(meta.unpublished, [{ id: coming }, { id: first }]);
  t.match(await shown(token, '?fallback=ru&fields=title'), {
    data: { slots: [{ items: [{ locale: 'ru', isFallback: true }, {}, { title: 'Soon', isFallback: false }] }] },
  });
  const publish = await desk('POST', `/v1/desk/articles/${both}/locales/ru/withdraw`, { version: 1, payload: {} });
  expectStatus(publish, 200);
  t.same(await titlesIn(token, '?fallback=ru'), [['Скоро', 'Soon']], 'what was withdrawn is not shown');
});

// Seen to fail with: no filter on `revoked_at` and `expires_at` in previews/queries.ts; checkParts() before the token in arrangement.ts.
test('expired, revoked, unknown and malformed tokens, and those of a front that is gone, are one and the same 404', async (t) => {
  const { slug } = await makeFront(desk);
  const { slug: gone } = await makeFront(desk);
  const [expired, revoked, deleted] = [await make(slug), await make(slug), await make(gone)];
  await expirePreview(app, expired.id);
  t.equal((await desk('DELETE', `${previewsOf(slug)}/${revoked.id}`)).statusCode, 204);
  t.equal((await desk('DELETE', urlOf(gone), { version: 1 })).statusCode, 204);
  const { rows } = await app.db.pool.query('select from previews where id = $1', [deleted.id]);
  t.equal(rows.length, 0, 'the front takes its previews along');
  const { id } = await makeArticle(desk);
  const ofStory = await desk('POST', `/v1/desk/articles/${id}/locales/en/previews`, { payload: {} });
  const { token } = await make(slug);
  const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  const none = gist(expectStatus(await read('x'), 404));
  const tokens = {
    ...{ expired: expired.token, revoked: revoked.token, deleted: deleted.token, unknown: newPreviewToken(), forged },
    ...{ story: expectStatus(ofStory, 201).json().data.token, id: expired.id, key: await keyWith([]) },
    ...{ upper: token.toUpperCase(), padded: `${token}%20`, file: `${token}.json` },
  };
  for (const [what, other] of Object.entries(tokens))
    for (const query of ['', '?locale=xx', '?at=2020-01-01T00:00:00Z', '?fields=extra.none'])
      t.same(gist(await read(other, query)), none, `${what} ${query}`);
  t.equal(none.headers['x-robots-tag'], 'noindex');
  t.equal(none.headers['cache-control'], 'no-store');
  t.equal((await request('GET', `/v1/previews/${token}`)).statusCode, 404, 'nor does it open a story');
  const refused = expectStatus(await read('x', '?nothing=1'), 400);
  t.match(refused.headers, { 'x-robots-tag': 'noindex', 'cache-control': 'no-store' });
  t.equal((await read(token)).statusCode, 200, 'the good one is still good');
});

test('a token opens its front and nothing else, and shows no draft that is not pinned there', async (t) => {
  await makeArticle(desk, { locales: { en: { title: 'Zqelsewhere' } } });
  const slots = [{ key: 'rest', size: 10, source: { type: 'filter' as const } }];
  const { slug } = await makeFront(desk, { slots });
  const { slug: other } = await makeFront(desk, { title: { en: 'Zqother' } });
  const { token } = await make(slug);
  t.notMatch((await read(token, '?locale=en&fallback=site&fields=title,body')).body, /Zq/);
  t.equal((await read(token, `?slug=${other}`)).statusCode, 400);
  const holder = as(token);
  for (const url of ['/v1/fronts', `${urlOf(slug)}/preview`, previewsOf(slug), `/v1/front-previews/${token}`])
    t.equal((await holder('GET', url)).statusCode, 401, url);
  t.equal((await holder('POST', previewsOf(slug), { payload: {} })).statusCode, 401);
  const { rows } = await app.db.pool.query('select count(*)::int as n from view_counts');
  t.equal(rows[0].n, 0, 'and no view is counted');
});

test('what is wrong is refused, and nothing is made', async (t) => {
  const { slug } = await makeFront(desk);
  const count = async () => (await app.db.pool.query('select count(*)::int as n from previews')).rows[0].n;
  const { token } = await make(slug);
  const before = await count();
  for (const expiresIn of [59, 2_592_001, 60.5, '60', null]) {
    const answer = expectStatus(await desk('POST', previewsOf(slug), { payload: { expiresIn } }), 400);
    t.equal(problemOf(answer.body).errors?.[0]?.pointer, '/expiresIn', String(expiresIn));
  }
  t.equal((await desk('POST', previewsOf(slug), { payload: { token: 'mine' } })).statusCode, 400);
  t.equal((await desk('POST', previewsOf('nothing-here'), { payload: {} })).statusCode, 404);
  t.equal((await desk('GET', previewsOf('nothing-here'))).statusCode, 404);
  t.equal(await count(), before);
  for (const [query, parameter] of [
    ['?at=2020-01-01T00:00:00Z', 'at'],
    ['?at=tomorrow', 'at'],
    ['?locale=xx', 'locale'],
    ['?fallback=none,ru', 'fallback'],
    ['?fields=status', 'fields'],
    ['?include=views', 'include'],
  ] as const)
    t.match(problemOf(expectStatus(await read(token, query), 400).body).errors?.[0], { parameter }, query);
  const nothing = "insert into previews (id, digest, expires_at) values (gen_random_uuid(), '', now())";
  await t.rejects(app.db.pool.query(nothing), /previews_one/, 'a preview of nothing');
});

// Seen to fail with: the front left out of revokePreviews(); no limit `own` in checkUnlimited().
test('links are made and revoked by those who see all of a front, and by nobody else', async (t) => {
  const { slug } = await makeFront(desk);
  const { slug: other } = await makeFront(desk);
  const { id, token } = await make(slug);
  const one = `${previewsOf(slug)}/${id}`;
  const stranger = as(await keyWith(['articles:read', 'fronts:write', 'embargoed:read']));
  const key = await keyWith(['previews:write']);
  const limited = await keyWith(['articles:read', 'previews:write']);
  await app.db.pool.query("update api_keys set locales = '{ru}' where name = 'articles:read previews:write'");
  const { send: author } = await makePerson(newsroom, { role: 'author' });
  for (const [method, url] of [
    ['GET', previewsOf(slug)],
    ['POST', previewsOf(slug)],
    ['DELETE', one],
  ] as const) {
    t.equal((await request(method, url)).statusCode, 401, `${method} without a key`);
    t.match(expectStatus(await stranger(method, url), 403).json(), { scope: 'previews:write' });
    if (method === 'GET') continue;
    t.match(expectStatus(await as(limited)(method, url), 403).json(), { limit: 'locale' });
    t.match(expectStatus(await author(method, url), 403).json(), { limit: 'own' });
  }
  t.equal((await desk('DELETE', `${previewsOf(other)}/${id}`)).statusCode, 404, 'it is of another front');
  t.equal((await desk('DELETE', `/v1/desk/previews/${id}`)).statusCode, 404, 'it is of no story');
  const { id: articleId } = await makeArticle(desk);
  const ofStory = await desk('POST', `/v1/desk/articles/${articleId}/locales/en/previews`, { payload: {} });
  const story = expectStatus(ofStory, 201).json().data;
  t.equal((await desk('DELETE', `${previewsOf(slug)}/${story.id}`)).statusCode, 404);
  t.equal((await read(token)).statusCode, 200, 'and it still opens');
  t.equal((await request('GET', `/v1/previews/${story.token}`)).statusCode, 200);
  t.equal((await as(key)('POST', previewsOf(slug), { payload: {} })).statusCode, 201);
  t.equal((await as(key)('DELETE', one)).statusCode, 204);
});

test('they are listed newest first without their tokens, page by page, revoked once, and written down', async (t) => {
  const { slug } = await makeFront(desk);
  await make((await makeFront(desk)).slug);
  const made = [];
  for (let n = 0; n < 3; n += 1) made.unshift(await make(slug, { expiresIn: 60 + n }));
  await expirePreview(app, made[2].id);
  const newest = `${previewsOf(slug)}/${made[0].id.toUpperCase()}`;
  t.equal((await desk('DELETE', newest)).statusCode, 204);
  t.equal((await desk('DELETE', newest)).statusCode, 404, 'there is nothing left to revoke');
  const list = expectStatus(await desk('GET', previewsOf(slug)), 200);
  t.match(list.json().data, [
    { id: made[0].id, state: 'revoked' },
    { id: made[1].id, state: 'active', revokedAt: null, front: slug },
    { id: made[2].id, state: 'expired' },
  ]);
  for (const { token } of made) t.notMatch(list.body, token.slice(3, 20));
  const pages = await walkPages<{ id: string }>(desk, `${previewsOf(slug)}?limit=1`);
  t.same(
    pages.map(([only]) => only?.id),
    made.map((preview) => preview.id),
  );
  const log = await desk('GET', `/v1/desk/audit?entity=preview&entityId=${made[0].id}`);
  t.match(expectStatus(log, 200).json().data, [
    { action: 'preview.revoke', actor: { type: 'key' }, changes: [{ field: 'front', before: slug, after: null }] },
    { action: 'preview.create', actor: { type: 'key' } },
  ]);
});

test('a token is kept nowhere: not in the table, not in the audit log, not in a log line', async (t) => {
  const lines: string[] = [];
  const own = await buildTestApp(t, { logLevel: 'trace', logStream: { write: (line) => void lines.push(line) } });
  const { slug } = await makeFront(own.desk);
  const { token } = expectStatus(await own.desk('POST', previewsOf(slug), { payload: {} }), 201).json().data;
  const path = `/v1/front-previews/${token}`;
  expectStatus(await own.request('GET', path), 200);
  expectStatus(await own.request('GET', `${path}?locale=xx`), 400);
  expectStatus(await own.request('GET', `${path}x`), 404);
  const { rows } = await own.app.db.pool.query(
    "select query_to_xml('select * from previews', true, false, '')::text || (select string_agg(a::text, '') from audit a) as dump",
  );
  t.match(rows[0].dump, /front_id/);
  t.notMatch(rows[0].dump, token.slice(3, 40));
  t.ok(lines.length > 0);
  t.notMatch(lines.join('\n'), token.slice(3, 40));
});
