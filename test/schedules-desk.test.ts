// What becomes of a schedule that cannot be done or that somebody meets halfway, their list, and who may do what.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import {
  type ArticleOverrides,
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  stateIn,
} from './fixtures/factories.ts';
import { FAR, LATER, schedulingIn, soon, url } from './fixtures/scheduling.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

t.setTimeout(240_000);
const built = await buildTestApp(t);
const { app, request, desk, as, keys, keyWith } = built;
const { auditOf, draftOf, expire, read, schedule, statusOf } = schedulingIn(built);
await makeLocale(desk, 'ru');

// Seen to fail with: `throw error` in place of the halving in sweep.ts (none of them is public), and without updateStatus() in refuse().
test('a story that cannot go out stops no other: it is where it was, with the reason, until somebody has looked', async (t) => {
  const holder = await makePublished(desk, { locales: { en: { slug: 'wanted' } } });
  expectStatus(await desk('PATCH', url(holder.id), { version: 1, payload: { slug: 'not-wanted' } }), 200);
  const at = soon(2_500);
  const make = async (overrides: ArticleOverrides = {}) => {
    const { id } = await makeArticle(desk, overrides);
    expectStatus(await schedule(id, { at, embargoed: true }), 201);
    return id;
  };
  const before = [await make(), await make(), await make()];
  const { id } = await makeArticle(desk, { locales: { en: { slug: 'wanted' } } });
  for (const action of ['submit', 'approve'])
    expectStatus(await desk('POST', url(id, `/${action}`), { version: 1 }), 200);
  expectStatus(await schedule(id, { at, embargoed: true }), 201);
  const after = [await make(), await make()];
  for (const other of [...before, ...after]) await until('it is public', async () => (await statusOf(other)) === 200);
  await until('it is refused', async () => (await draftOf(id)).status === 'approved');
  t.equal(await statusOf(id), 404);
  const failed = expectStatus(await desk('GET', '/v1/desk/schedules?failed=true'), 200).json().data;
  t.match(failed, [{ articleId: id, resumeStatus: 'approved', failure: { code: 'slug_taken', status: 409 } }]);
  t.ok(failed[0].failedAt >= at);
  t.match((await auditOf(id)).at(-1), { action: 'schedule.fail', after: { failure: { code: 'slug_taken' } } });
  t.equal((await request('GET', '/v1/articles/by-slug/en/wanted')).json().data.id, holder.id);
  const partner = as(await keyWith(['embargoed:read']));
  t.equal((await partner('GET', `/v1/embargoed/${id}`)).statusCode, 404, 'no partner waits for it');
  t.same((await partner('GET', '/v1/embargoed')).json().data, [], 'nor is it listed for one');
  t.equal((await desk('PATCH', url(id, '/schedule'), { version: 2, payload: { at: FAR } })).statusCode, 409);

  expectStatus(await desk('POST', url(holder.id, '/publish'), { version: 2, payload: {} }), 200);
  const again = expectStatus(await schedule(id, { at: soon(2_500) }), 201).json().data;
  t.match(again, { failedAt: null, failure: null, version: 3 });
  await until('it is public at the second try', async () => (await statusOf(id)) === 200);
});

// Seen to fail with: `for update of s` instead of `for update of a, s` in claimDue(): deadlocks (409) after a second.
test('of cancelling, editing and publishing at the very moment, one wins, and the story is as the winner says', async (t) => {
  const stories: string[] = [];
  for (let n = 0; n < 24; n += 1) stories.push((await makeArticle(desk)).id);
  const at = soon(4_000);
  for (const id of stories)
    expectStatus(await desk('POST', url(id, '/schedule'), { version: 1, payload: { at } }), 201);
  await sleep(Date.parse(at) - Date.now() - 20);
  const answers = await Promise.all(
    stories.map((id, n) => {
      if (n % 3 === 0) return desk('DELETE', url(id, '/schedule'), { version: 1 });
      if (n % 3 === 1) return desk('PATCH', url(id), { version: 1, payload: { title: 'At the last moment' } });
      return desk('POST', url(id, '/publish'), { version: 1, payload: {} });
    }),
  );
  await sleep(1_000);
  for (const [n, id] of stories.entries()) {
    const { statusCode = 0 } = answers[n] ?? {};
    const { rows } = await app.db.pool.query('select reason from changes where article_id = $1 order by id', [id]);
    if (n % 3 === 0) {
      t.ok([204, 404].includes(statusCode), `cancelling is ${statusCode}`);
      t.equal(await statusOf(id), statusCode === 204 ? 404 : 200);
      t.equal(rows.length, statusCode === 204 ? 0 : 1);
    } else if (n % 3 === 1) {
      t.equal(statusCode, 200);
      const title = (await read(id)).title;
      const { publishedVersion, version } = await draftOf(id);
      t.equal(title === 'At the last moment', publishedVersion === version, 'public is what the draft says');
    } else {
      t.equal(statusCode, 200);
      t.ok(rows.length >= 1 && rows.filter(({ reason }) => reason === 'published').length === 1);
    }
  }
  t.equal(
    (await app.db.pool.query('select from schedules where article_id = any($1)', [stories])).rows.length,
    0,
    'nothing is left',
  );
});

