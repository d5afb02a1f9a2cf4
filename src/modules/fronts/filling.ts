// Finds the stories of all slots of a front in one statement, so that none stands there twice. It reads only what is published.
// Slots are filled one behind the other by a recursive query: each step walks the index of its lists from the newest story on, past those
// that are taken, until its slot is full. So it reads about as many rows as it shows, whatever the number of slots.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { driversOf, type Wanted } from '../articles/listing-keys.ts';
import type { Span } from '../trending/spans.ts';
import { isActive } from './content.ts';
import type { FrontDefinition } from './queries.ts';
import type { Slot, Source } from './schemas.ts';

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
  /** Lists to walk, and what of the filter they do not settle. */
  keys?: string[];
  /** Walk what is read most of these lists in this time, and not what is newest. */
  span?: Span;
  kinds?: string[] | null;
  regionIds?: string[] | null;
  tagIds?: string[] | null;
  allTagIds?: string[] | null;
  contributorIds?: string[] | null;
  /** Name of the region that it is for. */
  region?: string;
}

type Names = Pick<FrontDefinition, 'regions' | 'tags' | 'contributors'>;

/**
 * What is pinned anywhere goes before all that is automatic: what an editor has put into the fifth slot is not to be taken away by the
 * newest stories of the second. Of a story that is pinned twice, the first slot keeps it.
 */
export function stepsOf(slots: readonly Slot[], names: Names, locale: string, now: number): Step[] {
  const pins = slots.flatMap(({ pinned, size }, at): Step[] => {
    const ids = new Set(pinned.filter((pin) => isActive(pin, now)).map(({ articleId }) => articleId));
    return ids.size > 0 ? [{ slot: at + 1, size, most: size, ids: [...ids] }] : [];
  });
  const automatic = slots.flatMap(({ source, size }, at) =>
    walksOf(source, names, locale).map((walk): Step => ({ slot: at + 1, size, most: walk.most ?? size, ...walk })),
  );
  return [...pins, ...automatic];
}

type Walk = Omit<Step, 'slot' | 'size' | 'most'> & { most?: number };

function walksOf(source: Source, names: Names, locale: string): Walk[] {
  const regions = new Map(Object.entries(names.regions ?? {}).map(([name, { id }]) => [name, id]));
  if (source.type === 'filter') return walk(source, regions, names, locale);
  // Its lists are settled by keys alone: checking.ts takes no more pairs of regions and tags than have lists of their own.
  if (source.type === 'mostRead') {
    const { window: span = DEFAULT_SPAN, ...filter } = source;
    return walk(filter, regions, names, locale).map(({ keys = [] }) => ({ keys, span }));
  }
  if (source.type !== 'latestPerRegion') return [];
  const most = source.each ?? DEFAULT_EACH;
  return (source.region ?? []).flatMap((region) =>
    walk({ type: 'filter', region: [region] }, regions, names, locale).map((one) => ({ ...one, most, region })),
  );
}
const DEFAULT_EACH = 3;
export const DEFAULT_SPAN = '24h';

/** What names a term that is there no more finds nothing, where all of the names are needed or none is left. */
function walk(source: Source, regions: ReadonlyMap<string, string>, names: Names, locale: string): Walk[] {
  const [tags, contributors] = [names.tags, names.contributors].map((ids) => new Map(Object.entries(ids ?? {})));
  const pick = (given: string[] | undefined, ids: ReadonlyMap<string, string> | undefined) =>
    given?.flatMap((name) => ids?.get(name) ?? []) ?? null;
  const allTagIds = pick(source.tagAll, tags);
  const wanted: Wanted = {
    kinds: source.kind ?? null,
    regionIds: pick(source.region, regions),
    countryRegionIds: null,
    tagIds: pick(source.tag, tags),
    allTagIds,
    contributorIds: pick(source.contributor, contributors),
    extra: [],
  };
  const { regionIds, tagIds, contributorIds } = wanted;
  if ([regionIds, tagIds, contributorIds].some((ids) => ids?.length === 0)) return [];
  if (allTagIds && allTagIds.length !== source.tagAll?.length) return [];
  const [{ keys, rest }] = driversOf(locale, wanted);
  return [
    {
      keys: keys.map(String),
      kinds: rest.kinds,
      regionIds: rest.regionIds,
      tagIds: rest.tagIds,
      allTagIds: rest.allTagIds,
      contributorIds: rest.contributorIds,
    },
  ];
}

