// Views over time: series of hours or days that lack none and agree with the totals. What cannot be one is refused by name.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale } from './fixtures/taxonomy.ts';
import { DAY, HOUR, iso, NOBODY, type Point, sum, viewsIn } from './fixtures/views.ts';

const site = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { request, desk } = site;
const { read, total, thisHour, count } = viewsIn(site);
await makeLocale(desk, 'ru');

// Seen to fail with `+ step` left out of `upto`, and `join` instead of `left join` in series.ts.
test('a series has every hour or day between its bounds, those without a view as well, and adds up to the total', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: {}, ru: {} } });
  const hour = await thisHour();
  await count(id, hour, 1);
  await count(id, hour, 2, 'ru', 'ios');
  await count(id, hour - 3 * HOUR, 4);
  await count(id, hour - 3 * HOUR, 8, 'en', 'feed');
  await count(id, hour - 23 * HOUR, 16);
  await count(id, hour - 40 * DAY, 32);
  const usual = (await read(id, '?interval=hour')).series;
  t.equal(usual.points.length, 24);
  t.same([usual.interval, usual.from, usual.to], ['hour', iso(hour - 23 * HOUR), iso(hour + HOUR)]);
  t.same(
    usual.points.map(({ at }: Point) => at),
    Array.from({ length: 24 }, (_, n) => iso(hour - (23 - n) * HOUR)),
  );
  t.same(usual.points.at(-1), { at: iso(hour), views: 3, locales: { en: 1, ru: 2 } });
  t.same(usual.points.at(-2), { at: iso(hour - HOUR), views: 0, locales: {} });
  t.same(usual.points.at(-4), { at: iso(hour - 3 * HOUR), views: 12, locales: { en: 12 } });
  t.equal(sum(usual.points), 31);
  const days = (await read(id, `?interval=day&from=${iso(hour - 41 * DAY)}`)).series;
  t.equal(days.points.length, 42);
  t.equal(sum(days.points), await total(id));
  t.equal((await read(id, '?interval=day')).series.points.length, 30);
  const cut = (await read(id, `?interval=hour&from=${iso(hour - 3 * HOUR + 60_000)}&to=${iso(hour - HOUR - 1)}`))
    .series;
  t.same([cut.from, cut.to, sum(cut.points)], [iso(hour - 3 * HOUR), iso(hour - HOUR), 12], 'whole hours around them');
  const exact = (await read(id, `?interval=hour&from=${iso(hour - 3 * HOUR)}&to=${iso(hour)}`)).series;
  t.same([exact.to, exact.points.length], [iso(hour), 3], 'the end itself is not in it');
  // 02:00 in Yerevan; and a day that is longer than 24 hours in many time zones.
  const zones = (await read(id, '?interval=day&from=2025-10-25T02:00:00%2B04:00&to=2025-10-28T00:00:00Z')).series;
  t.same(
    zones.points.map(({ at }: Point) => at.slice(0, 13)),
    ['2025-10-24T00', '2025-10-25T00', '2025-10-26T00', '2025-10-27T00'],
  );
  t.notOk('series' in (await read(id)), 'only where it is asked for');
});

test('a series with bounds that make no sense, too many points or an unknown interval is refused by name', async (t) => {
  const { id } = await makePublished(desk);
  const day = '2026-01-01T00:00:00Z';
  const wrong: [search: string, parameter: string][] = [
    ['?interval=week', 'interval'],
    ['?interval=', 'interval'],
    ['?interval=hour&interval=day', 'interval'],
    [`?from=${day}`, 'from'],
    [`?to=${day}`, 'to'],
    ['?interval=day&from=yesterday', 'from'],
    ['?interval=day&from=2026-02-30T00:00:00Z', 'from'],
    [`?interval=day&from=${day}&to=${day}`, 'from'],
    [`?interval=hour&from=2026-01-01T00:10:00Z&to=2026-01-01T00:05:00Z`, 'from'],
    ['?interval=hour&from=9000-01-01T00:00:00Z', 'from'],
    ['?interval=hour&from=2025-01-01T00:00:00Z&to=2025-02-11T16:00:01Z', 'from'],
    ['?interval=day&from=0001-01-01T00:00:00Z', 'from'],
    ['?interval=day&to=9999-12-31T00:00:01Z', 'to'],
    ['?interval=hour&to=9999-12-31T23:00:01Z', 'to'],
    ['?interval=day&locale=en', 'locale'],
  ];
  for (const [search, parameter] of wrong) {
    const answer = expectStatus(await request('GET', `/v1/articles/${id}/views${search}`), 400);
    t.equal(problemOf(answer.body).errors?.[0]?.parameter, parameter, search + answer.body);
  }
  const most = await read(id, '?interval=hour&from=2025-01-01T00:00:00Z&to=2025-02-11T16:00:00Z');
  t.equal(most.series.points.length, 1_000);
  const { series: first } = await read(id, '?interval=day&to=0001-01-02T00:00:00Z');
  t.same([first.from, first.points.length], ['0001-01-01T00:00:00.000Z', 1], 'there is no day before the first one');
  for (const hidden of [(await makeArticle(desk)).id, NOBODY])
    t.equal((await request('GET', `/v1/articles/${hidden}/views?interval=day`)).statusCode, 404);
});
