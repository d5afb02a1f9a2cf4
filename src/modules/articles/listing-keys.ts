// Which lists a story stands in, and which list answers a question: both sides of one key. It knows no SQL.
// A key names one list, such as "en, region R, tag T"; its rows are walked in order by index. Without such rows a pair that
// rarely meets is found by reading one of its lists to the end (16 ms against 0.1 ms among a million stories).
import { hash } from 'node:crypto';
import type { Kind } from './kinds.ts';

/** 64 bits of a digest: among 100,000 lists the chance that any two meet is 3 in 10^10. */
export function listingKey(locale: string, ...facets: string[]): bigint {
  return hash('sha256', [locale, ...facets].join('|'), 'buffer').readBigInt64BE(0);
}

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

/** Every list that a story stands in. Pages stand in that of their kind alone, and of it with each value. */
export function listingKeysOf(locale: string, story: Placement): bigint[] {
  const byKind = listingKey(locale, kind(story.kind));
  if (story.kind === 'page') return [byKind, ...story.extra.map((one) => pageFacetKey(locale, one))];
  return [
    listingKey(locale),
    byKind,
    ...story.regionIds.map((id) => listingKey(locale, region(id))),
    ...story.tagIds.map((id) => listingKey(locale, tag(id))),
    ...story.contributorIds.map((id) => listingKey(locale, contributor(id))),
    ...story.regionIds.flatMap((regionId) =>
      story.tagIds.map((tagId) => listingKey(locale, region(regionId), tag(tagId))),
    ),
    ...story.extra.flatMap((one) => [
      listingKey(locale, facet(one)),
      ...story.tagIds.map((id) => listingKey(locale, tag(id), facet(one))),
      ...story.regionIds.map((id) => listingKey(locale, region(id), facet(one))),
    ]),
  ];
}

const pageFacetKey = (locale: string, one: Facet) => listingKey(locale, kind('page'), facet(one));

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

/** The narrowest lists that together hold every story wanted; what they do not settle is left to filters on their rows. */
export function drivingKeys(locale: string, wanted: Wanted): { keys: bigint[]; rest: Wanted } {
  const rest = { ...wanted };
  const [first, ...others] = wanted.extra;
  const facets = first ? facetsOf(first) : [];
  if (wanted.kinds?.includes('page') && first) {
    const isMixed = wanted.kinds.some((name) => name !== 'page');
    const keys = facets.flatMap((one) => [
      pageFacetKey(locale, one),
      ...(isMixed ? [listingKey(locale, facet(one))] : []),
    ]);
    return { keys, rest: { ...rest, extra: others } };
  }
  if (wanted.kinds?.includes('page')) {
    return { keys: wanted.kinds.map((name) => listingKey(locale, kind(name))), rest: { ...rest, kinds: null } };
  }
  const tagIds = wanted.tagIds ?? wanted.allTagIds?.slice(0, 1);
  const tagsAreSettled = wanted.tagIds ? { tagIds: null } : {};
  if (wanted.regionIds && tagIds && wanted.regionIds.length * tagIds.length <= MOST_PAIRS) {
    const keys = wanted.regionIds.flatMap((regionId) =>
      tagIds.map((tagId) => listingKey(locale, region(regionId), tag(tagId))),
    );
    return { keys, rest: { ...rest, ...tagsAreSettled, regionIds: null } };
  }
  if (wanted.contributorIds) {
    return {
      keys: wanted.contributorIds.map((id) => listingKey(locale, contributor(id))),
      rest: { ...rest, contributorIds: null },
    };
  }
  if (first && tagIds && facets.length * tagIds.length <= MOST_PAIRS) {
    const keys = facets.flatMap((one) => tagIds.map((id) => listingKey(locale, tag(id), facet(one))));
    return { keys, rest: { ...rest, ...tagsAreSettled, extra: others } };
  }
  if (first && wanted.regionIds && facets.length * wanted.regionIds.length <= MOST_PAIRS) {
    const keys = facets.flatMap(
      (one) => wanted.regionIds?.map((id) => listingKey(locale, region(id), facet(one))) ?? [],
    );
    return { keys, rest: { ...rest, regionIds: null, extra: others } };
  }
  if (first) return { keys: facets.map((one) => listingKey(locale, facet(one))), rest: { ...rest, extra: others } };
  if (tagIds) return { keys: tagIds.map((id) => listingKey(locale, tag(id))), rest: { ...rest, ...tagsAreSettled } };
  if (wanted.regionIds)
    return { keys: wanted.regionIds.map((id) => listingKey(locale, region(id))), rest: { ...rest, regionIds: null } };
  if (wanted.countryRegionIds) {
    return {
      keys: wanted.countryRegionIds.map((id) => listingKey(locale, region(id))),
      rest: { ...rest, countryRegionIds: null },
    };
  }
  if (wanted.kinds)
    return { keys: wanted.kinds.map((name) => listingKey(locale, kind(name))), rest: { ...rest, kinds: null } };
  return { keys: [listingKey(locale)], rest };
}