export interface Found {
  /** Index of the step, from 0. */
  step: number;
  id: string;
  /** Ready JSON; null for one that is not public and was let in by `also`. */
  text: string | null;
  [column: string]: unknown;
}

const ROOM = 'least(s.most, s.size - w.used[s.slot])';
const NOT_TAKEN = (id: string) => `${id} <> all(w.taken)`;
// The filter stands behind OR and EXISTS so that it is asked row by row while the index is walked, as in articles/listing.ts.
const fillStatement = (text: 'card' | 'document'): Statement => ({
  name: `front_fill_${text}`,
  text: `with recursive steps as materialized (
      select * from json_to_recordset($2::json) as s(n int, slot int, size int, most int, ids uuid[], keys bigint[], span text, kinds text[],
        "regionIds" uuid[], "tagIds" uuid[], "allTagIds" uuid[], "contributorIds" uuid[])
    ), walk(n, taken, used, picked) as (
      select 0, '{}'::uuid[], array_fill(0, array[$3::int]), '{}'::uuid[]
      union all
      select s.n, w.taken || p.picked, w.used[:s.slot - 1] || (w.used[s.slot] + cardinality(p.picked)) || w.used[s.slot + 1:], p.picked
      from walk w join steps s on s.n = w.n + 1 cross join lateral (select array(
        select x.id from (
          (select g.id, g.place, null::timestamptz as at from unnest(s.ids) with ordinality g(id, place)
            where ${NOT_TAKEN('g.id')} and (g.id = any($4::uuid[])
              or exists (select from published_articles p where p.article_id = g.id and p.locale = $1)))
          union all
          (select m.article_id, row_number() over (order by m.score desc, m.article_id), null from (
            select distinct m.article_id, m.score from unnest(s.keys) driver(key) cross join lateral (
              select t.article_id, t.score from trending t where t.span = s.span and t.key = driver.key and ${NOT_TAKEN('t.article_id')}
                and exists (select from listings l where l.article_id = t.article_id and l.locale = $1 and l.key = t.key)
              order by t.position limit ${ROOM}
            ) m) m where s.span is not null)
          union all
          (select distinct l.article_id, null::bigint, l.published_at from unnest(s.keys) driver(key) cross join lateral (
            select l.published_at, l.article_id from listings l
            where l.key = driver.key and ${NOT_TAKEN('l.article_id')}
              and (num_nonnulls(s.kinds, s."regionIds", s."tagIds", s."allTagIds", s."contributorIds") = 0
                or exists (select from published_articles p where p.article_id = l.article_id and p.locale = $1
                  and (s.kinds is null or p.kind = any(s.kinds)) and (s."regionIds" is null or p.region_ids && s."regionIds")
                  and (s."tagIds" is null or p.tag_ids && s."tagIds") and (s."allTagIds" is null or p.tag_ids @> s."allTagIds")
                  and (s."contributorIds" is null or p.contributor_ids && s."contributorIds")))
            order by l.published_at desc, l.article_id desc limit ${ROOM}
          ) l where s.span is null)
        ) x order by x.place, x.at desc, x.id desc limit ${ROOM}) as picked) p
    )
    select w.n - 1 as step, x.id, p.text from walk w cross join unnest(w.picked) with ordinality x(id, place)
    left join lateral (select p.${text} as text from published_articles p where p.article_id = x.id and p.locale = $1 limit 1) p on true
    order by w.n, x.place`,
});

/** @param also stories that are pinned and let in although they are not public: for previews alone */
export async function fill(
  db: Pick<PublicDb, 'query'>,
  steps: readonly Step[],
  slots: number,
  locale: string,
  { text, also = [] }: { text: 'card' | 'document'; also?: readonly string[] },
): Promise<Found[]> {
  if (steps.length === 0) return [];
  const numbered = steps.map(({ region: _, ...step }, at) => ({ ...step, n: at + 1 }));
  return db.query<Found>(fillStatement(text), [locale, JSON.stringify(numbered), slots, also]);
}
