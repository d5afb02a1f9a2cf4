// Public lists of stories: filters, order, pages in both directions, counts, and what is refused.
import t, { test } from 'tap';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, baseUrl, databaseUrl } = await buildTestApp(t);
await makeLocale(desk, 'ru', { aliases: ['rus'] });
const world = await makeRegion(desk, { key: 'world' });
await makeRegion(desk, { key: 'georgia', parent: 'world', countries: ['GE'] });
await makeRegion(desk, { key: 'adjara', parent: 'georgia' });
await makeRegion(desk, { key: 'empty', countries: ['AQ'] });
for (const key of ['ports', 'wine', 'snow']) await makeTag(desk, { key });
const anna = await makeContributor(desk, { key: 'anna' });

/** Newest first; the name is the title. */
const day = (n: number) => `2026-03-0${n}T12:00:00.000Z`;
const made = async (title: string, n: number, more: object, locale = 'en') =>
  (await makePublished(desk, { ...more, locales: { [locale]: { title } } }, { publishedAt: day(n) })).id;
const ids: Record<string, string> = {
  e: await made('e', 5, { region: 'adjara', tags: ['ports', 'wine'], byline: ['anna'] }),
  d: await made('d', 4, { region: 'georgia', tags: ['wine'], kind: 'opinion' }),
  c: await made('c', 3, { region: 'world', tags: ['snow'] }),
  b: await made('b', 2, { regions: ['empty'] }),
  a: await made('a', 1, { kind: 'video', tags: ['ports', 'snow'], byline: ['anna'] }),
  about: await made('about', 5, { kind: 'page', region: 'adjara', tags: ['wine'] }),
  ru: await made('ру', 5, { region: 'adjara' }, 'ru'),
};
await makeArticle(desk, { region: 'adjara', tags: ['wine'] });

const list = async (query = '') => expectStatus(await request('GET', `/v1/articles${query}`), 200);
const titles = (answer: Answer): string =>
  answer
    .json()
    .data.map(({ title }: { title: string }) => title)
    .join(' ');

test('each filter, alone and together with others, gives the stories that it names, newest first', async (t) => {
  const cases: [query: string, expected: string][] = [
    ['', 'e d c b a'],
    ['?locale=EN', 'e d c b a'],
    ['?locale=rus', 'ру'],
    ['?region=adjara', 'e'],
    ['?region=georgia', 'e d'],
    ['?region=world', 'e d c'],
    [`?region=${world.id.toUpperCase()}`, 'e d c'],
    ['?region=empty,adjara', 'e b'],
    ['?country=GE', 'e d'],
    ['?country=AQ,GE', 'e d b'],
    ['?country=FR', ''],
    ['?tag=ports', 'e a'],
    ['?tag=ports,snow', 'e c a'],
    ['?tag=ports,ports', 'e a'],
    ['?tagAll=ports,snow', 'a'],
    ['?tagAll=ports,wine&tag=snow', ''],
    ['?tag=snow,wine&tagAll=ports', 'e a'],
    ['?region=georgia&tag=wine', 'e d'],
    ['?region=world&tag=ports,snow', 'e c'],
    ['?region=world&tagAll=ports,wine', 'e'],
    ['?region=georgia&country=AQ', ''],
    [`?contributor=anna`, 'e a'],
    [`?contributor=${anna.id}&kind=video`, 'a'],
    ['?contributor=anna&region=world', 'e'],
    ['?kind=opinion,video', 'd a'],
    ['?kind=page', 'about'],
    ['?kind=page,news&region=adjara', 'e about'],
    ['?kind=page&tag=wine', 'about'],
    [`?publishedAfter=${day(3)}`, 'e d c'],
    [`?publishedBefore=${day(3)}`, 'b a'],
    [`?publishedAfter=${day(2)}&publishedBefore=${day(4)}`, 'c b'],
    ['?publishedAfter=2026-03-03T16:00:00%2B04:00', 'e d c'],
    [`?updatedAfter=${day(4)}`, 'e d'],
    [`?ids=${ids.b},${ids.e?.toUpperCase()},01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10`, 'e b'],
    [`?ids=${ids.ru}`, ''],
    [`?ids=${ids.about}`, ''],
    [`?ids=${ids.about}&kind=page`, 'about'],
    [`?ids=${ids.b},${ids.e}&tag=wine`, 'e'],
    [`?excludeIds=${ids.e},${ids.c}`, 'd b a'],
    [`?region=world&excludeIds=${ids.e}`, 'd c'],
    [`?ids=${ids.b},${ids.e}&excludeIds=${ids.e}`, 'b'],
    ['?sort=publishedAt', 'a b c d e'],
    ['?sort=-updatedAt', 'e d c b a'],
    ['?sort=updatedAt&region=world', 'c d e'],
  ];
  for (const [query, expected] of cases) {
    const answer = await list(query);
    // Equal dates stand in the order of ids, newest made first.
    t.same(titles(answer).split(' ').sort(), expected.split(' ').sort(), query);
    if (!query.includes('page')) t.equal(titles(answer), expected, query);
    const count = (await list(`${query}${query ? '&' : '?'}count=exact`)).json().meta.count;
    t.same(count, { value: expected ? expected.split(' ').length : 0, relation: 'exact' }, `count ${query}`);
  }
});

