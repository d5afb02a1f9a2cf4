// Custom fields as readers see them: public values under `extra`, internal ones nowhere, links only to what is public.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

const { app, desk, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
const tag = await makeTag(desk, { key: 'otters' });
await makeField(desk, { key: 'season', type: 'choice', choices: ['spring', 'autumn'], filterable: true });
await makeField(desk, { key: 'depth', kinds: ['news'] });
await makeField(desk, { key: 'kicker', type: 'text', localised: true });
await makeField(desk, { key: 'related', type: 'article', filterable: true });
await makeField(desk, { key: 'animal', type: 'tag', filterable: true });
await makeField(desk, { key: 'zqinternalkey', type: 'text', public: false });
await makeField(desk, { key: 'zqinternalnote', type: 'text', public: false, localised: true });

const extraOf = async (id: string, query = '') =>
  expectStatus(await request('GET', `/v1/articles/${id}${query}`), 200).json().data.extra;
const patch = (id: string, version: number, extra: object) =>
  desk('PATCH', `/v1/desk/articles/${id}`, { version, payload: { extra } });
const unpublish = async (id: string, locale = 'en') =>
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/unpublish`, { version: 1 }), 200);
const SECRET = { zqinternalkey: 'Zqinternalvalueqz' };

test('public values come with the story and its card, each language with its own, and change when it is published', async (t) => {
  const { id } = await makePublished(desk, {
    extra: { season: 'spring', depth: 1.5, animal: 'otters', ...SECRET },
    locales: { en: { extra: { kicker: 'Delta', zqinternalnote: 'Zqnoteqz' } }, ru: { extra: { kicker: 'Дельта' } } },
  });
  const neutral = { animal: 'otters', depth: 1.5, season: 'spring' };
  t.same(await extraOf(id), { ...neutral, kicker: 'Delta' });
  t.same(await extraOf(id, '?locale=ru'), { ...neutral, kicker: 'Дельта' });
  const list = expectStatus(await request('GET', `/v1/articles?ids=${id}`), 200).json().data;
  t.same(list[0].extra, { ...neutral, kicker: 'Delta' });
  expectStatus(await patch(id, 1, { depth: 2, season: null }), 200);
  t.same((await extraOf(id)).depth, 1.5, 'nothing changes in public until it is published again');
  await publishArticle(desk, { id });
  t.same(await extraOf(id), { animal: 'otters', depth: 2, kicker: 'Delta' });
  t.same(await extraOf((await makePublished(desk)).id), {});
});

test('parts of extra can be asked for, and a part that is not there is refused without a word about internal ones', async (t) => {
  const { id } = await makePublished(desk, { extra: { season: 'autumn', depth: 3, ...SECRET } });
  const get = (fields: string, path = `/v1/articles/${id}?`) => request('GET', `${path}fields=${fields}`);
  t.same((await get('extra')).json().data, { id, locale: 'en', extra: { depth: 3, season: 'autumn' } });
  t.same((await get('extra.depth,title')).json().data.extra, { depth: 3 });
  t.same((await get('extra,extra.depth')).json().data.extra, { depth: 3, season: 'autumn' });
  t.same((await get('extra.kicker')).json().data.extra, {});
  t.same((await get('extra.season', `/v1/articles?ids=${id}&`)).json().data, [
    { id, locale: 'en', extra: { season: 'autumn' } },
  ]);
  const refused = await get('extra.sesaon');
  t.equal(refused.statusCode, 400);
  t.match(refused.json().errors, [
    { parameter: 'fields', code: 'unknown', message: /nearest valid one is extra.season/ },
  ]);
  const internal = await get('extra.zqinternalkey');
  t.equal(internal.statusCode, 400);
  t.notMatch(internal.json().errors[0].message, /nearest valid one is extra.zq/);
  t.equal((await get('extra.a.b')).statusCode, 400);
  t.equal((await get('extras')).json().errors.length, 1);
  const { token } = expectStatus(
    await desk('POST', `/v1/desk/articles/${id}/locales/en/previews`, { payload: {} }),
    201,
  ).json().data;
  const preview = await request('GET', `/v1/previews/${token}?fields=extra.season`);
  t.same(preview.json().data.extra, { season: 'autumn' });
  t.same((await request('GET', `/v1/previews/${token}`)).json().data.extra, { depth: 3, season: 'autumn' });
});

test('internal fields and their values are in no byte that readers get, nor in rows that their role can read', async (t) => {
  const extra = { season: 'spring', ...SECRET };
  const { id } = await makePublished(desk, { extra, locales: { en: { extra: { zqinternalnote: 'Zqnoteqz' } } } });
  const urls = [
    `/v1/articles/${id}`,
    `/v1/articles/${id}?fields=extra`,
    '/v1/articles?limit=100',
    '/v1/articles?extra.season=spring&count=exact',
    '/v1/articles?extra.unknown=1',
    '/v1/articles?fields=extra.unknown',
    '/openapi.json',
    `/v1/articles/${id}/translations`,
  ];
  for (const url of urls) t.notMatch((await request('GET', url)).body, /zqinternal|zqnote/i, url);
  for (const url of ['/v1/articles?extra.zqinternalkey=x', '/v1/articles?extra.zqinternalnotes=x']) {
    const answer = await request('GET', url);
    t.equal(answer.statusCode, 400);
    t.match(answer.json().errors, [{ code: 'unknown' }]);
    t.notMatch(answer.json().errors[0].message, /zqinternal/);
  }
  const { rows } = await app.db.pool.query('select snapshot::text as text from published_articles');
  t.notMatch(JSON.stringify(rows), /zqinternal|zqnote/i);
  const seen = await app.db.public.query<{ key: string }>({ name: 'probe', text: 'select key from fields' }, []);
  t.same(
    seen.filter(({ key }) => /^zq/.test(key)),
    [],
  );
});

// Seen to fail with: no hideField in fields/workflow.ts; one that stops at its first story.
test('a field that becomes internal is gone for readers with the answer, and comes back story by story', async (t) => {
  await makeField(desk, { key: 'mood', type: 'choice', choices: ['calm'], filterable: true });
  const { id } = await makePublished(desk, { extra: { mood: 'calm', depth: 1 } });
  const other = await makePublished(desk, { extra: { mood: 'calm' }, locales: { en: {}, ru: {} } });
  const etag = (await request('GET', `/v1/articles/${id}`)).headers.etag;
  const hide = { public: false, filterable: false };
  expectStatus(await desk('PATCH', '/v1/desk/fields/mood', { version: 1, payload: hide }), 200);
  const after = await request('GET', `/v1/articles/${id}`);
  t.same(after.json().data.extra, { depth: 1 });
  t.not(after.headers.etag, etag);
  t.equal((await request('GET', '/v1/articles?extra.mood=calm')).statusCode, 400);
  const { rows } = await app.db.pool.query("select from published_articles where snapshot -> 'extra' ? 'mood'");
  t.equal(rows.length, 0);
  t.same(await extraOf(other.id), {});
  const show = { public: true, filterable: true };
  expectStatus(await desk('PATCH', '/v1/desk/fields/mood', { version: 2, payload: show }), 200);
  t.same(await extraOf(id), { depth: 1 });
  await publishArticle(desk, { id });
  t.same(await extraOf(id), { depth: 1, mood: 'calm' });
});

// Seen to fail with: no hideLinksTo in publishing.ts; one that stops at its first story; linkedArticles taken from the table of articles.
test('a link to a story is given only while that is public, in whatever language', async (t) => {
  const target = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const { id } = await makePublished(desk, { extra: { related: target.id } });
  const find = async () =>
    (await request('GET', `/v1/articles?extra.related=${target.id}`)).json().data.map((one: { id: string }) => one.id);
  t.same([await extraOf(id), await find()], [{}, []]);
  t.notMatch((await request('GET', `/v1/articles?ids=${id}`)).body, target.id);
  await publishArticle(desk, target, { locale: 'ru' });
  await rebuildNow(app, { noun: 'article', id: target.id });
  t.same([await extraOf(id), await find()], [{ related: target.id }, [id]]);
  await publishArticle(desk, target, { locale: 'en' });
  await unpublish(target.id, 'ru');
  t.same(await extraOf(id), { related: target.id });
  const other = await makePublished(desk, { extra: { related: target.id } });
  t.same(await find(), [other.id, id]);
  await unpublish(target.id);
  t.same([await extraOf(id), await extraOf(other.id), await find()], [{}, {}, []], 'gone with the answer');
});

test('publishing a story for the first time has those that link to it built anew', async (t) => {
  const jobs = async (id: string) =>
    (await app.db.pool.query('select from graphile_worker.jobs where key = $1', [`rebuild:article:${id}`])).rows.length;
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  await publishArticle(desk, { id }, { locale: 'en' });
  t.equal(await jobs(id), 1);
  await app.db.pool.query('select graphile_worker.remove_job($1)', [`rebuild:article:${id}`]);
  await publishArticle(desk, { id }, { locale: 'ru' });
  t.equal(await jobs(id), 0);
});

test('a tag that is linked to keeps its key in step: merged, it is the one that stays; held, it is not deleted', async (t) => {
  const from = await makeTag(desk, { key: 'voles' });
  const { id } = await makePublished(desk, { extra: { animal: 'voles' } });
  const { etag } = (await request('GET', `/v1/articles/${id}`)).headers;
  t.match((await desk('DELETE', '/v1/desk/tags/voles', { version: 1 })).json(), {
    code: 'in_use',
    detail: 'It is used by custom fields of stories.',
  });
  expectStatus(await desk('POST', '/v1/desk/tags/voles/merge', { version: 1, payload: { into: 'otters' } }), 200);
  await rebuildNow(app, { noun: 'tag', id: from.id });
  t.same(await extraOf(id), { animal: 'otters' });
  const again = await request('GET', `/v1/articles/${id}`, { headers: { 'if-none-match': String(etag) } });
  t.equal(again.statusCode, 200, 'and is not what was there before');
  const story = (await desk('GET', `/v1/desk/articles/${id}`)).json().data;
  t.match(story, {
    version: 2,
    extra: { animal: tag.id },
    locales: [{ version: 1, storyChangedSincePublished: false }],
  });
  t.match((await desk('GET', `/v1/desk/articles/${id}/revisions/2`)).json().data.content.extra, { animal: tag.id });
  t.equal((await patch(id, 1, { depth: 1 })).statusCode, 412, 'as where it has the tag itself');
  const found = (await request('GET', '/v1/articles?extra.animal=voles')).json().data;
  t.ok(
    found.some((story: { id: string }) => story.id === id),
    'its old key leads on',
  );
  t.equal((await desk('DELETE', '/v1/desk/tags/otters', { version: 2 })).json().code, 'in_use');
});
