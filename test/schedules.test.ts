// Schedules: what goes out and is taken back by itself, at which moment, how it is moved and cancelled, and what becomes of one that cannot be done.
import { setTimeout as sleep } from 'node:timers/promises';
import t, { test } from 'tap';
import { type Answer, buildTestApp, type Send } from './fixtures/app.ts';
import {
  type ArticleOverrides,
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  stateIn,
} from './fixtures/factories.ts';
import { makeLocale, makeTag } from './fixtures/taxonomy.ts';

t.setTimeout(240_000);
const { app, request, desk, as, keys, keyWith } = await buildTestApp(t);
await makeLocale(desk, 'ru');
await makeTag(desk, { key: 'tide' });

const url = (id: string, path = '', locale = 'en') => `/v1/desk/articles/${id}/locales/${locale}${path}`;
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const FAR = '2029-06-01T06:00:00.000Z';
const LATER = '2029-07-01T06:00:00.000Z';
const draftOf = async (id: string, locale = 'en') => (await desk('GET', url(id, '', locale))).json().data;
const schedule = async (id: string, payload: object, locale = 'en', send: Send = desk): Promise<Answer> =>
  send('POST', url(id, '/schedule', locale), { version: (await draftOf(id, locale)).version, payload });
const expire = async (id: string, payload: object): Promise<Answer> =>
  desk('POST', url(id, '/expiry'), { version: (await draftOf(id)).version, payload });
const statusOf = async (id: string, locale = 'en') =>
  (await request('GET', `/v1/articles/${id}?locale=${locale}`)).statusCode;
const read = async (id: string) => expectStatus(await request('GET', `/v1/articles/${id}`), 200).json().data;
const auditOf = async (id: string) => {
  const { rows } = await app.db.pool.query(
    'select action, key_id as key, before, after from audit where entity_id = $1 order by id',
    [`${id}/en`],
  );
  return rows;
};

/** @returns the time of this machine at which it held first */
async function until(what: string, holds: () => Promise<boolean>, patienceMs = 10_000): Promise<number> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(10);
  }
  return Date.now();
}

// Seen to fail with: `s.at <= now() + interval '200 ms'` in claimDue(), and with `return ASK_EVERY * 4` in round().
test('a scheduled story goes out at its time: not a moment before it, within a second after it, and dated with it (F09)', async (t) => {
  const late: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const { id } = await makeArticle(desk);
    const at = soon(1_000 + 90 * round);
    expectStatus(await schedule(id, { at }), 201);
    const seen = await until('it is public', async () => (await statusOf(id)) === 200);
    t.ok(seen >= Date.parse(at), `${seen - Date.parse(at)} ms after its time`);
    late.push(seen - Date.parse(at));
    t.match(await read(id), { publishedAt: at, firstPublishedAt: at, updatedAt: at });
    t.match(await draftOf(id), { status: 'published', publishedVersion: 1, publishedAt: at });
    t.equal((await desk('GET', url(id, '/schedule'))).statusCode, 404, 'nothing is left to do');
    const { rows } = await app.db.pool.query('select type, reason, version from changes where article_id = $1', [id]);
    t.same(rows, [{ type: 'upsert', reason: 'published', version: 1 }]);
    const log = await auditOf(id);
    t.match(log.at(-1), { action: 'draft.publish', after: { publishedAt: at } });
    t.equal(log.at(-1).key, log.find(({ action }) => action === 'schedule.create').key, 'by whom it was scheduled');
  }
  const [, , median = 0] = late.toSorted((a, b) => a - b);
  t.ok(median < 1_000, `late by ${late} ms`);
});

