// The trash: what may go into it, where it is seen, what is reserved meanwhile, and what comes back.
import t, { test } from 'tap';
import type { Scope } from '../src/modules/access/scopes.ts';
import { buildTestApp, type Method } from './fixtures/app.ts';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { importText, story as lineOf, textOf } from './fixtures/importing.ts';
import { walkPages } from './fixtures/paging.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';
import { trashIn, urlOf } from './fixtures/trash.ts';

const { app, request, desk, as, keyWith } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'mole' });
const { pool } = app.db;

const { trash, erase, restore, listed } = trashIn(desk);
const makeTrashed = async (overrides: Parameters<typeof makeArticle>[1] = {}) => {
  const story = await makeArticle(desk, overrides);
  expectStatus(await trash(story.id, 1), 204);
  return story;
};

// Seen to fail with: each of the conditions on deleted_at in desk/queries.ts and desk/publishable.ts taken away.
test('what lies in the trash is absent everywhere on the desk, and comes back as it was', async (t) => {
  const story = await makeArticle(desk, { region: 'mole', locales: { en: { slug: 'pier' }, ru: { slug: 'пирс' } } });
  const before = await getDeskArticle(desk, story.id);
  const draft = `${urlOf(story.id)}/locales/en`;
  const { token, id: preview } = expectStatus(await desk('POST', `${draft}/previews`, { payload: {} }), 201).json()
    .data;
  expectStatus(await desk('PUT', `${draft}/lock`, { payload: {} }), 200);
  expectStatus(await trash(story.id, 1), 204);

  const reads = [urlOf(story.id), draft, `${draft}/previews`, `${urlOf(story.id)}/translations`];
  for (const url of reads) t.equal((await desk('GET', url)).statusCode, 404, url);
  const writes: [method: Method, url: string, payload?: object][] = [
    ['PATCH', urlOf(story.id), { kind: 'opinion' }],
    ['PATCH', draft, { title: 'x' }],
    ['PATCH', draft, { assignee: null }],
    ['POST', `${urlOf(story.id)}/locales`, { locale: 'ru', title: 'x' }],
    ['POST', `${draft}/publish`, {}],
    ['POST', `${draft}/unpublish`],
    ['POST', `${draft}/withdraw`, {}],
    ['POST', `${draft}/previews`, {}],
    ['DELETE', `/v1/desk/previews/${preview}`],
    ['DELETE', urlOf(story.id)],
  ];
  for (const [method, url, payload] of writes) {
    for (const version of [1, 2]) {
      const answer = await desk(method, url, { version, ...(payload && { payload }) });
      t.equal(answer.statusCode, 404, `${method} ${url}`);
    }
  }
  for (const url of ['/v1/desk/articles', '/v1/desk/translations?locale=ru', '/v1/desk/tasks?for=anyone'])
    t.notMatch(expectStatus(await desk('GET', url), 200).body, story.id, url);
  t.equal((await request('GET', `/v1/previews/${token}`)).statusCode, 404);

  const lying = async () => expectStatus(await desk('GET', '/v1/desk/trash'), 200).json().data[0];
  const thrown = await lying();
  t.match(thrown, {
    id: story.id,
    locales: [
      { locale: 'en', slug: 'pier' },
      { locale: 'ru', slug: 'пирс' },
    ],
    deletedBy: { type: 'key' },
    version: 2,
  });
  const restored = expectStatus(await restore(story.id), 200);
  t.equal(restored.headers.etag, '"3"');
  t.same({ ...restored.json().data, version: 1, updatedAt: before.updatedAt }, before);
  t.notOk((await listed()).includes(story.id));
  t.equal((await request('GET', `/v1/previews/${token}`)).statusCode, 404, 'its previews stay revoked');
  t.equal((await desk('GET', `${draft}/lock`)).json().data, null, 'and nobody has it open');
  expectStatus(await as(await keyWith(['articles:delete']))('DELETE', urlOf(story.id), { version: 3 }), 204);
  t.not((await lying()).deletedBy.id, thrown.deletedBy.id, 'it says who threw it away last');
  expectStatus(await restore(story.id), 200);
  expectStatus(await desk('POST', `${draft}/publish`, { version: 1, payload: {} }), 200);
});

test('a story that is public or scheduled in any language is not thrown away', async (t) => {
  const story = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  await publishArticle(desk, story, { locale: 'ru' });
  const before = await getDeskArticle(desk, story.id);
  t.match(expectStatus(await trash(story.id, before.version), 409).json(), { code: 'conflict', locales: ['ru'] });
  expectStatus(await desk('POST', `${urlOf(story.id)}/locales/ru/unpublish`, { version: 1 }), 200);
  await pool.query("update drafts set status = 'scheduled' where article_id = $1 and locale = 'en'", [story.id]);
  t.match(expectStatus(await trash(story.id, before.version), 409).json(), { locales: ['en'] });
  await pool.query("update drafts set status = 'draft' where article_id = $1", [story.id]);
  t.equal((await getDeskArticle(desk, story.id)).version, before.version);
  expectStatus(await trash(story.id, before.version), 204);
});

