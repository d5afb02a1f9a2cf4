// What an editor puts around a story: a choice that comes first, and stories that carry one another on. Nothing that is not public shows through, and no circle closes.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keys } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
await makeTag(desk, { key: 'oil' });
const NOBODY = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';

const url = (id: string) => `/v1/desk/articles/${id}`;
const patch = async (id: string, payload: object, send = desk) =>
  send('PATCH', url(id), { version: (await getDeskArticle(desk, id)).version, payload });
const change = async (id: string, payload: object) => expectStatus(await patch(id, payload), 200).json().data;
const set = async (id: string, payload: object) => {
  await change(id, payload);
  await publishArticle(desk, { id });
};
const idsOf = (data: { id: string }[]) => data.map(({ id }) => id);
const get = async (path: string) => expectStatus(await request('GET', path), 200).json();
const related = async (id: string, search = '') => {
  const { data, meta } = await get(`/v1/articles/${id}/related${search}`);
  return [idsOf(data).slice(0, meta.chosen), idsOf(data).slice(meta.chosen)];
};
const chain = async (id: string, search = '') => {
  const { data } = await get(`/v1/articles/${id}/chain${search}`);
  return [idsOf(data.earlier), idsOf(data.later)];
};
const take = async (id: string, how: 'unpublish' | 'withdraw' = 'unpublish', locale = 'en') => {
  const state = (await getDeskArticle(desk, id)).locales.find((one) => one.locale === locale);
  const path = `${url(id)}/locales/${locale}/${how}`;
  expectStatus(await desk('POST', path, { version: state?.version ?? 0, payload: {} }), 200);
};
const make = async (count: number, tags: string[] = []) => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await makePublished(desk, { tags })).id);
  return ids as [string, string, string, string, ...string[]];
};

test('the editor has the first word, in the order given, and from the next publication on', async (t) => {
  const [story, a, b, shared] = await make(4);
  await set(story, { tags: ['oil'] });
  await set(shared, { tags: ['oil'] });
  t.same(await related(story), [[], [shared]]);
  const saved = await change(story, { related: [b.toUpperCase(), shared, a] });
  t.same(saved.related, [b, shared, a]);
  t.same(await related(story), [[], [shared]], 'not before it is published');
  await publishArticle(desk, { id: story });
  t.same(await related(story), [[b, shared, a], []], 'and none twice');
  t.same(await related(story, '?limit=2'), [[b, shared], []]);
  await set(story, { related: [a] });
  t.same(await related(story), [[a], [shared]]);
  const { included, data } = await get(`/v1/articles/${story}?include=related,tags&fields=title`);
  t.same(idsOf(included.related), [a, shared]);
  t.same(Object.keys(included).sort(), ['related', 'tags']);
  t.same(Object.keys(data).sort(), ['id', 'locale', 'title']);
  t.notOk('included' in (await get(`/v1/articles/${story}`)));
});

test('what is chosen and not public is absent, not even its id, and comes back with it', async (t) => {
  const [story, a, b] = await make(3);
  const { id: draft } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const { id: russian } = await makePublished(desk, { locales: { ru: {} } });
  await set(story, { related: [draft, a, russian, b] });
  const told = async () => {
    const answers = await Promise.all(
      ['/related', '?include=related', '/chain', ''].map((path) => request('GET', `/v1/articles/${story}${path}`)),
    );
    return answers.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n');
  };
  for (const id of [draft, russian]) t.notMatch(await told(), id);
  t.same(await related(story), [[a, b], []]);
  await take(a);
  t.same(await related(story), [[b], []]);
  t.notMatch(await told(), a);
  await take(b, 'withdraw');
  t.same(await related(story), [[], []]);
  await publishArticle(desk, { id: a });
  await publishArticle(desk, { id: draft });
  t.same(await related(story), [[draft, a], []], 'they come back in their places');
  await publishArticle(desk, { id: b });
  t.same(await related(story), [[draft, a, b], []]);
  t.same(idsOf((await get(`/v1/articles/${story}?include=related`)).included.related), [draft, a, b]);
});

test('what is chosen stands before what is found, also behind choices that are not public', async (t) => {
  await makeTag(desk, { key: 'gas' });
  const [story, a, found] = await make(3, ['gas']);
  const drafts = [await makeArticle(desk), await makeArticle(desk), await makeArticle(desk)];
  await set(story, { related: [...idsOf(drafts), a] });
  t.same(await related(story), [[a], [found]]);
  t.same(await related(story, '?limit=1'), [[a], []]);
});

