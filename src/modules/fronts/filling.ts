// Finds the stories of all slots of a front in one statement, so that none stands there twice. It reads only what is published.
// Slots are filled one behind the other by a recursive query: each step walks the index of its lists from the newest story on, past those
// that are taken, until its slot is full. So it reads about as many rows as it shows, whatever the number of slots.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { chooseDrivers } from '../articles/choosing.ts';
import type { Driver, Wanted } from '../articles/listing-keys.ts';
import type { Chain } from '../site/fallback.ts';
import type { Step } from './steps.ts';

export interface Found {
  /** Index of the step, from 0. */
  step: number;
  id: string;
  locale: string;
  /** Ready JSON; null for one that is not public and was let in by `also`. */
  text: string | null;
}

/** The chain of languages; `stage` is a place in it. */
const CHAIN = '((select chain from asked))';
const ROOM = 'least(e.most, e.size - w.used[e.slot])';
const NOT_TAKEN = (id: string) => `${id} <> all(w.taken)`;
// Asked for a value, not by EXISTS: of that the planner may make a table of all stories, as articles/chained.ts found.
const NOT_BETTER = (
  id: string,
) => `(driver.stage = 1 or (select true from published_articles b where b.article_id = ${id}
  and b.locale = any(${CHAIN}[:driver.stage - 1]) limit 1) is null)`;
/** What a walk has found so far goes on to the next language of the same step: there only what stands before its last row is of use. */
const BEYOND = `(l.published_at, l.article_id) > (
  coalesce(case when not e.begins then w.ats[${ROOM}] end, '-infinity'),
  coalesce(case when not e.begins then w.ids[${ROOM}] end, '00000000-0000-0000-0000-000000000000'))`;
// The filter stands behind OR so that it is asked row by row while the index is walked, as in articles/listing.ts.
const MATCHES = `(num_nonnulls(e.kinds, e."regionIds", e."tagIds", e."allTagIds", e."contributorIds") = 0
  or (select true from published_articles p where p.article_id = l.article_id and p.locale = ${CHAIN}[driver.stage]
    and (e.kinds is null or p.kind = any(e.kinds)) and (e."regionIds" is null or p.region_ids && e."regionIds")
    and (e."tagIds" is null or p.tag_ids && e."tagIds") and (e."allTagIds" is null or p.tag_ids @> e."allTagIds")
    and (e."contributorIds" is null or p.contributor_ids && e."contributorIds") limit 1))`;

const PINNED = `select g.id, best.stage, g.place, null::timestamptz as at
  from unnest(e.pins) with ordinality g(id, place) cross join lateral (
    select case when g.id = any((select also from asked)[:]) then 1 else (
      select min(array_position(${CHAIN}, p.locale)) from published_articles p where p.article_id = g.id and p.locale = any(${CHAIN}[:])) end as stage
  ) best where ${NOT_TAKEN('g.id')} and best.stage is not null`;
const MOST_READ = `select m.article_id, m.stage, row_number() over (order by m.score desc, m.article_id), null from (
    select distinct m.article_id, driver.stage, m.score from unnest(e.keys, e.stages) driver(key, stage) cross join lateral (
      select t.article_id, t.score from trending t where t.span = e.span and t.key = driver.key and ${NOT_TAKEN('t.article_id')}
        and exists (select from listings l where l.article_id = t.article_id and l.locale = ${CHAIN}[driver.stage] and l.key = t.key)
        and ${NOT_BETTER('t.article_id')}
      order by t.position limit ${ROOM}
    ) m) m where e.span is not null`;
const NEWEST = `select distinct l.article_id, driver.stage, null::bigint, l.published_at
  from unnest(e.keys, e.stages) driver(key, stage) cross join lateral (
    select l.published_at, l.article_id from listings l
    where l.key = driver.key and ${BEYOND} and ${NOT_TAKEN('l.article_id')} and ${NOT_BETTER('l.article_id')} and ${MATCHES}
    order by l.published_at desc, l.article_id desc limit ${ROOM}
  ) l where e.span is null`;
const SO_FAR = `select b.id, b.stage, null::bigint, b.at from unnest(w.ids, w.stages, w.ats) b(id, stage, at) where not e.begins`;

