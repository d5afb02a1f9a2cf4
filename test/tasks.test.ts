// Tasks: what waits for whom, by state, right and assignment; and who sees none of it.
import t, { test } from 'tap';
import type { Role } from '../src/modules/access/roles.ts';
import type { Scope } from '../src/modules/access/scopes.ts';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { walkPages } from './fixtures/paging.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

interface Task {
  type: string;
  articleId: string;
  locale: string;
  title: string;
  waitingSince: string;
  assignee: { id: string; name: string } | null;
}
const PASSWORD = 'tall ships and slow tides';

async function setUp() {
  const own = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { desk, request, as } = own;
  await makeLocale(desk, 'ru');
  let people = 0;
  const join = async (role: Role, limits: { locales?: string[]; regions?: string[] } = {}) => {
    people += 1;
    const email = `person${people}@example.org`;
    const payload = { email, name: `Person ${people}`, role, password: PASSWORD, ...limits };
    const { id } = expectStatus(await desk('POST', '/v1/desk/users', { payload }), 201).json().data;
    const signedIn = expectStatus(
      await request('POST', '/v1/desk/sessions', { payload: { email, password: PASSWORD } }),
      201,
    );
    return { id: id as string, send: as(signedIn.json().data.accessToken) };
  };
  const edit = async (id: string, locale: string, payload: object, send: Send = desk) => {
    const { version } = stateIn(await getDeskArticle(desk, id), locale);
    return send('PATCH', `/v1/desk/articles/${id}/locales/${locale}`, { version, payload });
  };
  const step = async (id: string, action: string, locale = 'en') => {
    const { version } = stateIn(await getDeskArticle(desk, id), locale);
    return expectStatus(
      await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/${action}`, { version, payload: {} }),
      200,
    );
  };
  return { ...own, join, edit, step };
}
const tasksOf = async (send: Send, query = '') =>
  (await walkPages<Task>(send, `/v1/desk/tasks?limit=2${query && `&${query}`}`)).flat();
const words = (tasks: Task[]) => tasks.map(({ type, locale }) => `${type} ${locale}`);

const { app, desk, request, as, keyWith, join, edit, step } = await setUp();

test('what is in review waits for reviewers, what is approved for publishers, and each since it came there', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const own = async (scopes: Scope[]) =>
    words((await tasksOf(as(await keyWith(['articles:read', ...scopes])))).filter(({ articleId }) => articleId === id));
  t.same(await own(['articles:review', 'articles:publish']), []);
  await step(id, 'submit');
  t.same(await own(['articles:review']), ['review en']);
  t.same(await own(['articles:publish', 'articles:write']), []);
  const before = (await app.db.pool.query('select clock_timestamp() as now')).rows[0].now as Date;
  await step(id, 'approve');
  t.same(await own(['articles:review']), []);
  t.same(await own(['articles:publish']), ['publish en']);
  const [task] = (await tasksOf(desk, 'type=publish')).filter(({ articleId }) => articleId === id);
  t.ok(Date.parse(task?.waitingSince ?? '') >= before.getTime() - 1, 'since the approval');
  await step(id, 'publish');
  t.same(await own(['articles:review', 'articles:publish']), []);
});

test('a language that is missing or behind waits for those who write in it', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { title: 'Kelp' } } });
  const translator = await join('translator', { locales: ['ru'] });
  const other = await join('translator', { locales: ['en'] });
  const reader = as(await keyWith(['articles:read']));
  const own = async (send: Send) => (await tasksOf(send)).filter(({ articleId }) => articleId === id);
  t.match(await own(translator.send), [{ type: 'translate', locale: 'ru', title: 'Kelp', assignee: null }]);
  t.same(await own(other.send), []);
  t.same(await own(reader), [], 'who may not write has nothing to translate');
  const payload = { locale: 'ru', title: 'Ламинария' };
  expectStatus(await translator.send('POST', `/v1/desk/articles/${id}/locales`, { payload }), 201);
  t.same(await own(translator.send), []);
  expectStatus(await edit(id, 'en', { title: 'Kelp again' }), 200);
  t.match(await own(translator.send), [{ type: 'update', locale: 'ru', title: 'Ламинария' }]);
  expectStatus(await edit(id, 'ru', { title: 'Снова', sourceVersion: 2 }, translator.send), 200);
  t.same(await own(translator.send), []);
});

// Seen to fail with: `isReached` alone for what somebody is assigned to.
test('what is assigned waits for that person and for nobody else, whatever they may do without it', async (t) => {
  const [ann, ben, sub] = [await join('editor'), await join('editor'), await join('contributor')];
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Assigned' } } });
  const own = async (send: Send, query = '') =>
    (await tasksOf(send, query)).filter((task) => task.articleId === id && task.type !== 'translate');
  expectStatus(await edit(id, 'en', { assignee: ann.id.toUpperCase() }), 200);
  t.match(await own(ann.send), [{ type: 'write', assignee: { id: ann.id } }]);
  t.same(await own(ben.send), []);
  t.match(await own(ben.send, 'for=anyone'), [{ type: 'write', assignee: { id: ann.id } }]);
  t.equal((await desk('GET', `/v1/desk/articles/${id}/locales/en`)).json().data.assignee, ann.id);
  await step(id, 'submit');
  t.match(await own(ann.send), [{ type: 'review' }]);
  t.same(await own(ben.send), [], 'a review that is given to one is not offered to others');
  expectStatus(await edit(id, 'en', { assignee: sub.id }), 200);
  t.match(await own(sub.send), [{ type: 'review' }], 'even to one who is limited to other stories');
  expectStatus(await edit(id, 'en', { assignee: null }), 200);
  t.same([words(await own(sub.send)), words(await own(ben.send))], [[], ['review en']]);
  const { rows } = await app.db.pool.query(
    "select after from audit where action = 'draft.assign' and entity_id = $1 order by id",
    [`${id}/en`],
  );
  t.same(
    rows.map(({ after }) => after.assigneeId),
    [ann.id, sub.id, null],
  );
});

test('nothing is assigned to somebody who does not exist, is disabled or may read no drafts, nor by one who may not write there', async (t) => {
  const ann = await join('editor');
  const gone = await join('author');
  const user = (await desk('GET', `/v1/desk/users/${gone.id}`)).json().data;
  expectStatus(
    await desk('PATCH', `/v1/desk/users/${gone.id}`, { version: user.version, payload: { disabled: true } }),
    200,
  );
  const { id } = await makeArticle(desk);
  const before = await getDeskArticle(desk, id);
  const reader = await join('integrator');
  for (const assignee of [gone.id, reader.id, '019a0000-0000-7000-8000-000000000000']) {
    const refused = expectStatus(await edit(id, 'en', { title: 'Not kept', assignee }), 400);
    t.match(problemOf(refused.body), { code: 'unknown_reference', errors: [{ pointer: '/assignee' }] });
  }
  for (const assignee of ['ann', 7, '', { id: ann.id }]) {
    const refused = expectStatus(await edit(id, 'en', { assignee }), 400);
    t.match(problemOf(refused.body).errors, [{ pointer: '/assignee' }], JSON.stringify(assignee));
  }
  const russian = await join('translator', { locales: ['ru'] });
  t.match(expectStatus(await edit(id, 'en', { assignee: ann.id }, russian.send), 403).json(), { limit: 'locale' });
  t.equal((await edit(id, 'en', { assignee: ann.id }, as(await keyWith(['articles:read'])))).statusCode, 403);
  t.same(await getDeskArticle(desk, id), before);
});

// Seen to fail with: IN_REGION left out of translations/tasks.ts, and `created_by` as well.
test('who is limited to regions, languages or stories of their own sees what lies in them, also of what waits for anyone', async (t) => {
  const own = await setUp();
  await makeRegion(own.desk, { key: 'gulf' });
  await makeRegion(own.desk, { key: 'coast', parent: 'gulf' });
  await makeRegion(own.desk, { key: 'steppe' });
  const inside = await makeArticle(own.desk, { region: 'coast', locales: { en: {}, ru: {} } });
  const outside = await makeArticle(own.desk, { region: 'steppe', locales: { en: {}, ru: {} } });
  const nowhere = await makeArticle(own.desk, { locales: { en: {}, ru: {} } });
  for (const { id } of [inside, outside, nowhere])
    for (const locale of ['en', 'ru']) await own.step(id, 'submit', locale);
  const seen = async (send: Send) => {
    const lists = await Promise.all(['for=me', 'for=anyone'].map((query) => tasksOf(send, query)));
    return lists.map((tasks) => tasks.map(({ articleId, locale }) => `${articleId}/${locale}`));
  };
  const regional = await own.join('editor', { regions: ['gulf'] });
  t.same(await seen(regional.send), [
    [`${inside.id}/ru`, `${inside.id}/en`],
    [`${inside.id}/ru`, `${inside.id}/en`],
  ]);
  const both = await own.join('editor', { regions: ['gulf', 'steppe'], locales: ['ru'] });
  t.same((await seen(both.send))[1], [`${outside.id}/ru`, `${inside.id}/ru`]);
  const author = await own.join('author');
  const mine = await makeArticle(author.send, { locales: { en: {} } });
  t.same(await seen(author.send), [[`${mine.id}/ru`], [`${mine.id}/ru`]]);
});

test('tasks are walked newest story first, each once, by type, and a cursor belongs to its list and its reader', async (t) => {
  const own = await setUp();
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { id } = await makeArticle(own.desk, { locales: { en: {}, ru: {} } });
    await own.step(id, 'submit');
    expectStatus(await own.edit(id, 'en', { title: `Moved ${n}` }), 200);
    ids.unshift(id);
  }
  const bare = await makeArticle(own.desk);
  const all = (await tasksOf(own.desk)).map(({ articleId, type, locale }) => [articleId, type, locale]);
  const expected = ids.flatMap((id) => [
    [id, 'update', 'ru'],
    [id, 'review', 'en'],
  ]);
  t.same(all, [[bare.id, 'translate', 'ru'], ...expected]);
  t.same(words(await tasksOf(own.desk, 'type=review,publish')), ['review en', 'review en', 'review en']);
  t.same(words(await tasksOf(own.desk, 'type=translate,translate')), ['translate ru']);
  const { next } = (await own.desk('GET', '/v1/desk/tasks?limit=1')).json().links;
  const cursor = new URL(next).searchParams.get('cursor');
  t.equal((await own.desk('GET', `/v1/desk/tasks?cursor=${cursor}`)).statusCode, 200);
  for (const query of ['for=anyone', 'type=review'])
    t.equal((await own.desk('GET', `/v1/desk/tasks?${query}&cursor=${cursor}`)).statusCode, 400, query);
  const other = own.as(await own.keyWith(['articles:read', 'articles:review']));
  t.equal((await other('GET', `/v1/desk/tasks?cursor=${cursor}`)).statusCode, 400, 'another reader');
});

test('tasks need the right to read the desk, name no address of a person, and leave out what was withdrawn or archived', async (t) => {
  t.equal((await request('GET', '/v1/desk/tasks')).statusCode, 401);
  t.match(expectStatus(await as(await keyWith(['articles:write']))('GET', '/v1/desk/tasks'), 403).json(), {
    scope: 'articles:read',
  });
  const answer = expectStatus(await desk('GET', '/v1/desk/tasks?for=anyone&limit=100'), 200);
  t.equal(answer.headers['cache-control'], 'private, no-store');
  t.notMatch(answer.body, '@example.org');
  const { id } = await makeArticle(desk);
  t.match(await tasksOf(desk, 'type=translate'), [{ articleId: id }]);
  await step(id, 'archive');
  t.notOk((await tasksOf(desk, 'type=translate')).some(({ articleId }) => articleId === id));
  for (const query of ['for=you', 'type=cook', 'assignee=me'])
    t.equal((await desk('GET', `/v1/desk/tasks?${query}`)).statusCode, 400, query);
});