test('a choice of itself, of what is not there, or of the same twice is refused by its place; circles of choices are allowed', async (t) => {
  const [story, a] = await make(2);
  const { id: trashed } = await makeArticle(desk);
  expectStatus(await desk('DELETE', url(trashed), { version: 1 }), 204);
  const wrong: [payload: object, pointer: string][] = [
    [{ related: [a, story] }, '/related/1'],
    [{ related: [NOBODY] }, '/related/0'],
    [{ related: [a, trashed] }, '/related/1'],
    [{ related: [a, a.toUpperCase()] }, '/related/1'],
    [{ related: ['harbour'] }, '/related/0'],
    [{ related: null }, '/related'],
    [{ related: Array.from({ length: 21 }, () => a) }, '/related'],
    [{ follows: story.toUpperCase() }, '/follows'],
    [{ follows: NOBODY }, '/follows'],
    [{ follows: trashed }, '/follows'],
    [{ follows: 7 }, '/follows'],
  ];
  for (const [payload, pointer] of wrong) {
    const answer = expectStatus(await patch(story, payload), 400);
    t.equal(problemOf(answer.body).errors?.[0]?.pointer, pointer, answer.body);
  }
  t.equal((await patch(story, { related: [a] }, as(keys.reader))).statusCode, 403);
  t.match(await getDeskArticle(desk, story), { related: [], follows: null, version: 1 });
  await set(story, { related: [a] });
  await set(a, { related: [story] });
  t.same(
    [await related(story), await related(a)],
    [
      [[a], []],
      [[story], []],
    ],
  );
  const { id } = await makeArticle(desk, { related: [a], follows: story });
  t.match(await getDeskArticle(desk, id), { related: [a], follows: story });
});

test('a story that has developed shows what came before it and after it, around what is not public any more', async (t) => {
  const [a, b, c, d] = await make(4);
  await change(b, { follows: a });
  t.same(await chain(a), [[], []], 'not before it is published');
  await publishArticle(desk, { id: b });
  await set(c, { follows: b });
  await set(d, { follows: b });
  t.same(await chain(a), [[], [b, c, d]]);
  t.same(await chain(b), [[a], [c, d]]);
  t.same(await chain(c), [[a, b], []]);
  const { id: draft } = await makeArticle(desk, { follows: c });
  const answer = await request('GET', `/v1/articles/${c}/chain`);
  t.notMatch(JSON.stringify(answer.headers) + answer.body, draft);
  await take(b, 'withdraw');
  t.same(await chain(a), [[], [c, d]], 'the chain holds together around it');
  t.same(await chain(c), [[a], []]);
  t.equal((await request('GET', `/v1/articles/${b}/chain`)).statusCode, 404);
  await publishArticle(desk, { id: b });
  t.same(await chain(c), [[a, b], []]);
  t.same((await request('GET', `/v1/articles/${a}/chain?locale=ru`)).statusCode, 404);
  await set(c, { follows: null });
  t.same(
    [await chain(c), await chain(a)],
    [
      [[], []],
      [[], [b, d]],
    ],
  );
});

// Seen to fail without the advisory lock of checkFollows() in around.ts.
test('no circle closes, one by one or all at once', async (t) => {
  const [a, b, c] = await make(3);
  await change(b, { follows: a });
  await change(c, { follows: b });
  const answer = expectStatus(await patch(a, { follows: c }), 400);
  t.match(problemOf(answer.body).errors?.[0], { pointer: '/follows', code: 'circle' });
  for (let round = 0; round < 6; round += 1) {
    // Of four, two pairs have no story in common, so that no lock on a row keeps them apart.
    const ring = await make(4);
    const answers = await Promise.all(
      ring.map((id, at) => desk('PATCH', url(id), { version: 1, payload: { follows: ring[(at + 1) % ring.length] } })),
    );
    t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 200, 200, 400]);
  }
});

// Seen to fail without the first delete of publishAround(), of what lies further up.
test('what the desk has given up and not published yet closes no circle in public either', async (t) => {
  const [a, b] = await make(2);
  await set(a, { follows: b });
  t.same(await chain(b), [[], [a]]);
  await change(a, { follows: null });
  await set(b, { follows: a });
  t.same(await chain(a), [[], [b]]);
  t.same(await chain(b), [[a], []]);
});

test('a save that is brought back brings both back, unless that would close a circle or name what is gone', async (t) => {
  const [a, b, c] = await make(3);
  await change(a, { related: [b], follows: b });
  await change(a, { related: [], follows: null });
  const restore = async (version: number) =>
    desk('POST', `${url(a)}/revisions/${version}/restore`, {
      version: (await getDeskArticle(desk, a)).version,
      payload: {},
    });
  t.match(expectStatus(await restore(2), 200).json().data, { related: [b], follows: b });
  await change(a, { follows: null, related: [] });
  await change(b, { follows: a });
  t.match(expectStatus(await restore(2), 409).json(), { code: 'conflict' });
  await change(b, { follows: null });
  await set(c, { related: [a, b], follows: b });
  const { version } = await getDeskArticle(desk, b);
  await take(b);
  expectStatus(await desk('DELETE', url(b), { version: (await getDeskArticle(desk, b)).version ?? version }), 204);
  t.equal((await restore(2)).json().code, 'unknown_reference');
  const trash = (await desk('GET', '/v1/desk/trash')).json().data.find((one: { id: string }) => one.id === b);
  expectStatus(await desk('DELETE', `/v1/desk/trash/${b}`, { version: trash.version }), 204);
  t.match(await getDeskArticle(desk, c), { related: [a], follows: null }, 'an erased story is named nowhere');
  const { rows } = await app.db.pool.query(
    'select from published_articles where $1 = any(related_ids) union all select from developments where $1 in (article_id, follows_id)',
    [b],
  );
  t.equal(rows.length, 0);
});
