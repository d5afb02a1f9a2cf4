// Views set by hand: corrections, and counters of another system. Every number agrees afterwards.
import { sql } from 'drizzle-orm';
import t, { test } from 'tap';
import { refreshTrending } from '../src/modules/trending/refreshing.ts';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { importText, story, textOf } from './fixtures/importing.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale } from './fixtures/taxonomy.ts';
import { DAY, HOUR, iso, NOBODY, sum, viewsIn } from './fixtures/views.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk, as, keyWith } = site;
const { query, read, total, thisHour, count } = viewsIn(site);
await makeLocale(desk, 'ru', { aliases: ['rus'] });

const url = (id: string) => `/v1/desk/articles/${id}/views`;
const audited = async (id: string, action: string) =>
  (await desk('GET', `/v1/desk/audit?entity=article&entityId=${id}&action=${action}`)).json().data;
const popular = async (id: string, locale = 'en') => {
  await refreshTrending(app.db.desk, { wait: true });
  await app.forgetChanged();
  const { meta } = (await request('GET', `/v1/trending?window=all&limit=100&locale=${locale}`)).json();
  return meta.ranking.find((one: { id: string }) => one.id === id)?.views ?? 0;
};
const correct = (id: string, version: number | undefined, buckets: object[], send = desk): Promise<Answer> =>
  send('PUT', url(id), { ...(version !== undefined && { version }), payload: { reason: 'A robot of ours', buckets } });

// Seen to fail without resumDays() in setting.ts, and with `false` for the condition of its delete.
test('a correction sets the hours that it names: totals, series and what is read most agree after it', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: {}, ru: {} } });
  const hour = await thisHour();
  const [old, yesterday] = [hour - 3 * DAY, hour - DAY];
  await count(id, old, 1_000);
  await count(id, old, 5, 'ru');
  await count(id, yesterday, 7, 'en', 'ios');
  await count(id, hour, 3);
  t.equal(await popular(id), 1_010, 'the old days are summed up by now');
  const before = expectStatus(await desk('GET', url(id)), 200);
  t.same([before.headers.etag, before.json().data.total], ['"1"', 1_015]);
  t.same(before.json().data.buckets, [{ hour: iso(hour), locale: 'en', source: 'web', views: 3 }]);
  const all = (await desk('GET', `${url(id)}?from=${iso(old)}`)).json().data.buckets;
  t.equal(all.length, 4);

  const buckets = [
    { hour: iso(old), locale: 'en', source: 'web', views: 40 },
    { hour: iso(yesterday), locale: 'en', source: 'ios', views: 0 },
    { hour: iso(old - DAY), locale: 'ru', source: 'android', views: 2 },
  ];
  const answer = expectStatus(await correct(id, 1, buckets), 200);
  t.match(answer.json().data, { version: 2, total: 50 });
  t.same(
    answer.json().data.buckets.map(({ views }: { views: number }) => views),
    [2, 40, 5],
  );
  t.match(await read(id), { total: 50, locales: { en: 43, ru: 7 }, sources: { android: 2, web: 48 } });
  t.equal(sum((await read(id, '?interval=day')).series.points), 50);
  t.same([await popular(id), await popular(id, 'ru')], [43, 7]);
  const [entry] = await audited(id, 'views.correct');
  t.match(entry, { actor: { type: 'key' } });
  t.match(entry.changes, [
    { field: `views.${iso(old)} en web`, before: 1_000, after: 40 },
    { field: `views.${iso(yesterday)} en ios`, before: 7, after: 0 },
    { field: `views.${iso(old - DAY)} ru android`, before: 0, after: 2 },
    { field: 'reason', after: 'A robot of ours' },
  ]);
  const again = expectStatus(await correct(id, 2, buckets), 200);
  t.match(again.json().data, { version: 3, total: 50 }, 'the same once more changes no number');
});