test('the list of what is to happen is filtered and walked from the soonest to the last and back', async (t) => {
  const own = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(own.desk, 'ru');
  const day = (n: number) => `2029-01-0${n}T00:00:00.000Z`;
  const ids: string[] = [];
  for (let n = 1; n <= 5; n += 1) {
    const { id } = await makeArticle(own.desk, { locales: { en: {}, ru: {} } });
    const locale = n === 3 ? 'ru' : 'en';
    expectStatus(await own.desk('POST', url(id, '/schedule', locale), { version: 1, payload: { at: day(n) } }), 201);
    ids.push(id);
  }
  const payload = { at: day(9), type: 'draft' };
  expectStatus(await own.desk('POST', url(ids[0] ?? '', '/expiry'), { version: 1, payload }), 201);
  const reader = own.as(own.keys.reader);
  const list = async (query: string) => expectStatus(await reader('GET', `/v1/desk/schedules${query}`), 200).json();
  const idsOf = ({ data }: { data: { articleId: string }[] }) => data.map(({ articleId }) => articleId);
  t.same(idsOf(await list('')), [...ids, ids[0]]);
  t.same(idsOf(await list('?action=publish')), ids);
  t.same(idsOf(await list('?action=unpublish')), [ids[0]]);
  t.same(idsOf(await list('?locale=ru')), [ids[2]]);
  t.same(idsOf(await list(`?from=${day(2)}&to=${day(4)}`)), [ids[1], ids[2]]);
  t.same(idsOf(await list('?failed=true')), []);
  t.same(idsOf(await list('?failed=false&limit=1')), [ids[0]]);
  const pathOf = (link: string) => link.slice('https://api.example.org/v1/desk/schedules'.length);
  const walked: string[][] = [];
  let page = await list('?limit=2&action=publish');
  t.equal(page.links.prev, null);
  for (;;) {
    walked.push(idsOf(page));
    if (!page.links.next) break;
    page = await list(pathOf(page.links.next));
  }
  t.same(walked, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  page = await list(pathOf(page.links.prev));
  t.same(idsOf(page), ids.slice(2, 4));
  page = await list(pathOf(page.links.prev));
  t.same([idsOf(page), page.links.prev], [ids.slice(0, 2), null]);
  const { searchParams } = new URL(page.links.next);
  const foreign = await reader('GET', `/v1/desk/schedules?cursor=${searchParams.get('cursor')}`);
  t.equal(expectStatus(foreign, 400).json().code, 'invalid_cursor', 'a cursor belongs to its filters');
  t.equal((await reader('GET', '/v1/desk/schedules?status=failed')).statusCode, 400);
});

test('who may not publish can neither schedule, move nor cancel, and changes nothing by trying', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  expectStatus(await schedule(id, { at: FAR }), 201);
  expectStatus(await expire(id, { at: LATER, type: 'gone' }), 201);
  const state = async () => {
    const tables = ['schedules', 'drafts', 'audit', 'changes'];
    const rows = await Promise.all(
      tables.map((name) => app.db.pool.query(`select md5(string_agg(x::text, '' order by x::text)) from ${name} x`)),
    );
    return rows.map((result) => result.rows);
  };
  const before = await state();
  const routes: ['POST' | 'PATCH' | 'DELETE', string, object?][] = [
    ['POST', url(id, '/schedule', 'ru'), { at: FAR }],
    ['POST', `/v1/desk/articles/${id}/schedule`, { locales: { ru: { version: 1, at: FAR } } }],
    ['PATCH', url(id, '/schedule'), { at: LATER }],
    ['DELETE', url(id, '/schedule')],
    ['POST', url(id, '/expiry'), { at: FAR, type: 'gone' }],
    ['PATCH', url(id, '/expiry'), { type: 'draft' }],
    ['DELETE', url(id, '/expiry')],
  ];
  for (const [method, path, payload] of routes) {
    const options = { version: 1, ...(payload && { payload }) };
    t.equal((await request(method, path, options)).statusCode, 401, `${method} ${path}`);
    t.match(
      expectStatus(await as(keys.writer)(method, path, options), 403).json(),
      { scope: 'articles:publish' },
      `${method} ${path}`,
    );
  }
  for (const path of ['/v1/desk/schedules', url(id, '/schedule'), url(id, '/expiry')]) {
    t.equal((await request('GET', path)).statusCode, 401, path);
    t.equal((await as(await keyWith(['embargoed:read']))('GET', path)).statusCode, 403, path);
    t.equal((await as(keys.reader)('GET', path)).statusCode, 200, path);
  }
  t.same(await state(), before, 'nothing has changed');
});