// Seen to fail with: publish() called by schedule() with a publishedAt of its time.
test('nothing tells readers of it before: no list, count, address, sibling, ETag or view (G11, G59)', async (t) => {
  const { id } = await makeArticle(desk, {
    tags: ['tide'],
    locales: { en: { title: 'Ebb', slug: 'ebb' }, ru: { title: 'Отлив', slug: 'отлив' } },
  });
  expectStatus(await desk('POST', url(id, '/publish', 'ru'), { version: 1, payload: {} }), 200);
  const paths = [
    `${id}?locale=ru`,
    `by-slug/ru/${encodeURIComponent('отлив')}`,
    `${id}/translations`,
    '?tag=tide&count=exact',
    `?ids=${id}&count=exact&locale=ru`,
    '?publishedAfter=2020-01-01T00:00:00Z&count=estimate&include=views',
    id,
    'by-slug/en/ebb',
  ];
  const state = async () => {
    const answers = await Promise.all(
      paths.map((path) => request('GET', `/v1/articles${path[0] === '?' ? '' : '/'}${path}`)),
    );
    return answers.map(({ statusCode, headers, body }) => [
      statusCode,
      headers.etag,
      headers['last-modified'],
      body.replace(/"traceId":"[^"]*"/, ''),
    ]);
  };
  const before = await state();
  const at = soon(1_200);
  expectStatus(await schedule(id, { at, embargoed: true }), 201);
  await request('POST', `/v1/articles/${id}/views?locale=en`, {
    headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
  });
  let rounds = 0;
  for (;;) {
    const seen = await state();
    if (Date.now() >= Date.parse(at)) break;
    t.same(seen, before, `${Date.parse(at) - Date.now()} ms before`);
    rounds += 1;
  }
  t.ok(rounds > 3, `${rounds} rounds`);
  await until('it is public', async () => (await statusOf(id)) === 200);
  const { translations } = (await request('GET', `/v1/articles/${id}?locale=ru`)).json().data;
  t.match(translations, [{ locale: 'en', slug: 'ebb', title: 'Ebb' }], 'and then its sibling names it');
  t.not(JSON.stringify(await state()), JSON.stringify(before));
});

test('a time that has passed, or lies more than five years ahead, is refused with its place, and nothing is scheduled', async (t) => {
  const { id } = await makeArticle(desk);
  const refusals: [payload: object, pointer: string, code?: string][] = [
    [{ at: soon(-1_000) }, '/at', 'past'],
    [{ at: '2019-01-01T00:00:00Z' }, '/at', 'past'],
    [{ at: new Date(Date.now() + 5.1 * 365.25 * 86_400_000).toISOString() }, '/at', 'far'],
    [{ at: '2029-02-30T00:00:00Z' }, '/at'],
    [{ at: 'tomorrow' }, '/at'],
    [{ at: 7 }, '/at'],
    [{}, '/at'],
    [{ at: FAR, embargoed: 'yes' }, '/embargoed'],
    [{ at: FAR, updateType: 'silent' }, '/updateType'],
    [{ at: FAR, draftVersion: 3 }, '/draftVersion'],
  ];
  for (const [payload, pointer, code] of refusals) {
    const [error] = expectStatus(await schedule(id, payload), 400).json().errors;
    t.equal(error.pointer, pointer, JSON.stringify(payload));
    if (code) t.equal(error.code, code, JSON.stringify(payload));
  }
  t.equal((await desk('POST', url(id, '/schedule'), { payload: { at: FAR } })).statusCode, 428);
  t.equal((await desk('POST', url(id, '/schedule'), { version: 7, payload: { at: FAR } })).statusCode, 412);
  t.equal((await desk('POST', url(id, '/schedule', 'ru'), { version: 1, payload: { at: FAR } })).statusCode, 404);
  t.equal((await draftOf(id)).status, 'draft');
  t.equal((await desk('GET', url(id, '/schedule'))).statusCode, 404);
  const { rows } = await app.db.pool.query('select from schedules where article_id = $1', [id]);
  t.equal(rows.length, 0);
});

