// Fronts against an oracle: random slots over a newsroom of random stories, beside the plain rules in JavaScript. No story stands anywhere twice.
import fc from 'fast-check';
import t, { test } from 'tap';
import type { SlotInput } from '../src/modules/fronts/schemas.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront, slotsOf } from './fixtures/fronts.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const SEED = 20_261_125;
const RUNS = 120;
const { request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
for (const locale of ['ru', 'hy']) await makeLocale(desk, locale);

const PARENTS: Record<string, string | undefined> = { w: undefined, a: 'w', b: 'w', aa: 'a' };
const upwards = (key: string | undefined): string[] => (key ? [key, ...upwards(PARENTS[key])] : []);
const [REGIONS, TAGS, CONTRIBUTORS, LOCALES] = [
  Object.keys(PARENTS),
  ['t1', 't2', 't3'],
  ['c1', 'c2'],
  ['en', 'ru', 'hy'],
];
const KINDS = ['news', 'opinion', 'page'] as const;
for (const key of REGIONS) await makeRegion(desk, { key, ...(PARENTS[key] && { parent: PARENTS[key] }) });
for (const key of TAGS) await makeTag(desk, { key });
for (const key of CONTRIBUTORS) await makeContributor(desk, { key });

interface Known {
  id: string;
  locales: string[];
  kind: string;
  regions: string[];
  tags: string[];
  contributors: string[];
  publishedAt: string;
}
const subset = <T>(of: readonly T[], minLength = 0) =>
  fc.uniqueArray(fc.constantFrom(...of), { minLength, maxLength: 2 });
const storyOf = fc.record({
  kind: fc.constantFrom(...KINDS, 'news' as const),
  region: fc.option(fc.constantFrom(...REGIONS), { nil: undefined }),
  tags: subset(TAGS),
  byline: subset(CONTRIBUTORS),
  locales: subset(LOCALES, 1),
  /** Few, so that many stories are equal in their time. */
  day: fc.integer({ min: 1, max: 6 }),
});
const known: Known[] = [];
for (const { day, locales, region, ...story } of fc.sample(storyOf, { seed: SEED, numRuns: 45 })) {
  const publishedAt = new Date(Date.UTC(2026, 0, day)).toISOString();
  const drafts = Object.fromEntries(locales.map((locale) => [locale, {}]));
  const { id } = await makePublished(desk, { ...story, ...(region && { region }), locales: drafts }, { publishedAt });
  const { kind, tags, byline } = story;
  known.push({ id, locales, kind, regions: upwards(region), tags, contributors: byline, publishedAt });
}
const hidden = [await makeArticle(desk), await makeArticle(desk)].map(({ id }) => id);

const PAST = '2020-01-01T00:00:00.000Z';
const FUTURE = '2029-01-01T00:00:00.000Z';
const pin = fc.record(
  {
    articleId: fc.constantFrom(...known.map(({ id }) => id), ...hidden),
    from: fc.constantFrom(PAST, FUTURE, null, null),
    until: fc.constantFrom('2021-01-01T00:00:00.000Z', '2029-06-01T00:00:00.000Z', null, null, null),
    position: fc.option(fc.integer({ min: 1, max: 6 })),
  },
  { requiredKeys: ['articleId'] },
);
const names = (from: readonly string[]) => fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength: 3 });
const source = fc.oneof(
  fc.record({ type: fc.constant('none' as const) }),
  fc.record(
    {
      type: fc.constant('filter' as const),
      region: names(REGIONS),
      tag: names(TAGS),
      tagAll: names(TAGS),
      contributor: names(CONTRIBUTORS),
      kind: fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1 }),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    { type: fc.constant('latestPerRegion' as const), region: names(REGIONS), each: fc.integer({ min: 1, max: 4 }) },
    { requiredKeys: ['type', 'region'] },
  ),
);
/** What the desk would refuse is made into what it takes. */
const slot = fc
  .record({ size: fc.integer({ min: 1, max: 7 }), pinned: fc.array(pin, { maxLength: 5 }), source })
  .map(({ size, pinned, source }) => ({
    size,
    source,
    pinned: pinned
      .filter(({ articleId }, at) => pinned.findIndex((other) => other.articleId === articleId) === at)
      .filter(({ from, until }) => !(from && until && from >= until))
      .map((one) => ({ ...one, position: one.position && Math.min(one.position, size) })),
  }));
const slotsArbitrary = fc
  .array(slot, { minLength: 1, maxLength: 7 })
  .map((slots) => slots.map((one, at): SlotInput => ({ key: `s${at}`, ...one }) as SlotInput));

