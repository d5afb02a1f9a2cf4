// What is read most in the next best language, against an oracle: random newsrooms, counts and requests, beside a plain sum in JS.
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t, { test } from 'tap';
import { refreshTrending } from '../src/modules/trending/refreshing.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeLocale(desk, 'hy', { fallback: ['ru'] });
for (const key of ['gulf', 'hills']) await makeRegion(desk, { key });
for (const key of ['oil', 'rail']) await makeTag(desk, { key });
const LOCALES = ['en', 'ru', 'hy'];

const some = <T>(from: readonly T[], least = 0) => fc.subarray([...from], { minLength: least });
const stories: { id: string; locales: string[]; region: string; tags: string[] }[] = [];
for (const [n, locales] of [
  ['en'],
  ['ru'],
  ['hy'],
  ['en', 'ru'],
  ['ru', 'hy'],
  ['en', 'hy'],
  LOCALES,
  ['en', 'ru'],
].entries()) {
  const region = n % 2 ? 'gulf' : 'hills';
  const tags = n % 3 ? ['oil'] : n % 4 ? ['oil', 'rail'] : [];
  const texts = Object.fromEntries(locales.map((locale) => [locale, { title: `${locale} ${n}` }]));
  const { id } = await makePublished(desk, { region, tags, locales: texts });
  stories.push({ id, locales, region, tags });
}

async function read(search: string) {
  const answer = expectStatus(await request('GET', `/v1/trending${search}`), 200);
  return { ...answer.json(), languages: answer.headers['content-language'] };
}
/** In the hour that runs now, where every window counts alike. */
async function count(views: readonly { id: string; locale: string; views: number }[]) {
  await app.db.pool.query('truncate view_counts, view_days, trending');
  await app.db.pool.query(
    `insert into view_counts (article_id, hour, locale, source, views)
     select id, date_trunc('hour', now(), 'UTC'), locale, 'web', views from json_to_recordset($1::json) as x(id uuid, locale text, views int)`,
    [JSON.stringify(views)],
  );
  await refreshTrending(app.db.desk, { wait: true });
  await app.forgetChanged();
}

const CHAINS: [search: string, chain: string[]][] = [
  ['locale=hy', ['hy']],
  ['locale=hy&fallback=none', ['hy']],
  ['locale=hy&fallback=site', ['hy', 'ru', 'en']],
  ['locale=rus&fallback=hy', ['ru', 'hy']],
  ['fallback=hy,rus', ['en', 'hy', 'ru']],
  ['locale=ru&fallback=en,ru', ['ru', 'en']],
];

test('each story stands once, in the first language of the chain, by the views of that text: as a plain sum has it', async (t) => {
  const counted = fc.tuple(...stories.map(({ locales }) => fc.tuple(...locales.map(() => fc.nat(6)), fc.constant(0))));
  let told = 0;
  await fc.assert(
    fc.asyncProperty(counted, async (made) => {
      const views = stories.flatMap(({ id, locales }, n) =>
        locales
          .flatMap((locale, at) => ({ id, locale, views: Number(made[n]?.[at] ?? 0) }))
          .filter((one) => one.views > 0),
      );
      await count(views);
      const filters = fc.sample(fc.tuple(some(['gulf', 'hills']), some(['oil', 'rail']), fc.constantFrom(1, 3, 20)), 3);
      for (const [search, chain] of CHAINS) {
        for (const [regions, tags, limit] of filters) {
          const asked = `?window=24h&${search}&limit=${limit}${regions.length ? `&region=${regions}` : ''}${tags.length ? `&tag=${tags}` : ''}`;
          const expected = stories
            .filter(({ region }) => regions.length === 0 || regions.includes(region))
            .filter((story) => tags.length === 0 || tags.some((tag) => story.tags.includes(tag)))
            .flatMap(({ id, locales }) => {
              const locale = chain.find((tag) => locales.includes(tag));
              const found = views.find((one) => one.id === id && one.locale === locale);
              return found ? [{ id, locale, views: found.views }] : [];
            })
            .sort((a, b) => b.views - a.views || (a.id < b.id ? -1 : 1))
            .slice(0, limit);
          const { data, meta, languages } = await read(asked);
          deepEqual(
            data.map(({ id, locale }: { id: string; locale: string }) => [id, locale]),
            expected.map(({ id, locale }) => [id, locale]),
            asked,
          );
          deepEqual(
            meta.ranking,
            expected.map(({ id, views }) => ({ id, views, score: views })),
            asked,
          );
          const isChained = search.includes('fallback=') && !search.includes('none');
          for (const { locale, isFallback } of data)
            deepEqual(isFallback, isChained ? locale !== chain[0] : undefined, asked);
          const served = chain.filter((tag) => expected.some(({ locale }) => locale === tag));
          deepEqual(languages, served.join(', ') || chain[0], asked);
          told += expected.length;
        }
      }
    }),
    { numRuns: 12 },
  );
  t.ok(told > 100, `${told} places compared`);
});

test('a story that goes out of the better language comes in the next one at once, with its fields and what is included', async (t) => {
  const { id } = await makePublished(desk, { region: 'gulf', locales: { hy: { title: 'hy' }, ru: { title: 'ru' } } });
  await count([
    { id, locale: 'hy', views: 2 },
    { id, locale: 'ru', views: 9 },
  ]);
  const asked = '?locale=hy&fallback=ru&fields=title&include=region';
  t.match(await read(asked), {
    data: [{ id, locale: 'hy', title: 'hy', isFallback: false }],
    meta: { requestedLocale: 'hy', locale: 'hy', ranking: [{ id, views: 2 }] },
    languages: 'hy',
  });
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/hy/unpublish`, { version: 1, payload: {} }), 200);
  const next = await read(asked);
  t.same(next.data, [{ id, locale: 'ru', title: 'ru', isFallback: true }]);
  t.match(next, { included: { regions: [{ key: 'gulf' }] }, meta: { ranking: [{ id, views: 9 }] }, languages: 'ru' });
  t.same((await read('?locale=hy')).data, []);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/ru/withdraw`, { version: 1, payload: {} }), 200);
  t.same((await read(asked)).data, []);
});

test('what is no language, or stands beside none or site, is refused with its name', async (t) => {
  for (const search of [
    'fallback=xx',
    'fallback=site,ru',
    'fallback=none,ru',
    'fallback=ru,rus',
    'fallback=',
    'fallback=ru&fallback=hy',
  ]) {
    const answer = expectStatus(await request('GET', `/v1/trending?${search}`), 400);
    t.ok(
      problemOf(answer.body).errors?.some(({ parameter }) => parameter === 'fallback'),
      search + answer.body,
    );
  }
});
