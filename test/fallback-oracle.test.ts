// Lists that take other languages against an oracle: random newsrooms, random requests, paged to the end and back, beside a plain filter in JS.
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { type Test, test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, makeArticle } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const SEED = 20_261_125;
const NEWSROOMS = 3;
const STORIES = 20;
const REQUESTS = 80;

const LOCALES = ['en', 'ru', 'hy', 'ka'];
const ALIASES: Record<string, string> = { RUS: 'ru', arm: 'hy' };
const PARENTS: Record<string, string | undefined> = {
  world: undefined,
  south: 'world',
  coast: 'south',
  north: undefined,
};
const REGIONS = Object.keys(PARENTS);
const TAGS = ['ports', 'wine', 'snow'];
const CONTRIBUTORS = ['anna', 'desk'];
const KINDS = ['news', 'news', 'opinion', 'page'] as const;
/** Few, so that many texts are equal in their time, and texts of one story are not. */
const TIMES = Array.from({ length: 8 }, (_, n) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString());

const subset = (from: string[], most = from.length, least = 0) =>
  fc.shuffledSubarray(from, { minLength: least, maxLength: most });
const placement = fc.record({
  kind: fc.constantFrom(...KINDS),
  regions: subset(REGIONS, 2),
  tags: subset(TAGS, 2),
  byline: subset(CONTRIBUTORS, 1),
});
const story = (locales: string[]) =>
  fc.record({
    placement,
    /** In the order in which they are published; what is drafted stays unpublished. */
    published: subset(locales, locales.length, 1),
    drafted: subset(locales, 1),
    times: fc.array(fc.constantFrom(...TIMES), { minLength: locales.length, maxLength: locales.length }),
    /** Before the last language is published: the languages of one story then stand in different lists. */
    moved: fc.option(placement, { freq: 2 }),
    /** Edited after it was published. */
    revised: fc.boolean(),
    unpublished: fc.boolean(),
  });
const newsroom = subset(LOCALES.slice(1), 3, 2).chain((others) => {
  const locales = ['en', ...others];
  return fc.record({
    locales: fc.constant(locales),
    byDefault: fc.constantFrom(...locales),
    fallbacks: fc.tuple(...locales.map((tag) => subset(locales.filter((other) => other !== tag)))),
    stories: fc.array(story(locales), { minLength: STORIES, maxLength: STORIES }),
  });
});
type Newsroom = typeof newsroom extends fc.Arbitrary<infer T> ? T : never;

/** A text that is public. */
interface Text {
  id: string;
  locale: string;
  kind: string;
  regions: Set<string>;
  tags: Set<string>;
  byline: Set<string>;
  publishedAt: string;
  updatedAt: string;
}
const upwards = (key: string | undefined): string[] => (key ? [key, ...upwards(PARENTS[key])] : []);

async function makeNewsroom(t: Test, { locales, byDefault, fallbacks, stories }: Newsroom) {
  const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  for (const tag of locales.slice(1)) {
    const aliases = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === tag);
    await makeLocale(desk, tag, { aliases, position: locales.indexOf(tag) });
  }
  const entries = expectStatus(await desk('GET', '/v1/desk/locales'), 200).json().data as {
    tag: string;
    version: number;
  }[];
  for (const { tag, version } of entries) {
    const payload = { fallback: fallbacks[locales.indexOf(tag)] };
    expectStatus(await desk('PATCH', `/v1/desk/locales/${tag}`, { payload, version }), 200);
  }
  const site = expectStatus(await desk('GET', '/v1/desk/site'), 200).json().data;
  expectStatus(
    await desk('PATCH', '/v1/desk/site', { payload: { defaultLocale: byDefault }, version: site.version }),
    200,
  );
  for (const key of REGIONS) await makeRegion(desk, { key, ...(PARENTS[key] && { parent: PARENTS[key] }) });
  for (const key of TAGS) await makeTag(desk, { key });
  for (const key of CONTRIBUTORS) await makeContributor(desk, { key });
  const texts: Text[] = [];
  for (const one of stories) texts.push(...(await makeStory(desk, request, locales, one)));
  return { request, texts };
}

