// Which lists a story stands in, and which list answers a question: both sides of one key. It knows no SQL.
// A key names one list, such as "en, region R, tag T"; its rows are walked in order by index. Without such rows a pair that
// rarely meets is found by reading one of its lists to the end (16 ms against 0.1 ms among a million stories).
import { hash } from 'node:crypto';
import type { Entitlements } from '../partners/entitlements.ts';
import type { Kind } from './kinds.ts';

/** 64 bits of a digest: among 100,000 lists the chance that any two meet is 3 in 10^10. */
export function listingKey(locale: string, ...facets: string[]): bigint {
  return hash('sha256', [locale, ...facets].join('|'), 'buffer').readBigInt64BE(0);
}

/** Names the languages in which a story is public; the migration that brought families makes the same. */
export const familyKey = (locales: readonly string[]): bigint => listingKey('family', ...locales.toSorted());

const region = (id: string) => `region:${id}`;
const tag = (id: string) => `tag:${id}`;
const contributor = (id: string) => `contributor:${id}`;
const facet = ({ fieldId, value }: Facet) => `extra:${fieldId}:${value}`;
const kind = (name: Kind) => `kind:${name}`;

/** A value of a custom field that lists are filtered by. */
export interface Facet {
  fieldId: string;
  value: string;
}

export interface Placement {
  kind: Kind;
  /** With all ancestors. */
  regionIds: readonly string[];
  tagIds: readonly string[];
  contributorIds: readonly string[];
  extra: readonly Facet[];
}

/** Every list that a story stands in. Pages stand in those of their kind alone. */
export function listingKeysOf(locale: string, story: Placement): bigint[] {
  const { extra } = story;
  const key = (...facets: string[]) => listingKey(locale, ...facets);
  const ofKind = [key(kind(story.kind)), ...extra.map((one) => key(kind(story.kind), facet(one)))];
  if (story.kind === 'page') return ofKind;
  const regions = story.regionIds.map(region);
  const tags = story.tagIds.map(tag);
  const contributors = story.contributorIds.map(contributor);
  return [
    key(),
    ...ofKind,
    ...[...regions, ...tags, ...contributors].map((one) => key(one)),
    ...regions.flatMap((one) => tags.map((other) => key(one, other))),
    ...extra.flatMap((one, at) => [
      key(facet(one)),
      ...[...regions, ...tags, ...contributors].map((other) => key(other, facet(one))),
      ...extra.slice(at + 1).map((other) => key(...pairOf(one, other))),
    ]),
  ];
}

const pageFacetKey = (locale: string, one: Facet) => listingKey(locale, kind('page'), facet(one));
/** In one order, whichever comes first. */
const pairOf = (one: Facet, other: Facet) => [facet(one), facet(other)].sort();

/** With any of these values of one custom field. */
export interface WantedExtra {
  fieldId: string;
  values: string[];
}
const facetsOf = ({ fieldId, values }: WantedExtra): Facet[] => values.map((value) => ({ fieldId, value }));

/** For what is left to filters: a story stands in one list of each group. */
export const facetGroups = (locale: string, wanted: readonly WantedExtra[]): bigint[][] =>
  wanted.map((one) =>
    facetsOf(one).flatMap((value) => [listingKey(locale, facet(value)), pageFacetKey(locale, value)]),
  );

/** For what a partner may have: a story stands in one list of each group. Where regions or tags are named, no page does. */
export const entitledGroups = (locale: string, { regionIds, tagIds, kinds }: Entitlements): bigint[][] =>
  [regionIds?.map(region), tagIds?.map(tag), kinds?.map(kind)].flatMap((names) =>
    names ? [names.map((name) => listingKey(locale, name))] : [],
  );

export interface Wanted {
  kinds: Kind[] | null;
  regionIds: string[] | null;
  /** Regions that cover the countries asked for. */
  countryRegionIds: string[] | null;
  tagIds: string[] | null;
  allTagIds: string[] | null;
  contributorIds: string[] | null;
  /** All of them. */
  extra: WantedExtra[];
}

const MOST_PAIRS = 60;

export interface Driver {
  /** Lists that together hold every story wanted. */
  keys: bigint[];
  /** What they do not settle, which is left to filters on their rows. */
  rest: Wanted;
}

