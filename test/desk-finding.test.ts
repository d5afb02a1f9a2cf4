// The desk finds stories by the words of their drafts, by where they belong and by the id they came with; only what such a list reads in the
// database is measured in desk-costs.test.ts.
import { sql } from 'drizzle-orm';
import t, { test } from 'tap';
import { storeAllDraftWords } from '../src/modules/desk/finding.ts';
import { reindex } from '../src/modules/search/reindexing.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, publishArticle, stateIn } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, desk, as, keys } = await buildTestApp(t, { roles: { api: true, jobs: false } });
for (const [position, tag] of ['ru', 'hy', 'ar', 'tr', 'de'].entries())
  await makeLocale(desk, tag, { position: position + 1 });

const list = async (parameters: Record<string, string>) =>
  expectStatus(await as(keys.reader)('GET', `/v1/desk/articles?${new URLSearchParams(parameters)}`), 200).json();
const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
const find = async (q: string, more: Record<string, string> = {}) => idsOf(await list({ q, ...more }));
const make = async (locales: Record<string, object>, rest: object = {}) =>
  (await makeArticle(desk, { locales, ...rest })).id;

// Seen to fail without storeDraftWords() in createDrafts(), and with words that had to be whole.
test('a story is found by the beginnings of words of a draft, in any state and language, whatever their case and accents', async (t) => {
  const bridge = await make({
    en: { title: 'The old Bridge reopens', standfirst: 'Café owners celebrate', slug: 'viaduct-news' },
    ru: { title: 'Мост снова открыт', standfirst: null },
  });
  const german = await make({ de: { title: 'Brücken im Überblick' } });
  const turkish = await make({ tr: { title: 'ISPARTA yolu' } });
  const arabic = await make({ ar: { title: 'الجسر القديم' } });
  await publishArticle(desk, await getDeskArticle(desk, bridge), { locale: 'en' });
  for (const [q, found] of [
    ['bridge', [bridge]],
    ['BRI', [bridge]],
    ['reop old', [bridge]],
    ['cafe', [bridge]],
    ['viaduct', [bridge]],
    ['мост', [bridge]],
    ['СНОВА откр', [bridge]],
    ['brucken', [german]],
    ['überblick brücken', [german]],
    ['ısparta', [turkish]],
    ['جسر', [arabic]],
    ['bridge мост', []],
    ['ridge', []],
    ['bridge closed', []],
  ] as const)
    t.same(await find(q), found, q);
  t.same(await find('bridge', { locale: 'ru' }), [], 'in a draft of the language that is asked for');
  t.same(await find('мост', { locale: 'ru', status: 'draft' }), [bridge]);
  t.same(await find('мост', { status: 'published' }), [], 'the draft with the words is the one in this state');
});

// Seen to fail without storeDraftWords() in changeDraft().
test('what a draft says no more finds it no more, and the trash is not searched', async (t) => {
  const id = await make({ en: { title: 'Harbour closes', slug: 'quay' } });
  const { version } = stateIn(await getDeskArticle(desk, id), 'en');
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}/locales/en`, {
      version,
      payload: { title: 'Airport closes', slug: 'airport' },
    }),
    200,
  );
  t.same(await find('quay'), []);
  t.same(await find('airport'), [id]);
  const story = await getDeskArticle(desk, id);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${id}`, { version: story.version }), 204);
  t.same(await find('airport'), []);
});

// Seen to fail with the words as they were typed between quotes: a syntax error of tsquery, and a 500.
test('whatever is typed is words or nothing, and never a query', async (t) => {
  const id = await make({ en: { title: "O'Neill & sons: 50 % off" } });
  for (const q of ["o'neill", 'neill & sons', "'neill':* | x", '50%', 'sons!', '(off)', 'off\\'])
    t.ok((await find(q)).includes(id) || /x/.test(q), q);
  for (const q of ['—', "''", '&|!', ':*', ' '])
    t.same(await list({ q }), { data: [], meta: {}, links: (await list({ q })).links });
  expectStatus(await desk('GET', '/v1/desk/articles?q='), 400);
  expectStatus(await desk('GET', `/v1/desk/articles?q=${'x'.repeat(201)}`), 400);
});