test('pages are turned to the end and back to the start, by links that keep every parameter', async (t) => {
  const first = await list('?limit=2&region=world,empty&fields=title&count=estimate');
  t.equal(first.json().links.prev, null);
  t.same(first.json().meta.count, { value: 4, relation: 'exact' });
  const turn = async (from: Answer, to: 'next' | 'prev') => {
    const link: string = from.json().links[to];
    const parameters = new URL(link).searchParams;
    t.ok(parameters.get('cursor'));
    parameters.delete('cursor');
    t.equal(String(parameters), 'count=estimate&fields=title&limit=2&region=world%2Cempty', link);
    t.match(String(from.headers.link), `<${link}>; rel="${to}"`);
    return list(link.slice(`${baseUrl}/v1/articles`.length));
  };
  const second = await turn(first, 'next');
  t.same([titles(first), titles(second), second.json().links.next], ['e d', 'c b', null]);
  t.notMatch(String(second.headers.link), 'rel="next"');
  const back = await turn(second, 'prev');
  t.same([back.json().data, back.json().links.prev], [first.json().data, null]);
  t.same((await turn(back, 'next')).json().data, second.json().data);
  // Seen to fail where it is known by its plain name alone: the link had two of them.
  const { next } = first.json().links;
  const oddly = await list(next.slice(`${baseUrl}/v1/articles`.length).replace('cursor=', '%63ursor='));
  t.same((await turn(oddly, 'prev')).json().data, first.json().data, 'however the parameter was spelt');
});