test('slugs and the external id stay reserved until the story is erased', async (t) => {
  const { id } = await makeTrashed({ externalId: 'mole:1', locales: { en: { slug: 'breakwater' } } });
  const again = (payload: object) => desk('POST', '/v1/desk/articles', { payload });
  const twin = { locales: { en: { title: 'x', slug: 'breakwater' } } };
  t.equal(expectStatus(await again(twin), 409).json().code, 'slug_taken');
  const proposed = expectStatus(await again({ locales: { en: { title: 'Breakwater' } } }), 201).json().data;
  t.equal(stateIn(proposed, 'en').slug, 'breakwater-2', 'a proposed slug steps aside');
  t.equal((await again({ externalId: 'mole:1', locales: { en: { title: 'x' } } })).statusCode, 409);
  expectStatus(await erase(id, 2), 204);
  expectStatus(await again({ ...twin, externalId: 'mole:1' }), 201);
});

// Seen to fail with: importLines without its look at isTrashed (the line is "updated").
test('an import does not bring a story back, nor change it: the line is refused, and taken once the story is restored', async (t) => {
  const first = textOf([lineOf(1, { status: 'draft' })]);
  t.match(await importText(pool, first), { counts: { created: 1 } });
  const [{ id }] = (await pool.query("select id from articles where external_id = 'wire:1'")).rows;
  expectStatus(await trash(id, 1), 204);
  const digest = async () =>
    (
      await pool.query(
        'select (select a::text from articles a where id = $1) || d::text as x from drafts d where article_id = $1',
        [id],
      )
    ).rows;
  const before = await digest();
  for (const line of [
    first,
    textOf([lineOf(1, { title: 'Newer', status: 'published' })]),
    textOf([lineOf(1, { locale: 'ru', title: 'Паром' })]),
  ]) {
    const { counts, refusals } = await importText(pool, line);
    t.match(counts, { created: 0, updated: 0, unchanged: 0, refused: 1 });
    t.match(refusals[0], /in the trash/);
  }
  t.same(await digest(), before);
  expectStatus(await restore(id), 200);
  t.match((await importText(pool, textOf([lineOf(1, { title: 'Newer', status: 'draft' })]))).counts, { updated: 1 });
});

test('throwing away, restoring and erasing move nothing in public (G59)', async (t) => {
  await makePublished(desk);
  const look = async () => {
    const answer = await request('GET', '/v1/articles?count=exact');
    return [answer.body, answer.headers.etag];
  };
  const before = await look();
  const { id } = await makeTrashed();
  expectStatus(await restore(id), 200);
  expectStatus(await trash(id, 3), 204);
  expectStatus(await erase(id, 4), 204);
  t.same(await look(), before);
});

test('the trash is listed last deleted first, page by page to the end and back', async (t) => {
  const own = await buildTestApp(t);
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { id } = await makeArticle(own.desk);
    expectStatus(await own.desk('DELETE', urlOf(id), { version: 1 }), 204);
    ids.unshift(id);
  }
  const pages = await walkPages<{ id: string }>(own.desk, '/v1/desk/trash?limit=2');
  t.same(
    pages.map((page) => page.map(({ id }) => id)),
    [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)],
  );
});

test('each step needs its scope, its version and its reach, and is refused without a trace', async (t) => {
  const story = await makeArticle(desk);
  const { id } = await makeTrashed();
  const most: Scope[] = ['articles:read', 'articles:write', 'articles:publish', 'previews:write', 'audit:read'];
  const others = as(await keyWith(most));
  const editor = as(await keyWith(['articles:delete']));
  const key = await keyWith(['articles:delete', 'articles:erase']);
  await pool.query("update api_keys set locales = '{ru}' where name = 'articles:delete articles:erase'");
  const state = async () =>
    (
      await pool.query(
        'select (select count(*)::int from audit) as audit, (select string_agg(a::text, $$\n$$ order by id) from articles a) as rows',
      )
    ).rows;
  const before = await state();
  const steps: [method: Method, url: string, scope: string][] = [
    ['DELETE', urlOf(story.id), 'articles:delete'],
    ['GET', '/v1/desk/trash', 'articles:delete'],
    ['POST', `/v1/desk/trash/${id}/restore`, 'articles:delete'],
    ['DELETE', `/v1/desk/trash/${id}`, 'articles:erase'],
  ];
  for (const [method, url, scope] of steps) {
    const version = url.includes('trash') ? 2 : 1;
    t.equal((await request(method, url, { version })).statusCode, 401, `${method} ${url}`);
    t.match(expectStatus(await others(method, url, { version }), 403).json(), { scope });
    if (method === 'GET') continue;
    t.match(expectStatus(await as(key)(method, url, { version }), 403).json(), { limit: 'locale' });
    if (method !== 'DELETE') continue;
    t.equal((await desk(method, url)).statusCode, 428);
    t.match(expectStatus(await desk(method, url, { version: 77 }), 412).json(), { currentVersion: version });
  }
  t.match(expectStatus(await editor('DELETE', `/v1/desk/trash/${id}`, { version: 2 }), 403).json(), {
    scope: 'articles:erase',
  });
  t.equal((await erase(story.id, 1)).statusCode, 404, 'only what lies in the trash is erased');
  t.equal((await restore(story.id)).statusCode, 404);
  t.same(await state(), before);
});
