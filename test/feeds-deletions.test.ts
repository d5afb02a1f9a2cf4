// What feeds tell of stories that were withdrawn (RFC 6721): that they are gone, to those who had them, and not a word of what they said.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { readElements } from './fixtures/feeds.ts';
import { makeField } from './fixtures/fields.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, as } = await buildTestApp(t);
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'gulf' });
await makeRegion(desk, { key: 'bay', parent: 'gulf', countries: ['GE'] });
for (const key of ['fog', 'snow', 'paged']) await makeTag(desk, { key });
await makeContributor(desk, { key: 'lookout' });

async function read(query = '') {
  const answer = expectStatus(await request('GET', `/v1/feeds/atom${query}`), 200);
  const elements = readElements(answer.body);
  const gone = elements.filter(({ name }) => name === 'at:deleted-entry');
  return {
    body: answer.body,
    updated: elements.find(({ name }) => name === 'updated')?.text,
    next: elements.find(({ attributes }) => attributes.rel === 'next')?.attributes.href,
    gone: gone.map(({ attributes }) => attributes),
    comment: elements.find(({ name }) => name === 'at:comment')?.text,
  };
}
async function end(id: string, move: 'withdraw' | 'unpublish', payload: object = {}, locale = 'en') {
  const { version } = stateIn(await getDeskArticle(desk, id), locale);
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/${locale}/${move}`, { version, payload }), 200);
}
const uriOf = async (id: string) => (await request('GET', `/v1/articles/${id}`)).json().data.uri as string;

test('a withdrawn story is told by its id, time and notice in each feed that it stood in, and in no other', async (t) => {
  const draft = { title: 'CANARY', slug: 'canary', body: { text: 'CANARY' } };
  const { id } = await makePublished(
    desk,
    { region: 'bay', tags: ['fog'], byline: ['lookout'], kind: 'analysis', locales: { en: draft, ru: {} } },
    { publishedAt: '2026-01-01T00:00:00Z' },
  );
  const uri = await uriOf(id);
  t.same((await read()).gone, []);
  await end(id, 'withdraw', { notice: 'We could not confirm it. <b>' });
  const inThese = [
    '',
    '?region=bay',
    '?region=gulf',
    '?country=GE',
    '?tag=snow,fog',
    '?tagAll=fog',
    '?contributor=lookout',
    '?kind=analysis',
    `?ids=${id}`,
    '?publishedBefore=2026-02-01T00:00:00Z',
    '?updatedAfter=2026-02-01T00:00:00Z',
    '?region=bay&tag=fog&kind=analysis,news',
    '?sort=-updatedAt&content=summary',
  ];
  for (const query of inThese) {
    const { gone, comment, updated, body } = await read(query);
    t.match(gone, [{ ref: uri, when: /^20\d\d-.*Z$/ }], query);
    t.equal(gone.length, 1);
    t.equal(comment, 'We could not confirm it. <b>');
    t.ok(String(updated) >= String(gone[0]?.when), 'the feed is as new as that');
    t.notMatch(body, /canary/i);
  }
  const inNone = [
    '?locale=ru',
    '?locale=en&fallback=ru',
    '?tag=snow',
    '?tagAll=fog,snow',
    '?kind=news',
    `?excludeIds=${id}`,
    '?publishedAfter=2026-02-01T00:00:00Z',
  ];
  for (const query of inNone) t.same((await read(query)).gone, [], query);
  for (const format of ['rss', 'json']) t.notMatch((await request('GET', `/v1/feeds/${format}`)).body, id);
  await publishArticle(desk, { id }, { locale: 'en' });
  t.same((await read()).gone, [], 'a story that is public again is not gone');
});

test('what was taken back, or never stood in a list, is not told', async (t) => {
  const story = await makePublished(desk, { tags: ['snow'] });
  await end(story.id, 'unpublish');
  const page = await makePublished(desk, { kind: 'page', tags: ['snow'] });
  await end(page.id, 'withdraw');
  t.same((await read('?tag=snow')).gone, []);
  t.equal((await read('?tag=snow&kind=page')).gone.length, 1);
});

test('a feed of values of custom fields tells of none: nobody knows any more what the story had', async (t) => {
  await makeField(desk, { key: 'score', filterable: true });
  const { id } = await makePublished(desk, { extra: { score: 7 } });
  t.equal(readElements((await read('?extra.score=7')).body).filter(({ name }) => name === 'entry').length, 1);
  await end(id, 'withdraw');
  t.same((await read('?extra.score=7')).gone, []);
});

test('what was withdrawn before its tag or region was merged is gone under the old name and the new one', async (t) => {
  for (const key of ['creek', 'brook']) await makeRegion(desk, { key });
  for (const key of ['boats', 'vessels']) await makeTag(desk, { key });
  for (const key of ['mate', 'pilot']) await makeContributor(desk, { key });
  const partners = await Promise.all([
    makePartner(desk, { tags: ['boats'] }),
    makePartner(desk, { regions: ['creek'] }),
  ]);
  const { id } = await makePublished(desk, { region: 'creek', tags: ['boats'], byline: ['mate'] });
  const uri = await uriOf(id);
  const merges = [
    ['tag', 'boats', 'vessels'],
    ['region', 'creek', 'brook'],
    ['contributor', 'mate', 'pilot'],
  ] as const;
  await end(id, 'withdraw');
  for (const { key } of partners) t.equal((await as(key)('GET', `/v1/articles/${id}`)).statusCode, 410);
  for (const [noun, from, into] of merges) {
    t.same((await read(`?${noun}=${into}`)).gone, []);
    const merged = await desk('POST', `/v1/desk/${noun}s/${from}/merge`, { version: 1, payload: { into } });
    expectStatus(merged, 200);
    for (const key of [from, into]) t.match((await read(`?${noun}=${key}`)).gone, [{ ref: uri }], `${noun} ${key}`);
  }
  for (const { key } of partners)
    t.equal((await as(key)('GET', `/v1/articles/${id}`)).statusCode, 410, 'a partner is told as before');
});

test('each page has the withdrawals of its own time', async (t) => {
  const days = ['2020-01-01', '2020-01-02', '2020-01-03', '2020-01-04'];
  for (const day of days) await makePublished(desk, { tags: ['paged'] }, { publishedAt: `${day}T00:00:00Z` });
  const { id } = await makePublished(desk, { tags: ['paged'] }, { publishedAt: '2019-01-01T00:00:00Z' });
  const uri = await uriOf(id);
  await end(id, 'withdraw');
  const first = await read('?tag=paged&limit=2');
  t.match(first.gone, [{ ref: uri }], 'a withdrawal is news, however old the story was');
  const second = await read(new URL(String(first.next)).search);
  t.same(second.gone, []);
  t.notMatch(second.body, 'tombstones');
});

test('however short its pages are, and however much was withdrawn, a walk to the end tells all of it once', async (t) => {
  await makeTag(desk, { key: 'withdrawn' });
  const make = () => makePublished(desk, { tags: ['withdrawn'] });
  const gone = [await make(), await make(), await make()];
  for (let n = 0; n < 2; n += 1) await make();
  const uris = await Promise.all(gone.map(({ id }) => uriOf(id)));
  for (const { id } of gone) await end(id, 'withdraw');
  const told: (string | undefined)[] = [];
  let pages = 0;
  for (let query: string | null = '?tag=withdrawn&limit=1'; query; pages += 1) {
    const page = await read(query);
    told.push(...page.gone.map(({ ref }) => ref));
    query = page.next ? new URL(page.next).search : null;
  }
  t.equal(pages, 2);
  t.same(told.toSorted(), uris.toSorted());
});
