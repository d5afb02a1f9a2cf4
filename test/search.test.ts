// Search among published stories: words and their forms, phrases, what is left out, order, what is marked, and what must not appear.
import t, { test } from 'tap';
import type { ArticleCard } from '../src/modules/articles/schemas.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { buildSearch, day, type Found, q } from './fixtures/search.ts';
import { makeRegion } from './fixtures/taxonomy.ts';

const { desk, search, titles, make } = await buildSearch(t);

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

test('signs that are no words to search shift no mark, and a stretch tells whether the text goes on', async (t) => {
  const snippetOf = async (word: string) => {
    const { snippet } = (await search(q(word))).data[0].highlight as Found['highlight'];
    return snippet.map(({ text, match }) => (match ? `[${text}]` : text)).join('');
  };
  // A tatweel and a circled number have no spelling; the ligature is one letter that is spelt as several.
  await make('Harbour', 'ـ ⓵ ﷲ one ⓶ and the beacon ـ stood.');
  t.equal(await snippetOf('beacon'), 'ـ ⓵ ﷲ one ⓶ and the [beacon] ـ stood.');
  const words = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`).join(' ');
  await make('Quay', `Pontoon ${words(31)}`);
  t.equal(await snippetOf('pontoon'), `[Pontoon] ${words(31)}`, 'the whole text');
  await make('Pier', `Gangway ${words(32)}`);
  t.equal(await snippetOf('gangway'), `[Gangway] ${words(31)} …`);
  await make('Jetty', `${words(40)} bollard`);
  t.equal(await snippetOf('bollard'), `… ${words(40).split(' ').slice(9).join(' ')} [bollard]`);
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

test('a search follows its stories to another region', async (t) => {
  await makeRegion(desk, { key: 'bay' });
  await make('Pelicans', 'On the pier.', { region: 'bay' }, 1);
  t.same(await titles(`${q('pelican')}&region=coast`), []);
  expectStatus(await desk('PATCH', '/v1/desk/regions/bay', { payload: { parent: 'coast' }, version: 1 }), 200);
  for (let tries = 0; tries < 50 && (await titles(`${q('pelican')}&region=coast`)).length === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.same(await titles(`${q('pelican')}&region=coast`), ['Pelicans']);
});