test('a correction is refused without its version, of an hour that is not over, and where the story has no text', async (t) => {
  const { id } = await makePublished(desk);
  const hour = await thisHour();
  const bucket = { hour: iso(hour - HOUR), locale: 'en', source: 'web', views: 1 };
  const stored = () => query(sql`select * from view_counts where article_id = ${id}`);
  expectStatus(await correct(id, undefined, [bucket]), 428);
  const late = expectStatus(await correct(id, 2, [bucket]), 412).json();
  t.match(late, { currentVersion: 1, changedFields: [{ field: 'buckets.0.views', yours: 1, current: 0 }] });
  const wrong: [buckets: object[], pointer: string][] = [
    [[], '/buckets'],
    [[{ ...bucket, hour: iso(hour) }], '/buckets/0/hour'],
    [[bucket, { ...bucket, hour: iso(hour + 5 * HOUR) }], '/buckets/1/hour'],
    [[{ ...bucket, hour: iso(hour - HOUR + 60_000) }], '/buckets/0/hour'],
    [[{ ...bucket, locale: 'ru' }], '/buckets/0/locale'],
    [[bucket, bucket], '/buckets/1/hour'],
    [[{ ...bucket, views: -1 }], '/buckets/0/views'],
    [[{ ...bucket, views: 1_000_000_001 }], '/buckets/0/views'],
    [[{ ...bucket, views: 1.5 }], '/buckets/0/views'],
    [[{ ...bucket, source: 'robot' }], '/buckets/0/source'],
    [[{ ...bucket, more: 1 }], '/buckets/0/more'],
  ];
  for (const [buckets, pointer] of wrong) {
    const answer = expectStatus(await correct(id, 1, buckets), 400);
    t.equal(problemOf(answer.body).errors?.[0]?.pointer, pointer, answer.body);
  }
  const silent = await desk('PUT', url(id), { version: 1, payload: { buckets: [bucket] } });
  t.equal(problemOf(expectStatus(silent, 400).body).errors?.[0]?.pointer, '/reason');
  t.same(await stored(), []);
  expectStatus(await correct(NOBODY, 1, [bucket]), 404);
});

test('without the scope nobody sees hours or sets them, nor the counters of another system', async (t) => {
  const { id } = await makePublished(desk);
  const hour = await thisHour();
  const bucket = { hour: iso(hour - HOUR), locale: 'en', source: 'web', views: 1 };
  const editor = as(await keyWith(['articles:read', 'articles:write', 'articles:publish', 'site:write', 'audit:read']));
  const payload = { reason: 'x', counters: [{ article: id, locale: 'en', views: 5 }] };
  for (const answer of [
    await editor('GET', url(id)),
    await correct(id, 1, [bucket], editor),
    await editor('POST', '/v1/desk/views/import', { payload }),
  ])
    t.match(expectStatus(answer, 403).json(), { scope: 'views:write' });
  for (const answer of [
    await request('GET', url(id)),
    await correct(id, 1, [bucket], request),
    await request('POST', '/v1/desk/views/import', { payload }),
  ])
    expectStatus(answer, 401);
  t.equal(await total(id), 0);
  const scoped = as(await keyWith(['views:write']));
  expectStatus(await correct(id, 1, [bucket], scoped), 200);
  t.equal(await total(id), 1);
});

test('two who correct at once: one is told that the other was first', async (t) => {
  const { id } = await makePublished(desk);
  const hour = await thisHour();
  const bucket = { hour: iso(hour - HOUR), locale: 'en', source: 'web' };
  const answers = await Promise.all([1, 2, 3, 4].map((views) => correct(id, 1, [{ ...bucket, views }])));
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 412, 412, 412]);
  const won = answers.findIndex(({ statusCode }) => statusCode === 200) + 1;
  t.equal(await total(id), won);
});

const bring = async (counters: object[], status = 200) =>
  expectStatus(await desk('POST', '/v1/desk/views/import', { payload: { reason: 'The old site', counters } }), status);

