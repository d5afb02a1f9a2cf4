// Which walks fill the slots of a front, and in which order: what is pinned, then what is automatic. It asks no database.
import { type Drivers, driversAlong } from '../articles/choosing.ts';
import type { Wanted } from '../articles/listing-keys.ts';
import type { Chain } from '../site/fallback.ts';
import type { Span } from '../trending/spans.ts';
import { isActive } from './content.ts';
import type { FrontDefinition } from './queries.ts';
import type { Slot } from './schemas.ts';
import type { Source } from './sources.ts';

/** One walk: of what is pinned in a slot, or of a list. */
export interface Step {
  /** Index of the slot, from 1. */
  slot: number;
  /** Stories at most, of this step. */
  most: number;
  /** Stories at most, of the slot. */
  size: number;
  /** What is pinned, in order. */
  ids?: string[];
  /** Lists to walk, of all languages of the chain; filling.ts takes the shortest. */
  drivers?: Drivers;
  /** Walk what is read most of these lists in this time, and not what is newest. */
  span?: Span;
  /** Name of the region that it is for. */
  region?: string;
}

type Names = Pick<FrontDefinition, 'regions' | 'tags' | 'contributors'>;

/**
 * What is pinned anywhere goes before all that is automatic: what an editor has put into the fifth slot is not to be taken away by the
 * newest stories of the second. Of a story that is pinned twice, the first slot keeps it.
 */
export function stepsOf(slots: readonly Slot[], names: Names, chain: Chain, now: number): Step[] {
  const pins = slots.flatMap(({ pinned, size }, at): Step[] => {
    const ids = new Set(pinned.filter((pin) => isActive(pin, now)).map(({ articleId }) => articleId));
    return ids.size > 0 ? [{ slot: at + 1, size, most: size, ids: [...ids] }] : [];
  });
  const automatic = slots.flatMap(({ source, size }, at) =>
    walksOf(source, names, chain).map((walk): Step => ({ slot: at + 1, size, most: walk.most ?? size, ...walk })),
  );
  return [...pins, ...automatic];
}

type Walk = Omit<Step, 'slot' | 'size' | 'most'> & { most?: number };

function walksOf(source: Source, names: Names, chain: Chain): Walk[] {
  const regions = new Map(Object.entries(names.regions ?? {}).map(([name, { id }]) => [name, id]));
  if (source.type === 'filter') return walk(source, regions, names, chain);
  // Its lists are settled by keys alone: checking.ts takes no more pairs of regions and tags than have lists of their own.
  if (source.type === 'mostRead') {
    const { window: span = DEFAULT_SPAN, ...filter } = source;
    return walk(filter, regions, names, chain).map((one) => ({ ...one, span }));
  }
  if (source.type !== 'latestPerRegion') return [];
  const most = source.each ?? DEFAULT_EACH;
  return (source.region ?? []).flatMap((region) =>
    walk({ type: 'filter', region: [region] }, regions, names, chain).map((one) => ({ ...one, most, region })),
  );
}
const DEFAULT_EACH = 3;
export const DEFAULT_SPAN = '24h';

/** What names a term that is there no more finds nothing, where all of the names are needed or none is left. */
function walk(source: Source, regions: ReadonlyMap<string, string>, names: Names, chain: Chain): Walk[] {
  const [tags, contributors] = [names.tags, names.contributors].map((ids) => new Map(Object.entries(ids ?? {})));
  const pick = (given: string[] | undefined, ids: ReadonlyMap<string, string> | undefined) =>
    given?.flatMap((name) => ids?.get(name) ?? []) ?? null;
  const wanted: Wanted = {
    kinds: source.kind ?? null,
    regionIds: pick(source.region, regions),
    countryRegionIds: null,
    tagIds: pick(source.tag, tags),
    allTagIds: pick(source.tagAll, tags),
    contributorIds: pick(source.contributor, contributors),
    extra: [],
  };
  const { regionIds, tagIds, allTagIds, contributorIds } = wanted;
  if ([regionIds, tagIds, contributorIds].some((ids) => ids?.length === 0)) return [];
  if (allTagIds && allTagIds.length !== source.tagAll?.length) return [];
  return [{ drivers: driversAlong(chain, wanted) }];
}
