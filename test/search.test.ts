// Search among published stories: words and their forms, phrases, what is left out, order, pages, facets, and what must not appear.
import t, { test } from 'tap';
import type { ArticleCard } from '../src/modules/articles/schemas.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, baseUrl } = await buildTestApp(t);
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'coast', name: 'The coast' });
await makeRegion(desk, { key: 'harbour', parent: 'coast', countries: ['GE'] });
await makeRegion(desk, { key: 'hills' });
for (const key of ['fish', 'wine', 'snow']) await makeTag(desk, { key });
await makeContributor(desk, { key: 'anna' });

type Found = { title: string; highlight: { title: Segment[]; snippet: Segment[] } };
type Segment = { text: string; match: boolean };
const search = async (query: string) => expectStatus(await request('GET', `/v1/search?${query}`), 200).json();
const titles = async (query: string): Promise<string[]> => (await search(query)).data.map(({ title }: Found) => title);
const q = (text: string) => `q=${encodeURIComponent(text)}`;
const day = (n: number) => new Date(Date.UTC(2026, 0, n, 12)).toISOString();
const make = (title: string, body: string, more: object = {}, n = 1, standfirst: string | null = null) =>
  makePublished(
    desk,
    { ...more, locales: { en: { title, standfirst, body: { markdown: body } } } },
    { publishedAt: day(n) },
  );

await make(
  'Fishermen return',
  'The boats came back to the old quay before the storm broke.',
  { region: 'harbour', tags: ['fish'], byline: ['anna'] },
  1,
);
await make(
  'Vineyards under frost',
  'The growers lit fires. Fishing went on as before.',
  { region: 'hills', tags: ['wine', 'snow'], kind: 'analysis' },
  2,
);
await make(
  'Quay closed',
  'A storm is expected; the harbour master broke the news.',
  { region: 'harbour', kind: 'opinion' },
  3,
);
await make('Nothing to report', 'It was a quiet day.', {}, 4, 'Snow on the passes');
await make('Contact the desk about fishing', 'By post or in person.', { kind: 'page', region: 'harbour' }, 5);

test('a word finds its other forms, phrases keep their order, a minus leaves out, OR takes either', async (t) => {
  const cases: [question: string, expected: string[]][] = [
    ['fishing', ['Vineyards under frost']],
    ['fishermen', ['Fishermen return']],
    ['FROST', ['Vineyards under frost']],
    ['grower', ['Vineyards under frost']],
    ['storm broke', ['Fishermen return', 'Quay closed']],
    ['"storm broke"', ['Fishermen return']],
    ['“storm broke”', ['Fishermen return']],
    ['«storm broke»', ['Fishermen return']],
    ['"broke storm"', []],
    ['"broke the news"', ['Quay closed']],
    ['storm -news', ['Fishermen return']],
    ['storm -"the news"', ['Fishermen return']],
    ['storm –news', ['Fishermen return']],
    ['frost OR news', ['Quay closed', 'Vineyards under frost']],
    ['frost | news', ['Quay closed', 'Vineyards under frost']],
    ['frost or news', []],
    ['storm boats OR vineyards', ['Fishermen return', 'Vineyards under frost']],
    ['the storm of the quay', ['Fishermen return', 'Quay closed']],
    ['storm OR -quay', ['Fishermen return', 'Quay closed']],
    ['"storm', ['Fishermen return', 'Quay closed']],
    ['old-quay', ['Fishermen return']],
    ['unheard', []],
  ];
  for (const [question, expected] of cases) t.same((await titles(q(question))).sort(), expected.sort(), question);
});

test('nothing that has to be there is nothing to be found', async (t) => {
  for (const question of [
    'the',
    'the of and',
    '-storm',
    '-storm -quay',
    'the -storm',
    '" "',
    '!',
    '- - -',
    'OR',
    'OR OR',
    '&|!():*',
    "'",
    '\\',
  ]) {
    const { data, meta, links } = await search(q(question));
    t.same([data, meta.count, links.next, links.prev], [[], { value: 0, relation: 'exact' }, null, null], question);
  }
});

test('each filter of lists narrows a search as it narrows a list', async (t) => {
  const both = 'storm OR fires OR fishing';
  const cases: [filter: string, expected: string[]][] = [
    ['', ['Fishermen return', 'Quay closed', 'Vineyards under frost']],
    ['region=harbour', ['Fishermen return', 'Quay closed']],
    ['region=coast', ['Fishermen return', 'Quay closed']],
    ['region=coast,hills', ['Fishermen return', 'Quay closed', 'Vineyards under frost']],
    ['country=GE', ['Fishermen return', 'Quay closed']],
    ['country=FR', []],
    ['tag=fish,wine', ['Fishermen return', 'Vineyards under frost']],
    ['tagAll=wine,snow', ['Vineyards under frost']],
    ['tagAll=wine,fish', []],
    ['contributor=anna', ['Fishermen return']],
    ['kind=opinion,analysis', ['Quay closed', 'Vineyards under frost']],
    ['kind=page', ['Contact the desk about fishing']],
    ['kind=page,news&region=coast', ['Contact the desk about fishing', 'Fishermen return']],
    [`publishedAfter=${day(2)}`, ['Quay closed', 'Vineyards under frost']],
    [`publishedBefore=${day(2)}`, ['Fishermen return']],
    [`publishedAfter=${day(2)}&publishedBefore=${day(3)}`, ['Vineyards under frost']],
    [`updatedAfter=${day(3)}`, ['Quay closed']],
    ['locale=ru', []],
  ];
  for (const [filter, expected] of cases)
    for (const sort of ['relevance', '-publishedAt'])
      t.same((await titles(`${q(both)}&${filter}&sort=${sort}`)).sort(), expected, `${filter} by ${sort}`);
  const { data } = await search(q(both));
  const [first, ...others] = data.map(({ id }: ArticleCard) => id) as string[];
  t.same(
    (await search(`${q(both)}&ids=${first}`)).data.map(({ id }: ArticleCard) => id),
    [first],
  );
  t.same((await search(`${q(both)}&excludeIds=${first}`)).data.map(({ id }: ArticleCard) => id).sort(), others.sort());
});