/**
 * The lists that may be walked, one of them to be chosen; first the one that is narrow as a rule. What a list is of does not tell how
 * long it is: one tag, contributor or value of a field may be in half of all stories, and another in ten. Only a look at the lists does.
 * Among 120,000 texts, stories with a common and a rare tag took 350 ms by the one and 9 by the other, and more than the 5 s that a
 * statement may take where they had to be read from a disk; a field among 100,000 979 ms and 6.
 */
export function driversOf(locale: string, wanted: Wanted): [Driver, ...Driver[]] {
  const [plain, ...plainOnes] = plainDrivers(locale, wanted);
  const [first = plain, ...others] = wanted.extra.flatMap((_, at) => facetDrivers(locale, wanted, at));
  return wanted.extra.length === 0 ? [plain, ...plainOnes] : [first, ...others, plain, ...plainOnes];
}

function facetDrivers(locale: string, wanted: Wanted, at: number): Driver[] {
  const { kinds, regionIds, countryRegionIds, contributorIds } = wanted;
  const own = wanted.extra[at];
  if (!own) return [];
  const facets = facetsOf(own);
  const rest = { ...wanted, extra: wanted.extra.filter((one) => one !== own) };
  const pairs = (names: string[] | undefined, settled: Partial<Wanted>): Driver[] => {
    if (!names || names.length * facets.length > MOST_PAIRS) return [];
    const keys = facets.flatMap((one) => names.map((name) => listingKey(locale, name, facet(one))));
    return [{ keys, rest: { ...rest, ...settled } }];
  };
  const byKind = pairs(kinds?.map(kind), { kinds: null });
  if (kinds?.includes('page')) return byKind;
  return [
    ...pairs(wanted.tagIds?.map(tag), { tagIds: null }),
    ...(wanted.allTagIds ?? []).flatMap((id) => pairs([tag(id)], {})),
    ...pairs(regionIds?.map(region), { regionIds: null }),
    ...pairs(countryRegionIds?.map(region), { countryRegionIds: null }),
    ...pairs(contributorIds?.map(contributor), { contributorIds: null }),
    ...byKind,
    ...wanted.extra.slice(at + 1).flatMap((other): Driver[] => {
      const others = facetsOf(other);
      if (others.length * facets.length > MOST_PAIRS) return [];
      const keys = facets.flatMap((one) => others.map((two) => listingKey(locale, ...pairOf(one, two))));
      return [{ keys, rest: { ...rest, extra: rest.extra.filter((one) => one !== other) } }];
    }),
    { keys: facets.map((one) => listingKey(locale, facet(one))), rest },
  ];
}

function plainDrivers(locale: string, wanted: Wanted): [Driver, ...Driver[]] {
  const { kinds, regionIds, countryRegionIds, tagIds, allTagIds, contributorIds } = wanted;
  const listsOf = (names: string[] | undefined, settled: Partial<Wanted>): Driver[] =>
    names ? [{ keys: names.map((name) => listingKey(locale, name)), rest: { ...wanted, ...settled } }] : [];
  const byKind = listsOf(kinds?.map(kind), { kinds: null });
  const everything: Driver = { keys: [listingKey(locale)], rest: { ...wanted } };
  if (kinds?.includes('page')) return firstOf(byKind, everything);
  const tagged = [
    ...(tagIds ? [{ ids: tagIds, settled: { tagIds: null } }] : []),
    ...(allTagIds ?? []).map((id) => ({ ids: [id], settled: {} })),
  ];
  // A region with a tag is a list within those of both, which need no look then.
  const pairs = tagged.flatMap(({ ids, settled }): Driver[] => {
    if (!regionIds || regionIds.length * ids.length > MOST_PAIRS) return [];
    const keys = regionIds.flatMap((regionId) => ids.map((id) => listingKey(locale, region(regionId), tag(id))));
    return [{ keys, rest: { ...wanted, ...settled, regionIds: null } }];
  });
  return firstOf(
    [
      ...pairs,
      ...listsOf(contributorIds?.map(contributor), { contributorIds: null }),
      ...(pairs.length < tagged.length ? tagged : []).flatMap(({ ids, settled }) => listsOf(ids.map(tag), settled)),
      ...(pairs.length === 0 ? listsOf(regionIds?.map(region), { regionIds: null }) : []),
      ...listsOf(countryRegionIds?.map(region), { countryRegionIds: null }),
      ...byKind,
    ],
    everything,
  );
}

/** @param other where there is none */
const firstOf = ([first, ...more]: Driver[], other: Driver): [Driver, ...Driver[]] => [first ?? other, ...more];
