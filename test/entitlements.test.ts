// What a partner's key shows: lists, searches and single stories within its entitlements, and nothing of any other story by whatever way it asks.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk, as } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { position: 1, fallback: ['en'] });
await makeLocale(desk, 'hy', { position: 2 });
await makeRegion(desk, { key: 'north', countries: ['AM'] });
await makeRegion(desk, { key: 'fjord', parent: 'north' });
await makeRegion(desk, { key: 'south', countries: ['GE'] });
for (const key of ['ice', 'wind', 'sand']) await makeTag(desk, { key });

/** The word stands in each text of a story that the partner below may not have, in its language or at all. */
const CANARY = 'zqforeignqz';
const secret = (slug: string) => ({
  title: `${CANARY} harbour ${slug}`,
  slug: `${CANARY}-${slug}`,
  standfirst: CANARY,
  body: { markdown: `## ${CANARY}\n\n[${CANARY}](https://${CANARY}.example)` },
});
const own = (slug: string) => ({ title: `Own harbour ${slug}`, slug, body: { markdown: 'The harbour reopened.' } });
const one = await makePublished(desk, { region: 'north', tags: ['ice'], locales: { en: own('one') } });
const two = await makePublished(desk, {
  region: 'fjord',
  tags: ['ice', 'wind'],
  locales: { en: own('two'), hy: secret('hy') },
});
const inRussian = await makePublished(desk, { region: 'north', tags: ['ice'], locales: { ru: own('три') } });
const elsewhere = await makePublished(desk, { region: 'south', tags: ['ice'], locales: { en: secret('region') } });
const untagged = await makePublished(desk, { region: 'north', tags: ['sand'], locales: { en: secret('tag') } });
const opinion = await makePublished(desk, {
  kind: 'opinion',
  region: 'north',
  tags: ['ice'],
  locales: { en: secret('kind') },
});
const foreign = await makePublished(desk, { region: 'north', tags: ['ice'], locales: { hy: secret('language') } });
const about = await makePublished(desk, { kind: 'page', locales: { en: secret('page') } });
const refused = [elsewhere, untagged, opinion, foreign, about];
const everything = [one, two, inRussian, ...refused].map(({ id }) => id);

const ENTITLED = { regions: ['north'], tags: ['ice'], kinds: ['news' as const], locales: ['en', 'ru'] };
const { key } = await makePartner(desk, { ...ENTITLED, perMinute: 100_000 });
const partner = as(key);
type Page = { data: { id: string }[]; links: { next: string | null } };
const idsOf = (answer: { json(): { data: { id: string }[] } }) => answer.json().data.map(({ id }) => id);

test('a list holds what the partner may have, and says that it was narrowed', async (t) => {
  const answer = expectStatus(await partner('GET', '/v1/articles?count=exact'), 200);
  t.same(idsOf(answer).sort(), [one.id, two.id].sort());
  t.match(answer.json().meta, { isNarrowed: true, count: { value: 2, relation: 'exact' } });
  t.equal(answer.headers['cache-control'], 'private, no-store');
  const open = expectStatus(await request('GET', '/v1/articles'), 200);
  t.ok(open.json().data.length > 2, 'whoever asks without a key is not narrowed');
  t.equal(open.json().meta.isNarrowed, undefined);
  t.match(open.headers['cache-control'], /^public/);
});