test('a schedule is moved and cancelled, each based on its own version', async (t) => {
  const { id } = await makeArticle(desk);
  const made = expectStatus(await schedule(id, { at: FAR, updateType: 'minor' }), 201);
  t.equal(made.headers.location, `https://api.example.org${url(id, '/schedule')}`);
  t.match(made.json().data, {
    articleId: id,
    locale: 'en',
    action: 'publish',
    at: FAR,
    draftVersion: 1,
    updateType: 'minor',
    embargoed: false,
    resumeStatus: 'draft',
    version: 1,
    failedAt: null,
  });
  t.equal((await schedule(id, { at: FAR })).statusCode, 409, 'there is one already');
  const patch = (version: number, payload: object) => desk('PATCH', url(id, '/schedule'), { version, payload });
  const moved = expectStatus(await patch(1, { at: LATER, embargoed: true }), 200);
  t.match(moved.json().data, { at: LATER, embargoed: true, updateType: 'minor', version: 2 });
  t.equal(moved.headers.etag, '"2"');
  t.match(expectStatus(await patch(1, { at: FAR }), 412).json(), {
    currentVersion: 2,
    changedFields: [{ field: 'at', yours: FAR, current: LATER }],
  });
  t.equal((await patch(2, { at: soon(-5) })).statusCode, 400);
  t.equal((await patch(2, {})).statusCode, 400);
  t.equal((await desk('DELETE', url(id, '/schedule'))).statusCode, 428);
  t.equal((await desk('DELETE', url(id, '/schedule'), { version: 1 })).statusCode, 412);
  t.same((await desk('GET', url(id, '/schedule'))).json().data, moved.json().data);
  expectStatus(await desk('DELETE', url(id, '/schedule'), { version: 2 }), 204);
  t.equal((await draftOf(id)).status, 'draft');
  t.equal((await desk('DELETE', url(id, '/schedule'), { version: 2 })).statusCode, 404);
  t.same(
    (await auditOf(id)).map(({ action }) => action),
    ['draft.create', 'schedule.create', 'schedule.change', 'schedule.cancel'],
  );
});

test('one that is moved to now goes out now, and one that is cancelled never does', async (t) => {
  const [moved, cancelled] = [await makeArticle(desk), await makeArticle(desk)];
  expectStatus(await schedule(moved.id, { at: FAR }), 201);
  const at = soon(1_200);
  expectStatus(await schedule(cancelled.id, { at }), 201);
  expectStatus(await desk('DELETE', url(cancelled.id, '/schedule'), { version: 1 }), 204);
  expectStatus(await desk('PATCH', url(moved.id, '/schedule'), { version: 1, payload: { at } }), 200);
  await until('it is public', async () => (await statusOf(moved.id)) === 200);
  await sleep(300);
  t.equal(await statusOf(cancelled.id), 404);
});

test('the text that goes out is the one that was edited last', async (t) => {
  const { id } = await makeArticle(desk);
  expectStatus(await schedule(id, { at: soon(1_500) }), 201);
  expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Edited in the last minute' } }), 200);
  await until('it is public', async () => (await statusOf(id)) === 200);
  t.equal((await read(id)).title, 'Edited in the last minute');
  t.match(await draftOf(id), { version: 2, publishedVersion: 2 });
});

test('changes of a public story are scheduled: it keeps its date, and a minor edit moves no other', async (t) => {
  for (const updateType of ['major', 'minor'] as const) {
    const { id } = await makePublished(desk, {}, { publishedAt: '2024-01-01T00:00:00Z' });
    const before = await read(id);
    expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Changed' } }), 200);
    const at = soon(1_200);
    expectStatus(await schedule(id, { at, updateType }), 201);
    t.match(await draftOf(id), { status: 'scheduled', publishedVersion: 1 });
    t.same(await read(id), before);
    await until('the changes are public', async () => (await read(id)).title === 'Changed');
    const updatedAt = updateType === 'major' ? at : before.updatedAt;
    t.match(await read(id), { publishedAt: before.publishedAt, updatedAt }, updateType);
  }
});

test('several languages are scheduled at once, or none, and go out together', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: {} } });
  const at = soon(1_200);
  const all = (locales: object) => desk('POST', `/v1/desk/articles/${id}/schedule`, { payload: { locales } });
  const past = await all({ en: { version: 1, at }, ru: { version: 1, at: soon(-1) } });
  t.match(expectStatus(past, 400).json().errors, [{ pointer: '/locales/ru/at', code: 'past' }]);
  const old = await all({ en: { version: 1, at }, ru: { version: 2, at } });
  t.match(expectStatus(old, 412).json().errors, [{ pointer: '/locales/ru/version' }]);
  t.equal((await draftOf(id)).status, 'draft', 'none of them was');
  const { data } = expectStatus(
    await all({ ru: { version: 1, at }, en: { version: 1, at, embargoed: true } }),
    201,
  ).json();
  t.match(data, [
    { locale: 'en', at, embargoed: true },
    { locale: 'ru', at, embargoed: false },
  ]);
  await until('it is public', async () => (await statusOf(id)) === 200);
  t.match((await read(id)).translations, [{ locale: 'ru' }], 'each names the other at first sight');
});