test('what a scheduled story has in every language is changed by those only who may publish it', async (t) => {
  await makeTag(desk, { key: 'nets' });
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const story = `/v1/desk/articles/${id}`;
  expectStatus(await desk('PATCH', story, { version: 1, payload: { kind: 'analysis' } }), 200);
  for (const locale of ['en', 'ru']) expectStatus(await schedule(id, { at: FAR }, locale), 201);
  const before = await getDeskArticle(desk, id);
  const [writer, publisher] = [as(keys.writer), as(keys.publisher)];
  const changes = [{ kind: 'opinion' }, { rights: { holder: 'Another house' } }, { tags: ['nets'] }];
  const restore = (send: Send, version: number) =>
    send('POST', `${story}/revisions/1/restore`, { version, payload: {} });
  const refused = [await restore(writer, 2)];
  for (const payload of changes) refused.push(await writer('PATCH', story, { version: 2, payload }));
  for (const answer of refused)
    t.match(expectStatus(answer, 409).json(), {
      code: 'conflict',
      detail: /articles:publish/,
      scope: 'articles:publish',
      locales: ['en', 'ru'],
    });
  t.same(await getDeskArticle(desk, id), before, 'nothing has changed');

  for (const [index, payload] of changes.entries())
    expectStatus(await publisher('PATCH', story, { version: 2 + index, payload }), 200);
  expectStatus(await restore(publisher, 5), 200);
  for (const locale of ['en', 'ru'])
    expectStatus(await desk('DELETE', url(id, '/schedule', locale), { version: 1 }), 204);
  expectStatus(await writer('PATCH', story, { version: 6, payload: { kind: 'opinion' } }), 200);
});

test('an id in capitals is the same story', async (t) => {
  const { id } = await makeArticle(desk);
  const made = await desk('POST', url(id.toUpperCase(), '/schedule'), { version: 1, payload: { at: FAR } });
  t.equal(expectStatus(made, 201).json().data.articleId, id);
  t.equal(stateIn(await getDeskArticle(desk, id), 'en').status, 'scheduled');
});

// Seen to fail where the version of a new schedule begins at 1: the change for the first one was made to the second.
test('a schedule that takes the place of a cancelled one is not taken for it', async (t) => {
  for (const action of ['schedule', 'expiry']) {
    const { id } = await (action === 'expiry' ? makePublished(desk) : makeArticle(desk));
    const version = async () => (await desk('GET', url(id))).json().data.version;
    const put = async (at: string) =>
      expectStatus(
        await desk('POST', url(id, `/${action}`), {
          version: await version(),
          payload: { at, ...(action === 'expiry' && { type: 'gone' }) },
        }),
        201,
      );
    t.equal((await put(FAR)).headers.etag, '"1"');
    expectStatus(await desk('DELETE', url(id, `/${action}`), { version: 1 }), 204);
    const second = await put(LATER);
    t.not(second.headers.etag, '"1"');
    const late = { version: 1, payload: { at: FAR } };
    expectStatus(await desk('PATCH', url(id, `/${action}`), late), 412);
    expectStatus(await desk('DELETE', url(id, `/${action}`), { version: 1 }), 412);
    t.equal((await desk('GET', url(id, `/${action}`))).json().data.at, LATER);
  }
});