// Seen to fail with the region alone instead of what it contains.
test('stories are listed by region with what it contains, by tag, by contributor and by the id they came with', async (t) => {
  const region = await makeRegion(desk, { key: 'south' });
  await makeRegion(desk, { key: 'south-coast', parent: 'south' });
  await makeRegion(desk, { key: 'north' });
  for (const key of ['budget', 'roads']) await makeTag(desk, { key });
  await makeContributor(desk, { key: 'reporter' });
  const coast = await make(
    { en: { title: 'Coast' } },
    { region: 'south-coast', tags: ['roads'], byline: ['reporter'], externalId: 'wire:1' },
  );
  const inland = await make({ en: { title: 'Inland' } }, { region: 'south', tags: ['budget', 'roads'] });
  const north = await make({ en: { title: 'Coast of the north' } }, { region: 'north', byline: ['reporter'] });
  for (const [parameters, found] of [
    [{ region: 'south' }, [inland, coast]],
    [{ region: region.id }, [inland, coast]],
    [{ region: 'south-coast,north' }, [north, coast]],
    [{ tag: 'budget,roads' }, [inland, coast]],
    [{ contributor: 'reporter' }, [north, coast]],
    [{ contributor: 'reporter', region: 'south' }, [coast]],
    [{ contributor: 'reporter', tag: 'budget' }, []],
    [{ contributor: 'reporter', status: 'published' }, []],
    [{ region: 'south', status: 'draft', kind: 'news', locale: 'en' }, [inland, coast]],
    [{ q: 'coast', region: 'south' }, [coast]],
    [{ q: 'coast' }, [north, coast]],
    [{ externalId: 'wire:1' }, [coast]],
    [{ externalId: 'wire:1', region: 'north' }, []],
    [{ externalId: 'wire:2' }, []],
  ] as const)
    t.same(idsOf(await list(parameters)), found, JSON.stringify(parameters));
  const wrong = expectStatus(
    await desk('GET', '/v1/desk/articles?region=south,nowhere&tag=none&contributor=constructor'),
    400,
  ).json();
  t.equal(wrong.code, 'unknown_reference');
  t.same(
    wrong.errors.map(({ parameter }: { parameter: string }) => parameter),
    ['region', 'tag', 'contributor'],
  );
});

// Seen to fail with a scope without the words.
test('a list that is narrowed goes on from page to page, and its cursor belongs to what was asked', async (t) => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1)
    ids.unshift(await make({ en: { title: `Election night ${n}`, slug: `election-${n}` } }));
  const walked: string[] = [];
  let page = await list({ q: 'elect', limit: '2' });
  for (;;) {
    walked.push(...idsOf(page));
    if (!page.links.next) break;
    page = await list(Object.fromEntries(new URL(page.links.next).searchParams));
  }
  t.same(walked, ids);
  page = await list(Object.fromEntries(new URL(page.links.prev).searchParams));
  t.same(idsOf(page), ids.slice(2, 4));
  const cursor = new URL(page.links.next).searchParams.get('cursor') ?? '';
  const foreign = await desk('GET', `/v1/desk/articles?${new URLSearchParams({ q: 'night', limit: '2', cursor })}`);
  t.equal(expectStatus(foreign, 400).json().code, 'invalid_cursor');
});

// Seen to fail without storeAllDraftWords() in reindexing.ts.
test('drafts from before their words were kept are found once search has been made anew', async (t) => {
  const id = await make({ en: { title: 'Lighthouse', slug: 'beacon' } });
  await app.db.desk.execute(sql`delete from draft_words`);
  t.same(await find('lighthouse'), []);
  t.equal((await reindex(app.db.desk, storeAllDraftWords)).done, true);
  t.same(await find('lighthouse'), [id]);
});