test('a cursor belongs to the list it came from, and cannot be altered', async (t) => {
  const cursor = new URL((await list('?limit=1&tag=ports')).json().links.next).searchParams.get('cursor') ?? '';
  t.equal(
    titles(await list(`?tag=ports&cursor=${cursor}&limit=5&include=tags&fields=title`)),
    'a',
    'limit and fields may change',
  );
  const said = JSON.parse(String(Buffer.from(cursor, 'base64url').subarray(16)));
  t.same(said, [1, Date.parse(day(5)), ids.e], 'behind 128 bits of signature, a place in the list and nothing else');
  const altered = Array.from(
    cursor,
    (sign, at) => cursor.slice(0, at) + (sign === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
  );
  const wrong = [
    `?tag=wine&cursor=${cursor}`,
    `?cursor=${cursor}`,
    `?tag=ports&locale=ru&cursor=${cursor}`,
    `?tag=ports&sort=publishedAt&cursor=${cursor}`,
    ...altered.map((one) => `?tag=ports&cursor=${one}`),
    ...[cursor.slice(0, 21), cursor.slice(0, 22), `${cursor}A`].map((one) => `?tag=ports&cursor=${one}`),
    '?tag=ports&cursor=AAAA',
    `?tag=ports&cursor=${Buffer.from('[1,0,"x"]').toString('base64url')}`,
  ];
  for (const query of wrong) {
    const problem = expectStatus(await request('GET', `/v1/articles${query}`), 400).json();
    t.match(problem, { code: 'invalid_cursor', errors: [{ parameter: 'cursor' }] }, query);
  }
});

// Seen to fail with a secret that each node makes for itself: 400 from another node, and from the same one once it is started anew.
test('a list is walked on by whichever node is asked', async (t) => {
  const other = await buildTestApp(t, { databaseUrl, roles: { api: true, jobs: false } });
  const first = (await list('?limit=2')).json();
  const second = expectStatus(await other.request('GET', first.links.next.slice(baseUrl.length)), 200).json();
  t.equal(second.links.self, first.links.next, 'it is spelt as the link that led there');
  const back = expectStatus(await request('GET', second.links.prev.slice(baseUrl.length)), 200).json();
  t.same(back.data, first.data);
});

// Seen to fail without MOST_LINKS in paging.ts: 8 KiB of headers, which proxies refuse.
test('of links that are very long, the header has the one that leads on, and the answer has both', async (t) => {
  const absent = Array.from({ length: 90 }, (_, n) => `01980a2e-5d3c-7c51-9a43-${String(n).padStart(12, '0')}`);
  const middle = async (...more: string[]) => {
    const first = (await list(`?limit=1&ids=${[ids.e, ids.d, ids.c, ...more]}`)).json();
    return list(first.links.next.slice(`${baseUrl}/v1/articles`.length));
  };
  for (const [more, rels] of [
    [[], ['next', 'prev']],
    [absent, ['next']],
  ] as const) {
    const answer = await middle(...more);
    const { next, prev } = answer.json().links;
    t.ok(next && prev);
    const header = String(answer.headers.link);
    t.same(
      [...header.matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel),
      rels,
    );
    t.ok(header.length < 5_000, `${header.length}`);
  }
});

test('fields, included terms and views come with lists as with single stories', async (t) => {
  const sparse = (await list('?tag=ports&fields=slug,body.text')).json().data;
  t.same(Object.keys(sparse[0]).sort(), ['body', 'id', 'locale', 'slug']);
  t.match(sparse[1].body, { text: /harbour/ });
  t.notOk('body' in (await list('?tag=ports')).json().data[0], 'a card has no body');
  const { included, meta } = (await list('?tag=ports&include=region,tags,contributors,views')).json();
  const keysOf = (terms: { key: string }[]) =>
    terms
      .map(({ key }) => key)
      .sort()
      .join(' ');
  t.same(keysOf(included.regions), 'adjara georgia world');
  t.same([keysOf(included.tags), keysOf(included.contributors)], ['ports snow wine', 'anna'], 'each once');
  t.same(meta.views, { [ids.e ?? '']: 0, [ids.a ?? '']: 0 });
  t.same((await list('?country=FR&include=region,views')).json().included, { regions: [] });
});

test('a list that has not changed is a 304, and HEAD has no body', async (t) => {
  const { headers } = await list('?region=world');
  t.equal(headers['content-language'], 'en');
  const etag = String(headers.etag);
  t.equal((await request('GET', '/v1/articles?region=world', { headers: { 'if-none-match': etag } })).statusCode, 304);
  const head = await request('HEAD', '/v1/articles?region=world');
  t.same([head.statusCode, head.headers.etag, head.body], [200, etag, '']);
  t.equal(
    (await request('GET', '/v1/articles?region=georgia', { headers: { 'if-none-match': etag } })).statusCode,
    200,
  );
});

test('a parameter that is wrong is named, and never guessed at', async (t) => {
  const refusals: [query: string, code: string, parameter: string][] = [
    ['?limit=101', 'validation_failed', 'limit'],
    ['?limit=0', 'validation_failed', 'limit'],
    ['?limit=ten', 'validation_failed', 'limit'],
    ['?offset=20', 'validation_failed', 'offset'],
    ['?status=draft', 'validation_failed', 'status'],
    ['?where[title]=x', 'validation_failed', 'where[title]'],
    ['?sort=title', 'validation_failed', 'sort'],
    ['?kind=gossip', 'validation_failed', 'kind'],
    ['?country=ge', 'validation_failed', 'country'],
    ['?publishedAfter=yesterday', 'validation_failed', 'publishedAfter'],
    ['?publishedAfter=2026-02-30T00:00:00Z', 'validation_failed', 'publishedAfter'],
    ['?ids=1', 'validation_failed', 'ids'],
    ['?tag=a&tag=b', 'validation_failed', 'tag'],
    ['?tag=', 'validation_failed', 'tag'],
    ['?count=yes', 'validation_failed', 'count'],
    ['?locale=xx', 'unknown_locale', 'locale'],
    ['?region=nowhere', 'unknown_reference', 'region'],
    ['?region=world,constructor', 'unknown_reference', 'region'],
    ['?tag=wine&tagAll=none', 'unknown_reference', 'tagAll'],
    ['?contributor=wine', 'unknown_reference', 'contributor'],
  ];
  for (const [query, code, parameter] of refusals) {
    const problem = expectStatus(await request('GET', `/v1/articles${query}`), 400).json();
    t.match(problem, { code, errors: [{ parameter }] }, query);
  }
});

// Seen to fail where letters were compared with their case ("the nearest valid one is tag"), and where nothing was said of the +.
test('a refusal says what was probably meant: a name in another case, a + that became a space', async (t) => {
  const messageOf = async (query: string) =>
    expectStatus(await request('GET', `/v1/articles?${query}`), 400).json().errors[0].message;
  t.equal(await messageOf('LIMIT=1'), 'unknown parameter; the nearest valid one is limit');
  t.equal(await messageOf('published_after=x'), 'unknown parameter; the nearest valid one is publishedAfter');
  const time = 'publishedAfter=2026-01-01T00:00:00';
  t.match(await messageOf(`${time}+04:00`), /date-time"; in an address, the \+ before an offset is written %2B$/);
  t.notMatch(await messageOf(time), '%2B');
  expectStatus(await request('GET', `/v1/articles?${time}%2B04:00`), 200);
});