test('whatever is asked for, no list shows a story that the partner may not have', async (t) => {
  const lists: [search: string, ids: string[]][] = [
    [`ids=${everything.join()}`, [one.id, two.id]],
    [`ids=${elsewhere.id}`, []],
    [`ids=${everything.join()}&locale=ru&fallback=en,hy`, [one.id, two.id, inRussian.id]],
    ['locale=ru&fallback=site', [one.id, two.id, inRussian.id]],
    ['locale=ru&fallback=hy', [inRussian.id]],
    [`excludeIds=${one.id}`, [two.id]],
    ['region=south', []],
    ['region=south,north', [one.id, two.id]],
    ['region=fjord', [two.id]],
    ['country=GE', []],
    ['country=AM,GE', [one.id, two.id]],
    ['tag=sand', []],
    ['tagAll=sand', []],
    ['tagAll=wind', [two.id]],
    ['tag=sand,wind', [two.id]],
    ['sort=updatedAt', [one.id, two.id]],
    ['publishedAfter=2020-01-01T00:00:00Z&limit=1&fields=title,body', [two.id]],
  ];
  for (const [search, ids] of lists) {
    const answer = expectStatus(await partner('GET', `/v1/articles?${search}`), 200);
    t.same(idsOf(answer).sort(), [...ids].sort(), search);
    t.notMatch(answer.body, new RegExp(`${CANARY}(?!\\.example)`), search);
    const counted = expectStatus(
      await partner('GET', `/v1/articles?${search.replace('&limit=1', '')}&count=exact`),
      200,
    );
    t.equal(counted.json().meta.count.value, counted.json().data.length, search);
  }
  const walked: string[] = [];
  for (let next: string | null = '/v1/articles?limit=1'; next; ) {
    const { data, links }: Page = expectStatus(await partner('GET', next), 200).json();
    walked.push(...data.map(({ id }) => id));
    next = links.next && new URL(links.next).pathname + new URL(links.next).search;
  }
  t.same(walked, [two.id, one.id]);
});

test('what is asked for by name outside the entitlements is refused', async (t) => {
  for (const [path, parameter] of [
    ['/v1/articles?locale=hy', 'locale'],
    ['/v1/articles?locale=hy&fallback=en', 'locale'],
    ['/v1/articles?kind=opinion', 'kind'],
    ['/v1/articles?kind=news,page', 'kind'],
    ['/v1/search?q=harbour&locale=hy', 'locale'],
    ['/v1/search?q=harbour&kind=opinion', 'kind'],
    [`/v1/articles/${one.id}?include=related`, 'include'],
    ['/v1/articles/by-slug/en/one?include=related', 'include'],
  ]) {
    const answer = expectStatus(await partner('GET', String(path)), 403);
    t.match(answer.json(), { code: 'not_entitled', errors: [{ parameter, code: 'not_entitled' }] });
  }
});

test('a search finds what the partner may have, in its facets as well', async (t) => {
  const facets = 'facets=region,tag,kind,year';
  for (const search of [
    `q=harbour&${facets}&count=estimate`,
    'q=harbour&sort=-publishedAt',
    'q=harbour&tag=sand,ice',
  ]) {
    const answer = expectStatus(await partner('GET', `/v1/search?${search}`), 200);
    t.same(idsOf(answer).sort(), [one.id, two.id].sort(), search);
    t.match(answer.json().meta, { isNarrowed: true });
    t.notMatch(answer.body, new RegExp(`${CANARY}|"south"|"sand"|"opinion"`), search);
  }
  const word = expectStatus(await partner('GET', `/v1/search?q=${CANARY}`), 200);
  t.same(word.json().data, []);
  t.equal(word.json().meta.didYouMean, undefined);
  t.same(expectStatus(await partner('GET', `/v1/search?q=zqforeig`), 200).json().data, []);
});