const ORDER = 'order by x.place, x.at desc, x.id desc';
const fillStatement = (text: 'card' | 'document'): Statement => ({
  name: `front_fill_${text}`,
  // All that is asked stands in one value, of which the planner knows nothing: else it planned anew each time, since it knew more of
  // values than of parameters, and planning took longer than the walk (7 ms of 13 on a busy machine, with 300,000 stories).
  text: `with recursive asked as materialized (
      select * from json_to_record($1::json) as a(chain text[], entries json, slots int, also uuid[], chained boolean)
    ), entries as materialized (
      select e.* from asked cross join json_to_recordset(asked.entries) as e(n int, step int, slot int, size int, most int, begins boolean, ends boolean, pins uuid[],
        keys bigint[], stages int[], span text, kinds text[], "regionIds" uuid[], "tagIds" uuid[], "allTagIds" uuid[], "contributorIds" uuid[])
    ), walk(n, step, ends, taken, used, ids, stages, ats) as (
      select 0, 0, false, '{}'::uuid[], array_fill(0, array[(select slots from asked)]), '{}'::uuid[], '{}'::int[], '{}'::timestamptz[]
      union all
      select e.n, e.step, e.ends, case when e.ends then w.taken || f.ids else w.taken end,
        case when e.ends then w.used[:e.slot - 1] || (w.used[e.slot] + cardinality(f.ids)) || w.used[e.slot + 1:] else w.used end,
        f.ids, f.stages, f.ats
      from walk w join entries e on e.n = w.n + 1 cross join lateral (
        select coalesce(array_agg(x.id ${ORDER}), '{}') as ids, coalesce(array_agg(x.stage ${ORDER}), '{}') as stages,
          coalesce(array_agg(x.at ${ORDER}), '{}') as ats
        from (select * from ((${PINNED}) union all (${MOST_READ}) union all (${SO_FAR}) union all (${NEWEST})) x ${ORDER} limit ${ROOM}) x
      ) f
    )
    select w.step, x.id, ${CHAIN}[x.stage] as locale,
      case when (select chained from asked) then left(p.text, -1) || ',"isFallback":' || (x.stage > 1)::text || '}' else p.text end as text
    from walk w cross join lateral unnest(w.ids, w.stages) with ordinality x(id, stage, place)
    left join lateral (
      select p.${text} as text from published_articles p where p.article_id = x.id and p.locale = ${CHAIN}[x.stage] limit 1) p on true
    where w.ends order by w.n, x.place`,
});

interface Asked {
  text: 'card' | 'document';
  /** Whether each story says if it is in another language than the one asked for. */
  isChained?: boolean;
  /** Stories that are pinned and let in although they are not public: for previews alone. */
  also?: readonly string[];
}

export async function fill(
  db: Pick<PublicDb, 'query'>,
  steps: readonly Step[],
  slots: number,
  chain: Chain,
  { text, isChained = false, also = [] }: Asked,
): Promise<Found[]> {
  if (steps.length === 0) return [];
  const walked = steps.flatMap(({ drivers }) => (drivers ? [drivers] : []));
  const chosen = (await chooseDrivers(db, walked)).values();
  const entries = steps
    .flatMap((step, at) => entriesOf(step, at, step.drivers && chosen.next().value, chain.length))
    .map((entry, at) => ({ ...entry, n: at + 1 }));
  const asked = JSON.stringify({ chain, entries, slots, also, chained: isChained });
  return db.query<Found>(fillStatement(text), [asked]);
}

/** What lists may not settle. */
type Filter = 'kinds' | 'regionIds' | 'tagIds' | 'allTagIds' | 'contributorIds';

/** A row of `entries`: a step, or one language of it. */
interface Entry extends Omit<Step, 'region' | 'drivers' | 'ids'>, Partial<Pick<Wanted, Filter>> {
  step: number;
  begins: boolean;
  ends: boolean;
  pins?: string[];
  keys?: string[];
  /** Of each key, the place of its language in the chain, from 1. */
  stages?: number[];
}

/** What is newest is looked for language by language; what is pinned and what is read most is few enough for all at once. */
function entriesOf(
  { region: _, drivers: __, ids = [], ...step }: Step,
  at: number,
  driver: Driver | undefined,
  languages: number,
): Entry[] {
  const whole = { ...step, step: at, begins: true, ends: true };
  if (!driver) return [{ ...whole, pins: ids }];
  const { kinds, regionIds, tagIds, allTagIds, contributorIds } = driver.rest;
  const lists = driver.keys.map((key, n) => ({
    key: String(key),
    stage: Math.floor((n * languages) / driver.keys.length) + 1,
  }));
  const walk = (some: typeof lists) => ({ keys: some.map(({ key }) => key), stages: some.map(({ stage }) => stage) });
  if (step.span) return [{ ...whole, ...walk(lists) }];
  return Array.from({ length: languages }, (_, index) => ({
    ...whole,
    ...walk(lists.filter(({ stage }) => stage === index + 1)),
    ...{ kinds, regionIds, tagIds, allTagIds, contributorIds },
    begins: index === 0,
    ends: index === languages - 1,
  }));
}
