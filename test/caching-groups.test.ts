// What lists with many filters are made of: told in headers that clients and proxies take, and still dropped with each story in them.
import t, { test } from 'tap';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { recordStatements } from './fixtures/sent.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const LOCALES = ['ar', 'fr', 'hy', 'ka', 'ru', 'tr', 'de', 'it'];
for (const tag of LOCALES) await makeLocale(desk, tag);
const TAGS = Array.from({ length: 20 }, (_, n) => `tag-${n}`);
for (const key of TAGS) await makeTag(desk, { key });
const sent = recordStatements(t);

const read = async (path: string) => expectStatus(await request('GET', path), 200);
const titlesIn = ({ json }: Answer): string[] => json().data.map(({ title }: { title: string }) => title);
/** As they are sent, with the line of the status. */
const sizeOf = ({ headers }: Answer) =>
  Object.entries(headers).reduce((all, [name, value]) => all + `${name}: ${[value].flat().join(', ')}\r\n`.length, 40);
async function warm(path: string): Promise<void> {
  await until('it is kept', async () => {
    await read(path);
    sent.length = 0;
    await read(path);
    return sent.length === 0;
  });
}
async function retitle(id: string, locale: string, title: string): Promise<void> {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('PATCH', `/v1/desk/articles/${id}/locales/${locale}`, { version, payload: { title } }), 200);
  await publishArticle(desk, { id }, { locale });
}
const withdraw = async (id: string, locale: string) => {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/withdraw`, { version, payload: {} }), 200);
};

test('of 20 tags in 9 languages', async (t) => {
  const path = `/v1/articles?tag=${TAGS}&fallback=${LOCALES}`;
  await warm(path);
  t.ok(sizeOf(await read(path)) < 8_192);
  const { id } = await makeArticle(desk, {
    tags: ['tag-19'],
    locales: { it: { title: 'Late' }, ka: { title: 'Better' } },
  });
  await publishArticle(desk, { id }, { locale: 'it' });
  t.same(titlesIn(await read(path)), ['Late'], 'with the last of the tags, in the last of the languages');
  await warm(path);
  await publishArticle(desk, { id }, { locale: 'ka' });
  t.same(titlesIn(await read(path)), ['Better'], 'in a better one');
  await warm(path);
  await withdraw(id, 'ka');
  t.same(titlesIn(await read(path)), ['Late'], 'out of that');
  await warm(path);
  await withdraw(id, 'it');
  t.same(titlesIn(await read(path)), []);
});

test('of 100 ids, in one language and in several', async (t) => {
  const english = await makePublished(desk, { locales: { en: { title: 'English' } } });
  const other = await makePublished(desk, { locales: { hy: { title: 'Other' } } });
  const ids = Array.from({ length: 98 }, (_, n) => `01980a2e-5d3c-7c51-9a43-0f6f6d2f7${100 + n}`);
  const own = `/v1/articles?ids=${[...ids, english.id, other.id]}`;
  const any = `${own}&fallback=${LOCALES}`;
  const steps: [what: string, change: () => Promise<unknown>, own: string[], any: string[]][] = [
    ['a new text', () => retitle(english.id, 'en', 'Changed'), ['Changed'], ['Changed', 'Other']],
    ['one in another language', () => retitle(other.id, 'hy', 'Newer'), ['Changed'], ['Changed', 'Newer']],
    ['a story that goes', () => withdraw(english.id, 'en'), [], ['Newer']],
    ['the last one', () => withdraw(other.id, 'hy'), [], []],
    ['one that comes back', () => publishArticle(desk, other), [], ['Newer']],
  ];
  for (const [what, change, inOwn, inAny] of steps) {
    for (const path of [own, any]) await warm(path);
    await change();
    t.same(titlesIn(await read(own)).toSorted(), inOwn, what);
    t.same(titlesIn(await read(any)).toSorted(), inAny, `${what}, with fallback`);
  }
  for (const path of [own, any]) t.ok(sizeOf(await read(path)) < 8_192);
});

test('of 100 ids, on a page in the middle, which names its neighbours', async (t) => {
  const stories = [await makePublished(desk), await makePublished(desk), await makePublished(desk)];
  const ids = Array.from({ length: 97 }, (_, n) => `01980a2e-5d3c-7c51-9a43-0f6f6d2f7${100 + n}`);
  const first = await read(`/v1/articles?limit=1&ids=${[...ids, ...stories.map(({ id }) => id)]}`);
  const { next } = first.json().links;
  const middle = await read(next.replace('https://api.example.org', ''));
  t.ok(sizeOf(middle) < 8_192);
  t.match(middle.json().links, { next: String, prev: String });
  t.match(String(middle.headers.link), /^<[^>]*>; rel="next"$/);
  t.match(String(first.headers.link), `<${next}>; rel="next"`);
});

test('what a node does not keep itself is named for shared caches all the same', async (t) => {
  const story = await makePublished(desk, { tags: ['tag-7'], locales: { en: { title: 'Named', slug: 'named' } } });
  const { id: tag } = (await read('/v1/tags/tag-7')).json().data;
  const { url } = (await read(`/v1/articles/${story.id}`)).json().data;
  const answers: [path: string, made: string[]][] = [
    [`/v1/articles/${story.id}?include=views`, [`article/${story.id}`]],
    [`/v1/articles/${story.id}/views`, [`article/${story.id}`]],
    ['/v1/articles?tag=tag-7&include=views', [`articles/en/tag/${tag}`]],
    ['/v1/search?q=named&include=views', ['articles/en']],
    ['/v1/trending?window=all&include=views', ['trending/all', 'articles/en']],
    ['/v1/tags?include=counts', ['tags', 'articles/en']],
    ['/v1/tags/tag-7?include=counts', ['tags', 'articles/en']],
    ['/v1/resolve?path=/en/named', [`article/${story.id}`]],
    ['/v1/resolve?path=/en/tag-7', ['tags']],
    [`/v1/oembed?url=${encodeURIComponent(url)}`, [`article/${story.id}`]],
  ];
  for (const [path, made] of answers) {
    const { headers } = await read(path);
    const keys = String(headers['surrogate-key']).split(' ');
    t.same(
      made.filter((key) => !keys.includes(key)),
      [],
      path,
    );
    t.equal(headers['cache-groups'], keys.map((key) => `"${key}"`).join(', '), path);
    sent.length = 0;
    await read(path);
    t.ok(sent.length > 0 || path.includes('counts'), `${path} is not kept`);
  }
});

test('counts of stories go with the next one, and so does a path that leads nowhere', async (t) => {
  for (const path of ['/v1/regions?include=counts', '/v1/tags/tag-1?include=counts']) {
    t.match((await read(path)).headers['cache-control'], /max-age=10, s-maxage=15/, path);
  }
  const path = '/v1/resolve?path=/en/not-yet';
  t.match((await read(path)).headers['cache-control'], /max-age=0, s-maxage=1, stale-while-revalidate=0/);
  await makePublished(desk, { locales: { en: { title: 'Now', slug: 'not-yet' } } });
  const there = await read(path);
  t.equal(there.json().data.status, 200);
  t.match(there.headers['cache-control'], /max-age=10, s-maxage=30/);
});

// Seen to fail where such a list is made of the first value alone (listGroups() in caching/groups.ts).
test('a list of any of several values goes with a story that has but the last of them', async (t) => {
  for (const key of ['ann', 'ben']) await makeContributor(desk, { key });
  for (const key of ['north', 'south']) await makeRegion(desk, { key });
  const last: Record<string, object> = {
    'contributor=ann,ben': { byline: ['ben'] },
    'tag=tag-0,tag-1': { tags: ['tag-1'] },
    'region=north,south': { region: 'south' },
    'kind=gallery,video': { kind: 'video' },
  };
  for (const [filter, story] of Object.entries(last)) {
    const path = `/v1/articles?${filter}&locale=it&limit=1`;
    await warm(path);
    await makePublished(desk, { ...story, locales: { it: { title: filter } } });
    t.same(titlesIn(await read(path)), [filter]);
  }
});