test('a word in the title weighs more than in the standfirst, there more than in the body, and of equals the newer goes first', async (t) => {
  await make('Glacier', 'Ice.', {}, 8);
  await make('Ice', 'Meltwater.', {}, 9, 'The glacier is smaller');
  await make('Water', 'They measured the glacier again.', {}, 10);
  t.same(await titles(q('glacier')), ['Glacier', 'Ice', 'Water']);
  await make('Glacier', 'Ice, older.', {}, 7);
  await makePublished(
    desk,
    { locales: { en: { title: 'Glacier of old', body: { markdown: 'Ice.' } } } },
    { publishedAt: '2001-01-01T00:00:00Z' },
  );
  t.same(
    await titles(q('glacier')),
    ['Glacier', 'Glacier', 'Ice', 'Water', 'Glacier of old'],
    'time outweighs words after some years',
  );
  t.same(await titles(`${q('glacier')}&sort=-publishedAt`), ['Water', 'Ice', 'Glacier', 'Glacier', 'Glacier of old']);
});

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

test('what was sought is marked in the title and in the stretch that has most of it, as plain text', async (t) => {
  const long = `${'The council spoke of roads. '.repeat(20)}Then a lighthouse <script>alert(1)</script> was lit, and the lighthouses answered. ${'Later they spoke of bridges. '.repeat(20)}`;
  await make('<b>Lighthouse</b> & "keeper"', long, {}, 1);
  const { data } = await search(q('lighthouses'));
  const { title, snippet } = data[0].highlight as Found['highlight'];
  t.same(title, [
    { text: '<b>', match: false },
    { text: 'Lighthouse', match: true },
    { text: '</b> & "keeper"', match: false },
  ]);
  t.same(
    snippet.filter(({ match }) => match).map(({ text }) => text),
    ['lighthouse', 'lighthouses'],
  );
  const text = snippet.map((segment) => segment.text).join('');
  t.match(text, /^… .* lit, and the lighthouses answered\. .* …$/);
  t.ok(text.split(' ').length < 40);
  const sparse = (await search(`${q('lighthouses')}&fields=slug`)).data[0];
  t.same(Object.keys(sparse).sort(), ['highlight', 'id', 'locale', 'slug']);
  t.same(sparse.highlight, data[0].highlight);
  const [, standfirst] = [
    await make('Moon', 'Dark.', {}, 1, 'An eclipse, seen by all'),
    (await search(q('eclipse'))).data[0].highlight.snippet,
  ];
  t.same(standfirst, [
    { text: 'An ', match: false },
    { text: 'eclipse', match: true },
    { text: ', seen by all', match: false },
  ]);
});

test('drafts, what is scheduled, withdrawn or in the trash is found in no way', async (t) => {
  const word = 'zeppelin';
  const nothing = async (when: string) => {
    const { data, meta } = await search(`${q(word)}&facets=region,tag,kind,year`);
    t.same([data, meta.count.value, ...Object.values(meta.facets).flat()], [[], 0], when);
  };
  const draft = await makeArticle(desk, { region: 'hills', locales: { en: { title: `A ${word}` } } });
  await nothing('draft');
  const url = `/v1/desk/articles/${draft.id}/locales/en`;
  const version = async () => stateIn(await getDeskArticle(desk, draft.id), 'en').version;
  const scheduled = await desk('POST', `${url}/schedule`, {
    payload: { at: '2031-01-01T00:00:00Z' },
    version: await version(),
  });
  expectStatus(scheduled, 201);
  await nothing('scheduled');
  expectStatus(await desk('DELETE', `${url}/schedule`, { version: scheduled.json().data.version }), 204);
  expectStatus(await desk('POST', `${url}/publish`, { payload: {}, version: await version() }), 200);
  t.same(await titles(q(word)), [`A ${word}`]);
  expectStatus(
    await desk('PATCH', url, {
      payload: { title: 'An airship', body: { markdown: 'A dirigible.' } },
      version: await version(),
    }),
    200,
  );
  t.same(await titles(q('dirigible')), [], 'what is written on is not public');
  t.same(await titles(q(word)), [`A ${word}`]);
  expectStatus(await desk('POST', `${url}/publish`, { payload: {}, version: await version() }), 200);
  await nothing('published anew without the word');
  t.same(await titles(q('dirigibles')), ['An airship']);
  expectStatus(await desk('POST', `${url}/withdraw`, { payload: {}, version: await version() }), 200);
  t.same(await titles(q('dirigibles')), []);
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

test('a search follows its stories to another region', async (t) => {
  await makeRegion(desk, { key: 'bay' });
  await make('Pelicans', 'On the pier.', { region: 'bay' }, 1);
  t.same(await titles(`${q('pelican')}&region=coast`), []);
  expectStatus(await desk('PATCH', '/v1/desk/regions/bay', { payload: { parent: 'coast' }, version: 1 }), 200);
  for (let tries = 0; tries < 50 && (await titles(`${q('pelican')}&region=coast`)).length === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.same(await titles(`${q('pelican')}&region=coast`), ['Pelicans']);
});