/** Any of what is wanted, or nothing is wanted. */
const meets = (wanted: readonly string[] | undefined, has: readonly string[]) =>
  wanted?.some((one) => has.includes(one)) ?? true;

/** @returns the id and the language of each story */
function expected(slots: readonly SlotInput[], chain: readonly string[]): Record<string, string[]> {
  const best = (id: string) => chain.find((locale) => known.find((story) => story.id === id)?.locales.includes(locale));
  const newest = known
    .filter(({ id }) => best(id) !== undefined)
    .sort((a, b) => (a.publishedAt < b.publishedAt || (a.publishedAt === b.publishedAt && a.id < b.id) ? 1 : -1));
  const taken = new Set<string>();
  const take = (ids: string[], most: number) => {
    const free = ids.filter((id) => !taken.has(id)).slice(0, Math.max(0, most));
    for (const id of free) taken.add(id);
    return free;
  };
  const now = new Date().toISOString();
  const pinnedIn = slots.map(({ pinned = [], size }) => {
    const active = pinned.filter(({ from, until }) => (from ?? '') <= now && (until ?? '9') > now);
    const there = active.filter(({ articleId }) => newest.some(({ id }) => id === articleId));
    const ids = take(
      there.map(({ articleId }) => articleId),
      size,
    );
    return there.filter(({ articleId }) => ids.includes(articleId));
  });
  return Object.fromEntries(
    slots.map(({ key, size, source: from = { type: 'none' } }, at) => {
      const pins = pinnedIn[at] ?? [];
      const rest: string[] = [];
      const room = () => size - pins.length - rest.length;
      const { type, region = [], each = 3, kind, tag, tagAll = [], contributor } = from;
      if (type === 'filter') {
        const fits = newest.filter(
          (story) =>
            (kind ? kind.some((one) => one === story.kind) : story.kind !== 'page') &&
            meets(from.region, story.regions) &&
            meets(tag, story.tags) &&
            tagAll.every((one) => story.tags.includes(one)) &&
            meets(contributor, story.contributors),
        );
        rest.push(
          ...take(
            fits.map(({ id }) => id),
            room(),
          ),
        );
      }
      if (type === 'latestPerRegion')
        for (const one of region) {
          const fits = newest.filter(({ kind, regions }) => kind !== 'page' && regions.includes(one));
          rest.push(
            ...take(
              fits.map(({ id }) => id),
              Math.min(each, room()),
            ),
          );
        }
      const loose = [...pins.filter(({ position }) => !position).map(({ articleId }) => articleId), ...rest];
      const placed = pins
        .filter(({ position }) => position)
        .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
        .map(({ articleId, position }) => ({ articleId, index: (position ?? 0) - 1 }));
      const order: string[] = [];
      while (loose.length > 0 || placed.length > 0) {
        const next =
          placed[0] && (placed[0].index <= order.length || loose.length === 0)
            ? placed.shift()?.articleId
            : loose.shift();
        order.push(next ?? '');
      }
      return [key, order.map((id) => `${id} ${best(id)}`)];
    }),
  );
}

// Seen to fail with, in filling.ts: NOT_TAKEN or NOT_BETTER always true, ROOM without the size of the slot, ORDER without the id.
test('whatever editors fill in, each slot holds just what the rules say, and no story stands on a front twice', async (t) => {
  const { slug } = await makeFront(desk);
  let version = 1;
  let stories = 0;
  await fc.assert(
    fc.asyncProperty(slotsArbitrary, fc.shuffledSubarray(LOCALES, { minLength: 1 }), async (slots, chain) => {
      expectStatus(await desk('PATCH', `/v1/desk/fronts/${slug}`, { version, payload: { slots } }), 200);
      version += 1;
      const [locale, ...others] = chain;
      const fallback = others.length > 0 ? `&fallback=${others}` : '';
      const shown = await slotsOf(request, `/v1/fronts/${slug}?locale=${locale}${fallback}&fields=id`);
      const ids = Object.fromEntries(
        Object.entries(shown).map(([key, items]) => [key, items.map((one) => `${one.id} ${one.locale}`)]),
      );
      const all = Object.values(ids).flat();
      stories += all.length;
      if (new Set(all).size !== all.length) throw new Error('a story stands there twice');
      const wanted = expected(slots, chain);
      if (JSON.stringify(ids) !== JSON.stringify(wanted))
        throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(ids)}`);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  t.ok(stories > RUNS * 3, `${stories} stories stood in slots`);
});
