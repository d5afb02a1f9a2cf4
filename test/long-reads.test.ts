// Reads that take the longer the more stories there are: nothing else waits behind them. What would take long is held by a lock.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { withGate } from './fixtures/gates.ts';
import { makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const databaseUrl = await testDatabase(t);
const { request, desk } = await buildTestApp(t, { databaseUrl, roles: { api: true, jobs: false }, cacheMb: 0 });

for (const key of ['one', 'two', 'three']) await makeTag(desk, { key });
await makeRegion(desk, { key: 'coast' });
const { id } = await makePublished(desk, { region: 'coast', tags: ['one', 'two', 'three'] });

const LONG: [what: string, urls: string[], table: string, meanwhile: string][] = [
  [
    'counts of terms',
    ['one', 'two', 'three'].map((key) => `/v1/tags/${key}?include=counts`),
    'listings',
    `/v1/articles/${id}`,
  ],
  [
    'filters that no list settles',
    ['one', 'two', 'three'].map((key) => `/v1/articles?tag=${key}&kind=news`),
    'published_articles',
    '/v1/tags/one',
  ],
  [
    'counts of stories',
    ['one', 'two', 'three'].map((key) => `/v1/articles?tag=${key}&kind=news&count=exact`),
    'published_articles',
    '/v1/tags/one',
  ],
  [
    'searches',
    ['sails', 'ferry', 'again'].map((q) => `/v1/search?q=${q}&facets=region`),
    'region_texts',
    '/v1/search/suggest?q=fe',
  ],
  [
    'the index of sitemaps',
    Array.from({ length: 3 }, () => '/v1/sitemaps/index.xml'),
    'published_articles',
    '/v1/tags/one',
  ],
];
// Seen to fail without isLong: what is asked is answered when the statements before it are cancelled after 5 s, and those are a 503.
for (const [what, urls, table, meanwhile] of LONG) {
  test(`${what}: what else is asked does not wait behind them`, async (t) => {
    expectStatus(await request('GET', meanwhile), 200);
    const answers = await withGate(databaseUrl, `lock table ${table} in access exclusive mode`, async (gate) => {
      const long = Promise.all(urls.map((url) => request('GET', url)));
      await until('a statement waits', async () => (await gate.waiters()) > 0);
      for (const answer of await Promise.all(Array.from({ length: 4 }, () => request('GET', meanwhile))))
        expectStatus(answer, 200);
      await gate.open();
      return long;
    });
    t.same(
      answers.map(({ statusCode }) => statusCode),
      urls.map(() => 200),
    );
  });
}