async function makeStory(
  desk: Send,
  request: Send,
  locales: string[],
  one: Newsroom['stories'][number],
): Promise<Text[]> {
  const { published, drafted, times, moved, revised, unpublished } = one;
  const drafts = [...new Set([...published, ...drafted])];
  const article = await makeArticle(desk, {
    ...one.placement,
    locales: Object.fromEntries(drafts.map((tag) => [tag, {}])),
  });
  const path = `/v1/desk/articles/${article.id}`;
  const act = async (tag: string, action: string, payload: object) => {
    const { version } = expectStatus(await desk('GET', `${path}/locales/${tag}`), 200).json().data;
    expectStatus(await desk('POST', `${path}/locales/${tag}/${action}`, { payload, version }), 200);
  };
  const placed = new Map<string, typeof one.placement>();
  for (const [at, tag] of published.entries()) {
    if (moved && at === published.length - 1 && at > 0) {
      const { version } = expectStatus(await desk('GET', path), 200).json().data;
      expectStatus(await desk('PATCH', path, { payload: moved, version }), 200);
    }
    placed.set(tag, moved && at === published.length - 1 && at > 0 ? moved : one.placement);
    await act(tag, 'publish', { publishedAt: times[locales.indexOf(tag)] });
  }
  const [first = 'en'] = published;
  if (revised && !(moved && published.length > 1)) await act(first, 'publish', { updateType: 'major' });
  if (unpublished && published.length > 1) {
    await act(first, 'unpublish', {});
    placed.delete(first);
  }
  return Promise.all(
    [...placed].map(async ([locale, { kind, regions, tags, byline }]) => {
      const url = `/v1/articles/${article.id}?locale=${locale}&fields=publishedAt,updatedAt`;
      const { publishedAt, updatedAt } = expectStatus(await request('GET', url), 200).json().data;
      const sets = { regions: new Set(regions.flatMap(upwards)), tags: new Set(tags), byline: new Set(byline) };
      return { id: article.id, locale, kind, ...sets, publishedAt, updatedAt };
    }),
  );
}

const maybe = <T>(value: fc.Arbitrary<T>, percent: number) =>
  fc.oneof({ weight: percent, arbitrary: value }, { weight: 100 - percent, arbitrary: fc.constant(undefined) });
const requests = (locales: string[], ids: string[]) => {
  const names = [...locales, ...Object.keys(ALIASES).filter((alias) => locales.includes(ALIASES[alias] ?? ''))];
  return fc.record({
    locale: maybe(fc.constantFrom(...names), 80),
    fallback: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(undefined, ['none']) },
      { weight: 2, arbitrary: fc.constant(['site']) },
      { weight: 4, arbitrary: subset(locales, locales.length, 1) },
    ),
    region: maybe(subset(REGIONS, 2, 1), 30),
    tag: maybe(subset(TAGS, 2, 1), 20),
    tagAll: maybe(subset(TAGS, 2, 1), 10),
    contributor: maybe(subset(CONTRIBUTORS, 2, 1), 15),
    kind: maybe(subset(['news', 'opinion', 'page'], 2, 1), 25),
    publishedAfter: maybe(fc.constantFrom(...TIMES.slice(0, 5)), 15),
    publishedBefore: maybe(fc.constantFrom(...TIMES.slice(3)), 15),
    updatedAfter: maybe(fc.constantFrom(...TIMES), 10),
    ids: maybe(subset(ids, 12, 6), 20),
    excludeIds: maybe(subset(ids, 5, 1), 15),
    sort: maybe(fc.constantFrom('-publishedAt', 'publishedAt', '-updatedAt', 'updatedAt'), 60),
    /** Read by itself. */
    single: fc.constantFrom(...ids),
    limits: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  });
};
type Asked = ReturnType<typeof requests> extends fc.Arbitrary<infer T> ? T : never;

/** What the documentation says, one sentence a line. */
function chainOf(
  { locales, byDefault, fallbacks }: Newsroom,
  { locale = byDefault, fallback = ['none'] }: Asked,
): string[] {
  const wanted = ALIASES[locale] ?? locale;
  if (fallback[0] === 'none') return [wanted];
  if (fallback[0] === 'site') return [...new Set([wanted, ...(fallbacks[locales.indexOf(wanted)] ?? []), byDefault])];
  return [...new Set([wanted, ...fallback])];
}
const meets = (wanted: string[] | undefined, has: Set<string>) => !wanted || wanted.some((name) => has.has(name));
function oracle(texts: Text[], chain: string[], asked: Asked): Text[] {
  const sort = asked.sort ?? '-publishedAt';
  const by = sort.endsWith('publishedAt') ? 'publishedAt' : 'updatedAt';
  const stories = Map.groupBy(texts, ({ id }) => id);
  const best = [...stories.values()].flatMap((own) =>
    chain.flatMap((tag) => own.find(({ locale }) => locale === tag) ?? []).slice(0, 1),
  );
  return best
    .filter(({ kind }) => (asked.kind ? asked.kind.includes(kind) : kind !== 'page'))
    .filter(({ regions }) => meets(asked.region, regions))
    .filter(({ tags }) => meets(asked.tag, tags))
    .filter(({ tags }) => !asked.tagAll || asked.tagAll.every((tag) => tags.has(tag)))
    .filter(({ byline }) => meets(asked.contributor, byline))
    .filter(({ publishedAt }) => !asked.publishedAfter || publishedAt >= asked.publishedAfter)
    .filter(({ publishedAt }) => !asked.publishedBefore || publishedAt < asked.publishedBefore)
    .filter(({ updatedAt }) => !asked.updatedAfter || updatedAt >= asked.updatedAfter)
    .filter(({ id }) => !asked.ids || asked.ids.includes(id))
    .filter(({ id }) => !asked.excludeIds?.includes(id))
    .sort((x, y) => (x[by] + x.id < y[by] + y.id ? -1 : 1) * (sort.startsWith('-') ? -1 : 1));
}