test('a single story outside the entitlements is refused by whatever address, and other languages are not named', async (t) => {
  for (const story of [elsewhere, untagged, opinion, about]) {
    const { slug } = story.locales[0] ?? {};
    for (const path of [story.id, story.id.toUpperCase(), `by-slug/en/${slug}`, `${story.id}/republish`]) {
      const answer = expectStatus(await partner('GET', `/v1/articles/${path}`), 403);
      t.equal(answer.json().code, 'not_entitled');
      t.notMatch(answer.body, CANARY);
    }
  }
  for (const path of [`${two.id}?locale=hy`, `by-slug/hy/${CANARY}-hy`, `${two.id}/republish?locale=hy`])
    expectStatus(await partner('GET', `/v1/articles/${path}`), 403);
  for (const search of ['', '?locale=en&fallback=hy', '?locale=en&fallback=site']) {
    const answer = await partner('GET', `/v1/articles/${foreign.id}${search}`);
    t.equal(answer.statusCode, 404, search);
    t.notMatch(answer.body, CANARY);
  }
  const asked = await partner('GET', `/v1/articles/${foreign.id}?locale=hy&fallback=en,ru`);
  t.match(expectStatus(asked, 403).json(), { code: 'not_entitled', errors: [{ parameter: 'locale' }] });
  const whole = expectStatus(await partner('GET', `/v1/articles/${two.id}?include=seo,region,tags,views`), 200);
  t.notMatch(whole.body, CANARY);
  t.same(whole.json().data.translations, []);
  const { url } = whole.json().data;
  const alone = ['rel="canonical"', 'rel="alternate"; hreflang="en"', 'rel="alternate"; hreflang="x-default"'];
  t.match(String(whole.headers.link), alone.map((link) => `<${url}>; ${link}`).join(', '));
  t.notMatch(String(whole.headers.link), CANARY);
  const open = await request('GET', `/v1/articles/${two.id}`);
  t.equal(open.json().data.translations.length, 1);
  t.match(String(open.headers.link), CANARY);
  // Without the default language, x-default is one that it may have.
  const { key: armenian } = await makePartner(desk, { locales: ['hy'] });
  const there = expectStatus(await as(armenian)('GET', `/v1/articles/${two.id}?locale=hy`), 200);
  t.notMatch(String(there.headers.link), 'hreflang="en"');
  t.equal(there.json().data.originalLocale, null, 'nor is the language that it was written in');
  t.equal(open.json().data.originalLocale, 'en');
  t.match(String(there.headers.link), `<${there.json().data.url}>; rel="alternate"; hreflang="x-default"`);
  const next = expectStatus(await partner('GET', `/v1/articles/${two.id}?locale=hy&fallback=en`), 200);
  t.match(next.json(), { data: { locale: 'en' }, meta: { isFallback: true } }, 'the next language that it may have');
});

test('a partner of summaries gets no text, no headings and no links of it, nor a republished one', async (t) => {
  const { key: summaries } = await makePartner(desk, { fullText: false });
  const send = as(summaries);
  const HELD = 'zqheldqz';
  const body = `${HELD} and more`;
  const story = await makePublished(desk, {
    locales: {
      en: {
        title: 'Held back',
        standfirst: 'In short.',
        slug: 'held-back',
        body: { markdown: `## ${HELD}\n\n${body} [x](https://${HELD}.example)` },
      },
    },
  });
  const whole = expectStatus(await send('GET', `/v1/articles/${story.id}`), 200);
  t.match(whole.json().data, { title: 'Held back', standfirst: 'In short.' });
  t.same([whole.json().data.body, whole.json().data.toc, whole.json().data.links], [{}, [], []]);
  for (const path of [
    `/v1/articles/${story.id}?fields=body.text,body.html,toc,links,title`,
    `/v1/articles?ids=${story.id}&fields=body,toc,links`,
    `/v1/articles/by-slug/en/held-back`,
    `/v1/search?q=${HELD}&fields=body,toc`,
    `/v1/search?q=held`,
  ]) {
    const answer = expectStatus(await send('GET', path), 200);
    t.notMatch(JSON.stringify(answer.json().data), HELD, path);
  }
  t.match(expectStatus(await send('GET', `/v1/articles/${story.id}/republish`), 403).json(), { code: 'not_entitled' });
});

test("what a partner is answered is kept for nobody, and what others are answered is not the partner's", async (t) => {
  const path = `/v1/articles?excludeIds=${about.id}`;
  const before = expectStatus(await partner('GET', path), 200).json().data.length;
  const open = expectStatus(await request('GET', path), 200).json().data.length;
  t.not(open, before);
  t.equal(expectStatus(await partner('GET', path), 200).json().data.length, before, 'with a hot public answer');
  t.equal(expectStatus(await request('GET', path), 200).json().data.length, open);
  const single = expectStatus(await partner('GET', `/v1/articles/${two.id}`), 200);
  const same = { headers: { 'if-none-match': String(single.headers.etag) } };
  t.equal((await partner('GET', `/v1/articles/${two.id}`, same)).statusCode, 304);
  t.equal((await request('GET', `/v1/articles/${two.id}`, same)).statusCode, 200, 'another representation');
});