// Seen to fail with: `before` not asked for in counters.ts (the old hour stays), and IMPORTED = 'web' (what was counted is lost).
test('counters of another system stand beside what is counted here, and the same once more changes nothing', async (t) => {
  const [one, two] = [
    await makePublished(
      desk,
      { externalId: 'old:1', locales: { en: {}, ru: {} } },
      { publishedAt: '2024-03-01T10:30:00Z' },
    ),
    await makePublished(desk),
  ];
  await count(one.id, Date.parse('2024-03-01T10:00:00Z'), 4);
  const counters = [
    { article: 'old:1', locale: 'en', views: 1_200 },
    { article: one.id.toUpperCase(), locale: 'rus', views: 300, at: '2025-01-01T05:59:00+04:00' },
    { article: two.id, locale: 'en', views: 0 },
  ];
  t.same((await bring(counters)).json().data, { changed: 2, unchanged: 1 });
  t.match(await read(one.id), { total: 1_504, locales: { en: 1_204, ru: 300 }, sources: { import: 1_500, web: 4 } });
  const { points } = (await read(one.id, '?interval=hour&from=2024-03-01T10:00:00Z&to=2024-03-01T11:00:00Z')).series;
  t.same(points, [{ at: '2024-03-01T10:00:00.000Z', views: 1_204, locales: { en: 1_204 } }]);
  t.equal(
    (await read(one.id, '?interval=hour&from=2025-01-01T01:00:00Z&to=2025-01-01T02:00:00Z')).series.points[0].views,
    300,
  );
  t.same([await popular(one.id), await popular(one.id, 'ru')], [1_204, 300]);
  t.same((await bring(counters)).json().data, { changed: 0, unchanged: 3 });
  t.equal((await audited(one.id, 'views.import')).length, 1, 'what changes nothing is not logged');
  t.equal(await total(one.id), 1_504);
  const moved = [{ article: 'old:1', locale: 'en', views: 1_000, at: '2024-06-01T00:00:00Z' }];
  t.same((await bring(moved)).json().data, { changed: 1, unchanged: 0 });
  t.match(await read(one.id), { locales: { en: 1_004, ru: 300 } }, 'the hour before is gone, the other language stays');
  t.equal(await popular(one.id), 1_004);
  const [last] = await audited(one.id, 'views.import');
  t.match(last.changes, [
    { field: 'views.en', before: 1_200, after: 1_000 },
    { field: 'reason', after: 'The old site' },
  ]);
  t.same((await bring([{ article: 'old:1', locale: 'en', views: 0 }])).json().data.changed, 1);
  t.match(await read(one.id), { locales: { en: 4, ru: 300 } });
  t.equal(
    (await desk('GET', url(one.id))).json().data.version,
    4,
    'a correction based on the numbers before is refused',
  );
});

test('counters are taken all or not at all, each wrong one named by its place', async (t) => {
  const { id } = await makePublished(desk);
  const good = { article: id, locale: 'en', views: 9 };
  const wrong: [counter: object, pointer: string][] = [
    [{ ...good, article: NOBODY }, '/counters/1/article'],
    [{ ...good, article: 'nobody knows' }, '/counters/1/article'],
    [{ ...good, locale: 'ru' }, '/counters/1/locale'],
    [{ ...good, locale: 'xx' }, '/counters/1/locale'],
    [{ ...good, at: '2099-01-01T00:00:00Z' }, '/counters/1/at'],
    [good, '/counters/1/article'],
    [{ ...good, views: '9' }, '/counters/1/views'],
    [{ ...good, source: 'web' }, '/counters/1/source'],
  ];
  for (const [counter, pointer] of wrong) {
    const answer = await bring([good, counter], 400);
    t.equal(problemOf(answer.body).errors?.[0]?.pointer, pointer, answer.body);
  }
  t.equal(await total(id), 0);
  await bring(
    Array.from({ length: 1_001 }, () => good),
    400,
  );
});

test('a line of an import file brings the views that its story had, once', async (t) => {
  const lines = [story(1, { views: 512 }), story(1, { locale: 'ru', views: 17 }), story(2)];
  t.same((await importText(app.db.pool, textOf(lines))).counts.created, 3);
  const [{ id } = {}] = await query(sql`select id from articles where external_id = 'wire:1'`);
  t.match(await read(String(id)), { total: 529, locales: { en: 512, ru: 17 }, sources: { import: 529 } });
  t.equal((await importText(app.db.pool, textOf(lines))).counts.unchanged, 3);
  t.same((await importText(app.db.pool, textOf([story(1, { views: 600 })]))).counts.updated, 1);
  t.match(await read(String(id)), { locales: { en: 600, ru: 17 } });
  const [entry] = await audited(String(id), 'views.import');
  t.match(entry, { actor: null, changes: [{ field: 'views.en', before: 512, after: 600 }, { field: 'reason' }] });
  t.match((await importText(app.db.pool, textOf([story(3, { views: -1 })]))).refusals, [/views/]);
});