interface Page {
  rows: string[];
  count: { value: number; relation: string };
  regions: string[];
  next: string | null;
  prev: string | null;
}
type Item = { id: string; locale: string; isFallback?: boolean };
const rowOf = ({ id, locale, isFallback }: Item) => `${id} ${locale} ${isFallback ?? 'no fallback asked'}`;

/** Follows the links with other page sizes in turn: the cursor does not mind. */
async function walk(request: Send, { limits, single: _, ...asked }: Asked, most: number) {
  const params = new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  let turn = 0;
  const read = async (path: string): Promise<Page> => {
    const url = new URL(path, 'https://api.example.org');
    url.searchParams.set('limit', String(limits[turn++ % limits.length]));
    const { data, included, meta, links } = expectStatus(await request('GET', url.pathname + url.search), 200).json();
    const regions = included.regions.map(({ key }: { key: string }) => key).sort();
    return { rows: data.map(rowOf), count: meta.count, regions, next: links.next, prev: links.prev };
  };
  let page = await read(`/v1/articles?${params}&count=exact&include=region`);
  const first = page;
  const forward = [...page.rows];
  for (; page.next && forward.length <= most; forward.push(...page.rows)) page = await read(page.next);
  const backward = [...page.rows];
  for (; page.prev && backward.length <= most; backward.unshift(...page.rows)) page = await read(page.prev);
  return { forward, backward, first };
}

/** The language in which one story is answered, if in any. */
async function readSingle(request: Send, { single, locale, fallback }: Asked): Promise<string | undefined> {
  const params = new URLSearchParams({ ...(locale && { locale }), ...(fallback && { fallback: fallback.join() }) });
  const answer = await request('GET', `/v1/articles/${single}?${params}`);
  if (answer.statusCode === 404) return undefined;
  return expectStatus(answer, 200).json().data.locale;
}

// Seen to fail with each of these in src/modules/articles/chained.ts: NOT_BETTER true (a story comes in two languages); `[:w.stage + 1]`
// in it (no second language); MATCHES asked of any language of the chain instead of LOCALE; the keys
// of one language left out.
for (const [n, room] of fc.sample(newsroom, { seed: SEED, numRuns: NEWSROOMS }).entries()) {
  test(`${REQUESTS} random lists of newsroom ${n + 1} agree with the oracle in texts, order and count, to the end and back (seed ${SEED})`, async (t) => {
    const { request, texts } = await makeNewsroom(t, room);
    const ids = [...new Set(texts.map(({ id }) => id))];
    const seen = { rows: 0, fallbacks: 0, pages: 0 };
    const agrees = fc.asyncProperty(requests(room.locales, ids), async (asked) => {
      const chain = chainOf(room, asked);
      const isAsked = asked.fallback !== undefined && asked.fallback[0] !== 'none';
      const best = oracle(texts, chain, asked);
      const rows = best.map((text) => rowOf({ ...text, ...(isAsked && { isFallback: text.locale !== chain[0] }) }));
      const { forward, backward, first } = await walk(request, asked, texts.length);
      deepEqual(forward, rows, 'to the end');
      deepEqual(backward, rows, 'and back');
      deepEqual(first.count, { value: rows.length, relation: 'exact' });
      deepEqual(first.prev, null);
      const onPage = new Set(best.slice(0, first.rows.length).flatMap(({ regions }) => [...regions]));
      deepEqual(first.regions, [...onPage].sort(), 'what comes along is of the texts that are shown');
      deepEqual(
        await readSingle(request, asked),
        chain.find((tag) => texts.some(({ id, locale }) => id === asked.single && locale === tag)),
      );
      seen.rows += Number(rows.length > 0);
      seen.fallbacks += Number(best.some(({ locale }) => locale !== chain[0]));
      seen.pages += Number(first.next !== null);
    });
    await fc.assert(agrees, { seed: SEED, numRuns: REQUESTS });
    t.ok(
      seen.rows > REQUESTS / 3 && seen.fallbacks > REQUESTS / 6 && seen.pages > REQUESTS / 6,
      `the draw was telling: ${JSON.stringify(seen)}`,
    );
  });
}
