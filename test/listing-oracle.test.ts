// Lists against an oracle: random stories and random filters, paged through with random limits to the end and back, beside a plain filter in JS.
import { test } from 'tap';
import type { Send } from './fixtures/app.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const SEED = 20_261_119;
const STORIES = 60;
const COMBINATIONS = 200;

/** Mulberry32: the same numbers on every machine, so that a failure can be run again. */
function generator(seed: number) {
  let state = seed;
  const below = (n: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * n);
  };
  const pick = <T>(from: readonly T[]): T => {
    const one = from[below(from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  const some = <T>(from: readonly T[], most: number): T[] => [
    ...new Set(Array.from({ length: 1 + below(most) }, () => pick(from))),
  ];
  return { below, pick, some, chance: (percent: number) => below(100) < percent };
}
const random = generator(SEED);

const PARENTS: Record<string, string | undefined> = {
  w: undefined,
  a: 'w',
  b: 'w',
  aa: 'a',
  ab: 'a',
  aaa: 'aa',
  lone: undefined,
};
const COUNTRIES: Record<string, string[]> = { a: ['AM', 'GE'], ab: ['GE'], lone: ['KZ'] };
const REGIONS = Object.keys(PARENTS);
const TAGS = ['t1', 't2', 't3', 't4', 't5'];
const CONTRIBUTORS = ['c1', 'c2', 'c3'];
const KINDS = ['news', 'news', 'news', 'opinion', 'video', 'page'] as const;
/** Few, so that many stories are equal in their time. */
const TIMES = Array.from({ length: 9 }, (_, n) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString());

interface Known {
  id: string;
  locale: string;
  kind: string;
  /** With all ancestors. */
  regions: Set<string>;
  tags: Set<string>;
  contributors: Set<string>;
  publishedAt: string;
  updatedAt: string;
}
const upwards = (key: string | undefined): string[] => (key ? [key, ...upwards(PARENTS[key])] : []);

async function makeStories(desk: Send, request: Send): Promise<Known[]> {
  for (const key of REGIONS) {
    const parent = PARENTS[key];
    await makeRegion(desk, { key, ...(parent && { parent }), countries: COUNTRIES[key] ?? [] });
  }
  for (const key of TAGS) await makeTag(desk, { key });
  for (const key of CONTRIBUTORS) await makeContributor(desk, { key });
  const stories: Known[] = [];
  for (let n = 0; n < STORIES; n += 1) {
    const region = random.chance(70) ? random.pick(REGIONS) : undefined;
    const regions = random.chance(40) ? random.some(REGIONS, 2) : [];
    const tags = random.chance(85) ? random.some(TAGS, 3) : [];
    const byline = random.chance(60) ? random.some(CONTRIBUTORS, 2) : [];
    const [kind, publishedAt] = [random.pick(KINDS), random.pick(TIMES)];
    const locales = { ...(random.chance(85) && { en: {} }), ...(random.chance(30) && { ru: {} }) };
    if (Object.keys(locales).length === 0) continue;
    const body = { kind, ...(region && { region }), regions, tags, byline, locales };
    const { id } = await makePublished(desk, body, { publishedAt });
    if (random.chance(25)) await publishArticle(desk, { id }, { updateType: 'major' });
    for (const locale of Object.keys(locales)) {
      const { updatedAt } = (await request('GET', `/v1/articles/${id}?locale=${locale}&fields=updatedAt`)).json().data;
      stories.push({
        id,
        locale,
        kind,
        publishedAt,
        updatedAt,
        regions: new Set([region, ...regions].flatMap(upwards)),
        tags: new Set(tags),
        contributors: new Set(byline),
      });
    }
  }
  return stories;
}

interface Filter {
  locale?: string;
  region?: string[];
  tag?: string[];
  tagAll?: string[];
  contributor?: string[];
  kind?: string[];
  country?: string[];
  publishedAfter?: string;
  publishedBefore?: string;
  updatedAfter?: string;
  ids?: string[];
  excludeIds?: string[];
  sort?: string;
}

function randomFilter(stories: Known[]): Filter {
  const ids = stories.map(({ id }) => id);
  const maybe = <T>(percent: number, value: () => T) => (random.chance(percent) ? value() : undefined);
  const wanted = {
    locale: maybe(25, () => random.pick(['en', 'ru'])),
    region: maybe(40, () => random.some(REGIONS, 3)),
    tag: maybe(35, () => random.some(TAGS, 3)),
    tagAll: maybe(15, () => random.some(TAGS, 2)),
    contributor: maybe(20, () => random.some(CONTRIBUTORS, 2)),
    kind: maybe(25, () => random.some(KINDS, 3)),
    country: maybe(12, () => random.some(['AM', 'GE', 'KZ', 'FR'], 2)),
    publishedAfter: maybe(12, () => random.pick(TIMES)),
    publishedBefore: maybe(12, () => random.pick(TIMES)),
    updatedAfter: maybe(12, () => random.pick(stories).updatedAt),
    ids: maybe(15, () => random.some(ids, 40)),
    excludeIds: maybe(20, () => random.some(ids, 10)),
    sort: maybe(60, () => random.pick(['-publishedAt', 'publishedAt', '-updatedAt', 'updatedAt'])),
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

const meets = (wanted: string[] | undefined, has: Set<string>) => !wanted || wanted.some((name) => has.has(name));

/** What the documentation says, one sentence a line. */
function oracle(stories: Known[], filter: Filter): string[] {
  const sort = filter.sort ?? '-publishedAt';
  const by = sort.endsWith('publishedAt') ? 'publishedAt' : 'updatedAt';
  const countries = (regions: Set<string>) => new Set([...regions].flatMap((key) => COUNTRIES[key] ?? []));
  return stories
    .filter((story) => story.locale === (filter.locale ?? 'en'))
    .filter((story) => (filter.kind ? filter.kind.includes(story.kind) : story.kind !== 'page'))
    .filter((story) => meets(filter.region, story.regions))
    .filter((story) => meets(filter.country, countries(story.regions)))
    .filter((story) => meets(filter.tag, story.tags))
    .filter((story) => !filter.tagAll || filter.tagAll.every((tag) => story.tags.has(tag)))
    .filter((story) => meets(filter.contributor, story.contributors))
    .filter((story) => !filter.publishedAfter || story.publishedAt >= filter.publishedAfter)
    .filter((story) => !filter.publishedBefore || story.publishedAt < filter.publishedBefore)
    .filter((story) => !filter.updatedAfter || story.updatedAt >= filter.updatedAfter)
    .filter((story) => !filter.ids || filter.ids.includes(story.id))
    .filter((story) => !filter.excludeIds?.includes(story.id))
    .sort((x, y) => (x[by] + x.id < y[by] + y.id ? -1 : 1) * (sort.startsWith('-') ? -1 : 1))
    .map(({ id }) => id);
}

interface Page {
  ids: string[];
  count: number;
  next: string | null;
  prev: string | null;
}

test(`${COMBINATIONS} random lists agree with the oracle in members, order and count, to the end and back (seed ${SEED})`, async (t) => {
  const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeLocale(desk, 'ru');
  const stories = await makeStories(desk, request);
  const read = async (path: string): Promise<Page> => {
    const { data, meta, links } = expectStatus(await request('GET', path), 200).json();
    return {
      ids: data.map(({ id }: { id: string }) => id),
      count: meta.count.value,
      next: links.next,
      prev: links.prev,
    };
  };
  /** Follows a link with another page size: the cursor does not mind. */
  const follow = (link: string, limit: number) => {
    const { pathname, searchParams } = new URL(link);
    searchParams.set('limit', String(limit));
    return read(`${pathname}?${searchParams}`);
  };
  let [found, multipage] = [0, 0];
  for (let n = 0; n < COMBINATIONS; n += 1) {
    const filter = randomFilter(stories);
    const expected = oracle(stories, filter);
    const params = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]));
    const say = `combination ${n}: ${params}`;
    const limit = () => 1 + random.below(14);
    let page = await read(`/v1/articles?${params}&count=exact&limit=${limit()}`);
    const forward = [...page.ids];
    const first = page;
    while (page.next) {
      page = await follow(page.next, limit());
      forward.push(...page.ids);
      if (forward.length > stories.length) break; // a circle
    }
    const backward = [...page.ids];
    while (page.prev) {
      page = await follow(page.prev, limit());
      backward.unshift(...page.ids);
      if (backward.length > stories.length) break;
    }
    const agrees =
      [forward, backward].every((ids) => ids.join() === expected.join()) &&
      first.count === expected.length &&
      first.prev === null;
    if (!agrees)
      t.same(
        { forward, backward, count: first.count, prev: first.prev },
        { forward: expected, backward: expected, count: expected.length, prev: null },
        say,
      );
    found += Number(expected.length > 0);
    multipage += Number(first.next !== null);
  }
  t.ok(t.passing(), 'all agree');
  t.ok(
    found > COMBINATIONS / 2 && multipage > COMBINATIONS / 4,
    `the draw was telling: ${found} lists with stories, ${multipage} of several pages`,
  );
});