test('a public story is taken back at its time, in the way that was said', async (t) => {
  const at = soon(1_500);
  const make = async (removal: object) => {
    const { id } = await makePublished(desk);
    const made = expectStatus(await expire(id, { at, ...removal }), 201);
    t.equal(made.headers.location, `https://api.example.org${url(id, '/expiry')}`);
    t.equal((await draftOf(id)).status, 'published', 'nothing happens before');
    return id;
  };
  const notice = 'The offer has ended.';
  const withdrawn = await make({ type: 'withdrawn', notice });
  const gone = await make({ type: 'gone' });
  const draft = await make({ type: 'draft' });
  await until('they are taken back', async () => (await statusOf(draft)) === 404 && (await statusOf(gone)) === 410);
  await until('the last one, too', async () => (await statusOf(withdrawn)) === 410);
  t.match((await request('GET', `/v1/articles/${withdrawn}`)).json(), { notice, withdrawnAt: at });
  t.match((await request('GET', `/v1/articles/${gone}`)).json(), { code: 'gone' });
  t.notMatch((await request('GET', `/v1/articles/${gone}`)).body, notice);
  t.match(await draftOf(draft), { status: 'draft', publishedVersion: null });
  t.match(await draftOf(gone), { status: 'withdrawn' });
  const { rows } = await app.db.pool.query(
    'select type, reason from changes where article_id = any($1) order by reason',
    [[withdrawn, gone, draft]],
  );
  t.equal(rows.filter(({ type }) => type === 'delete').length, 3, 'a tombstone each in the change log');
});

test('an expiry is moved, changed and cancelled, and tells a notice only where one is shown', async (t) => {
  const { id } = await makePublished(desk);
  const silent = await expire(id, { at: FAR, type: 'gone', notice: 'x' });
  t.match(expectStatus(silent, 400).json().errors, [{ pointer: '/notice' }]);
  t.equal((await expire(id, { at: soon(-1), type: 'gone' })).statusCode, 400);
  t.equal((await expire(id, { at: FAR })).statusCode, 400);
  expectStatus(await expire(id, { at: FAR, type: 'withdrawn', notice: 'Over.' }), 201);
  t.equal((await expire(id, { at: FAR, type: 'gone' })).statusCode, 409, 'there is one already');
  const patch = (version: number, payload: object) => desk('PATCH', url(id, '/expiry'), { version, payload });
  t.match(expectStatus(await patch(1, { at: LATER }), 200).json().data, {
    at: LATER,
    removal: { type: 'withdrawn', notice: 'Over.' },
  });
  t.match(expectStatus(await patch(2, { type: 'gone' }), 200).json().data.removal, { type: 'gone', notice: null });
  t.equal((await patch(3, { notice: 'x' })).statusCode, 400);
  t.equal((await patch(1, { type: 'draft' })).statusCode, 412);
  expectStatus(await desk('DELETE', url(id, '/expiry'), { version: 3 }), 204);
  t.equal((await desk('GET', url(id, '/expiry'))).statusCode, 404);
  t.equal(await statusOf(id), 200);
  const { id: draft } = await makeArticle(desk);
  t.equal((await expire(draft, { at: FAR, type: 'gone' })).statusCode, 409, 'it is neither public nor scheduled');
});

