// How many SQL statements a public read takes, and the making of a story: a number that grows with the answer, or with the languages, would
// be found here first.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { type ArticleOverrides, expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront } from './fixtures/fronts.ts';
import { makeMedia } from './fixtures/media.ts';
import { recordStatements } from './fixtures/sent.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false }, cacheMb: 0 });
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'gulf' });
await makeTag(desk, { key: 'oil' });
const more = { region: 'gulf', tags: ['oil'] };
const { id: image } = await makeMedia(desk);
const { id } = await makePublished(desk, { ...more, image, locales: { en: { slug: 'counted' }, ru: {} } });
for (let n = 0; n < 3; n += 1) await makePublished(desk, more);

const lead = { key: 'lead', size: 3, pinned: [{ articleId: id }] };
await makeFront(desk, { slug: 'small', slots: [lead] });
const sources = [
  { type: 'filter' as const, region: ['gulf'], tag: ['oil'] },
  { type: 'filter' as const, kind: ['news' as const] },
  { type: 'latestPerRegion' as const, region: ['gulf'] },
  { type: 'mostRead' as const, window: '7d' as const, tag: ['oil'] },
];
const many = Array.from({ length: 39 }, (_, n) => ({
  key: `s${n}`,
  size: 4,
  source: sources[n % sources.length] ?? { type: 'none' as const },
}));
await makeFront(desk, { slug: 'large', slots: [lead, ...many] });

const { id: live } = await makePublished(desk, { kind: 'live' });

const sent = recordStatements(t);

test('each public read takes a fixed number of prepared statements, whatever it answers', async (t) => {
  const budgets: [path: string, statements: number][] = [
    [`/v1/articles/${id}`, 1],
    [`/v1/articles/${id}?locale=ru&fields=title,body.html`, 1],
    [`/v1/articles/${id}?include=region,tags,contributors,media,views`, 2],
    [`/v1/articles/${id}?include=region,tags,contributors,views,seo&fields=title`, 2],
    ['/v1/articles/by-slug/en/counted', 1],
    [`/v1/articles/${id}/translations`, 1],
    [`/v1/articles/${id}/print`, 2],
    [`/v1/articles/${id}/ninjs`, 2],
    [`/v1/articles/${id}/jsonld`, 2],
    [`/v1/articles/${id}/text?locale=ru`, 2],
    [`/v1/articles/${id}/markdown`, 2],
    [`/v1/articles/${id}/republish`, 2],
    [`/v1/articles/${id}/republish?format=json&locale=ru`, 2],
    [`/v1/articles/${id}/related?limit=20`, 1],
    [`/v1/articles/${id}/adjacent?region=gulf&tag=oil`, 2],
    [`/v1/articles/${id}/series`, 1],
    [`/v1/articles/${id}/chain`, 1],
    [`/v1/articles/${id}?include=related,tags,views,seo`, 3],
    [`/v1/articles/${id}/views`, 1],
    [`/v1/articles/${id}/views?interval=day`, 2],
    ['/v1/trending?region=gulf&tag=oil', 2],
    ['/v1/trending?limit=100&include=region,tags,media,views&fields=title', 3],
    [`/v1/articles/${live}/entries`, 1],
    [`/v1/articles/${live}/entries?locale=EN&key=true`, 2],
    ['/v1/articles', 2],
    ['/v1/articles?limit=1', 2],
    ['/v1/articles?region=gulf&tag=oil&excludeIds=01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', 2],
    // One to see which of several lists is short.
    ['/v1/articles?region=gulf&tag=oil&tagAll=oil&country=GE,FR&kind=news', 3],
    ['/v1/articles?include=region,tags,contributors,media,views', 3],
    ['/v1/articles?count=exact', 3],
    [`/v1/articles/${id}?locale=ru&fallback=en`, 1],
    ['/v1/articles?locale=ru&fallback=site', 2],
    ['/v1/articles?locale=ru&fallback=en&region=gulf&count=exact&include=region', 4],
    ['/v1/articles?include=views&count=estimate', 4],
    [`/v1/media/${image}`, 1],
    ['/v1/feeds/rss', 3],
    ['/v1/feeds/atom?region=gulf&tag=oil&content=summary', 4],
    ['/v1/feeds/json?locale=ru&fallback=en&limit=100', 3],
    [`/v1/oembed?url=https://api.example.org/v1/articles/${id}`, 2],
    ['/v1/oembed?format=xml&url=https://www.example.org/en/counted', 5],
    ['/v1/ninjs', 3],
    ['/v1/ninjs?locale=ru&fallback=en&region=gulf&tag=oil', 3],
    ['/v1/sitemaps/index.xml', 2],
    ['/v1/sitemaps/news.xml', 2],
    [`/v1/sitemaps/en/${new Date().toISOString().slice(0, 7)}-1.xml`, 1],
    ['/v1/fronts', 1],
    ['/v1/fronts/small', 2],
    ['/v1/fronts/large', 2],
    ['/v1/fronts/large?fallback=ru', 2],
    ['/v1/fronts/large?include=region,tags,contributors,media,views', 3],
    ['/v1/fronts/large?fields=title,body.html&slot=s7', 2],
    ['/v1/search?q=harbour&limit=1', 2],
    ['/v1/search?q=harbour&region=gulf&tag=oil&sort=-publishedAt', 2],
    ['/v1/search?q=harbour&include=region,tags,contributors,media', 3],
    ['/v1/search?q=harbour&facets=region,tag,kind,year', 2],
    ['/v1/search?q=nobody&facets=kind', 3],
    ['/v1/search/suggest?q=har', 2],
    ['/v1/search/suggest?q=harbuor', 4],
  ];
  expectStatus(await request('GET', '/v1/articles'), 200); // what is asked once for each process, such as the cursors' secret
  for (const [path, statements] of budgets) {
    sent.length = 0;
    expectStatus(await request('GET', path), 200);
    t.equal(sent.length, statements, `${path}: ${sent.join(', ')}`);
    t.notOk(
      sent.some((name) => name.includes(' ')),
      'each prepared by name',
    );
  }
});

test('a list follows its cursor and is found unchanged with the same two', async (t) => {
  const first = expectStatus(await request('GET', '/v1/articles?limit=2'), 200);
  const next = new URL(first.json().links.next);
  sent.length = 0;
  expectStatus(await request('GET', next.pathname + next.search), 200);
  expectStatus(
    await request('GET', '/v1/articles?limit=2', { headers: { 'if-none-match': String(first.headers.etag) } }),
    304,
  );
  t.equal(sent.length, 4, sent.join(', '));
});

// Seen to fail where its drafts are made one after the other: nine statements more for each language.
test('a story is made with as many, however many languages it has', async (t) => {
  const count = async (locales: NonNullable<ArticleOverrides['locales']>) => {
    sent.length = 0;
    await makeArticle(desk, { locales });
    return sent.length;
  };
  const one = await count({ en: { extra: {} } });
  t.equal(await count({ en: { extra: {} }, ru: { extra: {} } }), one);
});

test('a story that is not there is told with at most four', async (t) => {
  for (const path of ['01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10', 'by-slug/en/none']) {
    sent.length = 0;
    expectStatus(await request('GET', `/v1/articles/${path}`), 404);
    t.ok(sent.length >= 1 && sent.length <= 4, `${path}: ${sent.join(', ')}`);
  }
});
