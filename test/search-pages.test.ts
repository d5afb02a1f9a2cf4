// Search as a list: pages to the end and back, cursors, facets and counts, what comes along, and what caches may keep.
import t, { test } from 'tap';
import type { ArticleCard } from '../src/modules/articles/schemas.ts';
import { expectStatus } from './fixtures/factories.ts';
import { buildSearch, type Found, q } from './fixtures/search.ts';

const { request, desk, baseUrl, search, titles, make } = await buildSearch(t);

test('pages are turned to the end and back, in either order, and every hit comes once', async (t) => {
  for (let n = 1; n <= 7; n += 1)
    await make(`Comet ${n}`, n % 2 ? 'Seen at night.' : 'A comet, a comet indeed.', {}, n);
  for (const sort of ['relevance', '-publishedAt']) {
    const all = await titles(`${q('comet')}&sort=${sort}&limit=100`);
    t.equal(all.length, 7);
    const pages: string[][] = [];
    let page = await search(`${q('comet')}&sort=${sort}&limit=3`);
    t.equal(page.links.prev, null);
    for (;;) {
      pages.push(page.data.map(({ title }: Found) => title));
      if (!page.links.next) break;
      t.ok(page.links.next.startsWith(`${baseUrl}/v1/search?`));
      page = await search(page.links.next.slice(`${baseUrl}/v1/search?`.length));
    }
    t.same(
      pages.map(({ length }) => length),
      [3, 3, 1],
      sort,
    );
    t.same(pages.flat(), all, sort);
    const back: string[][] = [];
    while (page.links.prev) {
      page = await search(page.links.prev.slice(`${baseUrl}/v1/search?`.length));
      back.unshift(page.data.map(({ title }: Found) => title));
    }
    t.same(back, pages.slice(0, -1), `${sort}, backwards`);
  }
});

test('a page whose stories are gone tells how many hits there are, and of what kind, all the same', async (t) => {
  await make('Nebula', 'A nebula, a nebula, a nebula.', {}, 2);
  const last = await make('Cloud', 'A nebula, says one of the many who saw it that night.', {}, 1);
  const next: string[] = [];
  for (const sort of ['relevance', '-publishedAt']) {
    const { data, meta, links } = await search(`${q('nebula')}&sort=${sort}&limit=1&facets=kind`);
    t.match([data[0].title, meta.count.value, meta.facets.kind], ['Nebula', 2, [{ value: 'news', count: 2 }]], sort);
    next.push(links.next.slice(`${baseUrl}/v1/search?`.length));
  }
  const url = `/v1/desk/articles/${last.id}/locales/en/withdraw`;
  expectStatus(await desk('POST', url, { payload: {}, version: 1 }), 200);
  for (const query of next) {
    const { data, meta } = await search(query);
    t.same(data, []);
    t.match(meta, { count: { value: 1, relation: 'exact' }, facets: { kind: [{ value: 'news', count: 1 }] } }, query);
  }
});

test('a cursor belongs to its question, filters and order', async (t) => {
  const first = await search(`${q('comet')}&limit=2`);
  const cursor = new URL(first.links.next).searchParams.get('cursor');
  t.equal(
    (await search(`${q('Comet')}&limit=3&cursor=${cursor}`)).data.length,
    3,
    'the same words are the same question',
  );
  for (const other of [
    q('storm'),
    `${q('comet')}&sort=-publishedAt`,
    `${q('comet')}&kind=news`,
    `${q('comet')}&locale=ru`,
    q('-comet'),
    q('"comet night"'),
  ]) {
    const answer = expectStatus(await request('GET', `/v1/search?${other}&cursor=${cursor}`), 400);
    t.equal(answer.json().code, 'invalid_cursor', other);
  }
  expectStatus(await request('GET', `/v1/articles?cursor=${cursor}`), 400);
});

test('facets and the count are those of the hits, one by one', async (t) => {
  const facets = 'facets=region,tag,kind,year';
  for (const question of ['storm OR fires OR fishing OR snow', 'comet', 'unheard']) {
    const all = (await search(`${q(question)}&limit=100`)).data as ArticleCard[];
    const { meta } = await search(`${q(question)}&limit=1&${facets}`);
    const oracle = (values: (story: ArticleCard) => string[]) => {
      const counts = new Map<string, number>();
      for (const story of all) for (const value of values(story)) counts.set(value, (counts.get(value) ?? 0) + 1);
      return Object.fromEntries(counts);
    };
    const parents: Record<string, string[]> = { harbour: ['harbour', 'coast'], hills: ['hills'] };
    const byKey = (found: { key: string; count: number }[]) =>
      Object.fromEntries(found.map(({ key, count }) => [key, count]));
    const byValue = (found: { value: unknown; count: number }[]) =>
      Object.fromEntries(found.map(({ value, count }) => [String(value), count]));
    t.same(
      byKey(meta.facets.region),
      oracle(({ regions }) => regions.flatMap(({ key }) => parents[key] ?? [])),
      question,
    );
    t.same(
      byKey(meta.facets.tag),
      oracle(({ tags }) => tags.map(({ key }) => key)),
      question,
    );
    t.same(
      byValue(meta.facets.kind),
      oracle(({ kind }) => [kind]),
      question,
    );
    t.same(
      byValue(meta.facets.year),
      oracle(({ publishedAt }) => [publishedAt.slice(0, 4)]),
      question,
    );
    t.same(meta.count, { value: all.length, relation: 'exact' }, question);
    const byTime = await search(`${q(question)}&sort=-publishedAt&limit=1`);
    t.notOk('count' in byTime.meta, 'only when asked for');
    t.same((await search(`${q(question)}&sort=-publishedAt&limit=1&count=estimate`)).meta.count, meta.count);
  }
  t.equal(
    (await search(`${q('storm')}&facets=region`)).meta.facets.region.find(({ key }: { key: string }) => key === 'coast')
      .name,
    'The coast',
  );
});

test('what comes along, and answers that caches may keep', async (t) => {
  const answer = await request('GET', `/v1/search?${q('boats')}&include=region,tags,contributors,views`);
  const { included, meta } = answer.json();
  t.same(included.regions.map(({ key }: { key: string }) => key).sort(), ['coast', 'harbour']);
  t.same([included.tags.length, included.contributors.length, Object.keys(meta.views).length], [1, 1, 1]);
  const plain = await request('GET', `/v1/search?${q('boats')}`);
  t.equal(
    (await request('GET', `/v1/search?${q('boats')}`, { headers: { 'if-none-match': String(plain.headers.etag) } }))
      .statusCode,
    304,
  );
  await make('Boats again', 'New boats.', {}, 2);
  const after = await request('GET', `/v1/search?${q('boats')}`, {
    headers: { 'if-none-match': String(plain.headers.etag) },
  });
  t.equal(after.statusCode, 200, 'a story that is published is found at once');
  t.equal(after.json().data.length, 2);
});