test('a story goes out and is taken back by itself, in this order only', async (t) => {
  const { id } = await makeArticle(desk);
  const [out, back] = [soon(1_500), soon(2_500)];
  expectStatus(await schedule(id, { at: out }), 201);
  const early = await expire(id, { at: out, type: 'draft' });
  t.match(expectStatus(early, 400).json().errors, [{ pointer: '/at', code: 'order' }]);
  expectStatus(await expire(id, { at: back, type: 'draft' }), 201);
  const late = await desk('PATCH', url(id, '/schedule'), { version: 1, payload: { at: FAR } });
  t.match(expectStatus(late, 400).json().errors, [{ code: 'order' }]);
  await until('it is public', async () => (await statusOf(id)) === 200);
  await until('it is taken back', async () => (await statusOf(id)) === 404);
  t.ok(Date.now() >= Date.parse(back));
  t.equal((await draftOf(id)).status, 'draft');
  const other = await makeArticle(desk);
  expectStatus(await schedule(other.id, { at: FAR }), 201);
  expectStatus(await expire(other.id, { at: LATER, type: 'draft' }), 201);
  expectStatus(await desk('DELETE', url(other.id, '/schedule'), { version: 1 }), 204);
  t.equal((await desk('GET', url(other.id, '/expiry'))).statusCode, 404, 'what will not go out is not taken back');
});

test('what expires while its changes are scheduled comes back at their time', async (t) => {
  const { id } = await makePublished(desk);
  expectStatus(await desk('PATCH', url(id), { version: 1, payload: { title: 'Second edition' } }), 200);
  const [back, out] = [soon(1_000), soon(2_500)];
  expectStatus(await schedule(id, { at: out }), 201);
  expectStatus(await expire(id, { at: back, type: 'withdrawn' }), 201);
  await until('it is taken back', async () => (await statusOf(id)) === 410);
  t.match(await draftOf(id), { status: 'scheduled', publishedVersion: null });
  t.equal((await desk('GET', url(id, '/schedule'))).json().data.resumeStatus, 'withdrawn');
  await until('it is public again', async () => (await statusOf(id)) === 200);
  t.equal((await read(id)).title, 'Second edition');
});

// Seen to fail without endByRemoval() in unpublish(): the story was public again.
test('what is published by hand is not published again, and what is withdrawn by hand does not come back by itself', async (t) => {
  const [early, pulled] = [await makeArticle(desk), await makePublished(desk)];
  const at = soon(1_500);
  expectStatus(await schedule(early.id, { at }), 201);
  expectStatus(await desk('POST', url(early.id, '/publish'), { version: 1, payload: {} }), 200);
  expectStatus(await desk('PATCH', url(pulled.id), { version: 1, payload: { title: 'Changed' } }), 200);
  expectStatus(await schedule(pulled.id, { at }), 201);
  expectStatus(await expire(pulled.id, { at: FAR, type: 'draft' }), 201);
  expectStatus(await desk('POST', url(pulled.id, '/withdraw'), { version: 2, payload: {} }), 200);
  for (const path of ['/schedule', '/expiry']) t.equal((await desk('GET', url(pulled.id, path))).statusCode, 404, path);
  await sleep(Date.parse(at) - Date.now() + 700);
  t.equal(await statusOf(pulled.id), 410);
  t.equal((await draftOf(pulled.id)).status, 'withdrawn');
  const { rows } = await app.db.pool.query('select reason from changes where article_id = $1', [early.id]);
  t.same(rows, [{ reason: 'published' }], 'once');
  t.same(
    (await auditOf(pulled.id)).slice(-3).map(({ action }) => action),
    ['schedule.cancel', 'schedule.cancel', 'draft.withdraw'],
  );
});

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
  t.equal((await desk('PATCH', url(id, '/schedule'), { version: 2, payload: { at: FAR } })).statusCode, 409);

  expectStatus(await desk('POST', url(holder.id, '/publish'), { version: 2, payload: {} }), 200);
  const again = expectStatus(await schedule(id, { at: soon(1_000) }), 201).json().data;
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

test('an id in capitals is the same story', async (t) => {
  const { id } = await makeArticle(desk);
  const made = await desk('POST', url(id.toUpperCase(), '/schedule'), { version: 1, payload: { at: FAR } });
  t.equal(expectStatus(made, 201).json().data.articleId, id);
  t.equal(stateIn(await getDeskArticle(desk, id), 'en').status, 'scheduled');
});
