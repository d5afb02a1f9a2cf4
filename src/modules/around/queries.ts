// SQL of what stands around a story: related ones, neighbours in a list, parts of its series. It walks listings by index, a few rows of each.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { LOCALE_OF } from '../site/queries.ts';
import type { TagType } from '../tags/tables.ts';

/** How much a shared tag says, by its type; a tone says nothing of what a story is about. */
const TYPE_WEIGHTS: Readonly<Record<TagType, number>> = {
  series: 3,
  event: 3,
  person: 2,
  organisation: 2,
  place: 1.5,
  topic: 1,
  tone: 0,
};
const REGION_WEIGHT = 1;
/** Tags and regions that are looked at, first ones first. */
const MOST_TAGS = 12;
const MOST_REGIONS = 8;
/** Rows of a list are counted up to here: what is longer is common. 1,000 take 0.1 ms. */
const COMMON = 1_000;
/** Of each list: its newest stories, and those next to the story on either side. */
const NEWEST = 30;
const NEAREST = 10;

/** SQL bigint: listingKey() of articles/listing-keys.ts. */
const keyOf = (locale: string, facet: string) =>
  `('x' || encode(substr(sha256(convert_to(${locale} || '|' || ${facet}, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint`;

/** `$1` is the story and `$2` the locale, as it was given; no row of `story` where it is not public in it. */
const STORY = `w as materialized (select ${LOCALE_OF('$2')} as locale), story as materialized (
    select p.article_id, p.locale, p.published_at, p.tag_ids, p.region_ids, p.related_ids, p.card, p.kind
    from w join published_articles p on p.article_id = $1 and p.locale = w.locale)`;

const weightOfType = `case t.type ${Object.entries(TYPE_WEIGHTS)
  .map(([type, weight]) => `when '${type}' then ${weight}`)
  .join(' ')} end`;
const beside = (beyond: string, direction: string, limit: string) => `(
  select l.article_id from listings l where l.key = f.key and (l.published_at, l.article_id) ${beyond} (s.published_at, s.article_id)
  order by l.published_at ${direction}, l.article_id ${direction} limit ${limit})`;
const newest = (limit: number) => `(
  select l.article_id from listings l where l.key = f.key order by l.published_at desc, l.article_id desc limit ${limit})`;

/**
 * Chosen ones first, in the editor's order. Then by what is shared: each tag and region weighs by its type and the less the more
 * stories have it, and all of it less the further apart the two stories are in time: half at a year. Candidates are at most 50 of
 * each list: three ranges of (key, published_at, article_id). $3 is how many.
 */
const RELATED: Statement = {
  name: 'around_related',
  text: `with ${STORY}, facet as materialized (
      select f.key, f.id, f.weight / log(2 + (select count(*) from (select from listings l where l.key = f.key limit ${COMMON}) x))::float8 as weight
      from (
        select ${keyOf('s.locale', `'tag:' || t.id`)} as key, t.id, ${weightOfType} as weight
        from story s cross join lateral unnest((s.tag_ids)[1:${MOST_TAGS}]) tag(id) join tags t on t.id = tag.id where ${weightOfType} > 0
        union all
        select ${keyOf('s.locale', `'region:' || r.id`)}, r.id, ${REGION_WEIGHT} from story s cross join lateral unnest((s.region_ids)[1:${MOST_REGIONS}]) r(id)
      ) f
    ), chosen as materialized (
      -- Numbered anew: with gaps where one is not public, those found would stand among the chosen or before them.
      select c.id as article_id, row_number() over (order by c.n) as n from story s cross join lateral unnest(s.related_ids) with ordinality c(id, n)
      where c.id <> s.article_id and exists (select from published_articles p where p.article_id = c.id and p.locale = s.locale)
      order by c.n limit $3
    ), candidate as materialized (
      select distinct c.article_id from story s cross join facet f cross join lateral (
        ${newest(NEWEST)} union all ${beside('<', 'desc', String(NEAREST))} union all ${beside('>', 'asc', String(NEAREST))}
      ) c where c.article_id <> s.article_id and c.article_id not in (select article_id from chosen)
    ), ranked as (
      select p.article_id, row_number() over (order by
        (select sum(f.weight) from facet f where f.id = any(p.tag_ids) or f.id = any(p.region_ids))
          / (1 + abs(extract(epoch from p.published_at - s.published_at)) / 31536000)::float8 desc, p.published_at desc, p.article_id desc) as n
      from story s cross join candidate c cross join lateral (
        select p.article_id, p.published_at, p.tag_ids, p.region_ids from published_articles p
        where p.article_id = c.article_id and p.locale = s.locale limit 1
      ) p
    ), taken as (
      select article_id, place from (
        select article_id, n as place from chosen
        union all select article_id, (select count(*) from chosen) + n from ranked
      ) x order by place limit $3
    )
    select w.locale, exists (select from story) as "isPublic", (select count(*)::int from chosen) as chosen,
      (select '[' || coalesce(string_agg(p.card, ',' order by taken.place), '') || ']'
        from taken join published_articles p on p.article_id = taken.article_id and p.locale = w.locale) as items
    from w`,
};

const neighbour = (beyond: string, direction: string) => `(
  select p.card from listings l join published_articles p on p.article_id = l.article_id and p.locale = s.locale
  where l.key = $3 and (l.published_at, l.article_id) ${beyond} (s.published_at, s.article_id)
  order by l.published_at ${direction}, l.article_id ${direction} limit 1)`;
/** Two ranges of one row each. The story need not stand in the list itself: its time says where it would. $3 is the list. */
const ADJACENT: Statement = {
  name: 'around_adjacent',
  text: `with ${STORY}
    select w.locale, s.article_id is not null as "isPublic", ${neighbour('<', 'desc')} as previous, ${neighbour('>', 'asc')} as next
    from w left join story s on true`,
};

/** Series that are looked at. */
const MOST_SERIES = 5;
const partsBeside = (beyond: string, direction: string) => `(
  select l.article_id, l.published_at from listings l where l.key = x.key and (l.published_at, l.article_id) ${beyond} (s.published_at, s.article_id)
  order by l.published_at ${direction}, l.article_id ${direction} limit $3)`;
/**
 * Parts in the order in which they came out. Counting is a range of the list, which is as long as the series; the parts shown are
 * $3 at most on either side of the story, cut to $3 in all. Pages stand in no list.
 */
const SERIES: Statement = {
  name: 'around_series',
  text: `with ${STORY}, series as materialized (
      select x.*, (select count(*) from listings l where l.key = x.key)::int as count,
        (select count(*) from listings l where l.key = x.key and (l.published_at, l.article_id) <= (s.published_at, s.article_id))::int as position
      from story s cross join lateral (
        select tag.n, tag.json, ${keyOf('s.locale', `'tag:' || (tag.json ->> 'id')`)} as key
        from json_array_elements(s.card::json -> 'tags') with ordinality tag(json, n) where tag.json ->> 'type' = 'series' order by n limit ${MOST_SERIES}
      ) x where s.kind <> 'page'
    ), windowed as (
      select x.*, greatest(0, least(x.position - 1 - ($3 - 1) / 2, x.count - $3)) as skipped from series x
    )
    select w.locale, exists (select from story) as "isPublic", (
      select '[' || coalesce(string_agg('{"tag":' || x.json || ',"position":' || x.position || ',"count":' || x.count || ',"parts":' || parts.items || '}', ',' order by x.n), '') || ']'
      from story s cross join windowed x cross join lateral (
        select '[' || coalesce(string_agg('{"position":' || n || ',"article":' || p.card || '}', ',' order by n), '') || ']' as items from (
          select article_id, x.position - row_number() over (order by published_at desc, article_id desc) as n from ${partsBeside('<', 'desc')} b
          union all
          select article_id, x.position - 1 + row_number() over (order by published_at, article_id) from ${partsBeside('>=', 'asc')} a
        ) part join published_articles p on p.article_id = part.article_id and p.locale = s.locale
        where n > x.skipped and n <= x.skipped + $3
      ) parts) as items
    from w`,
};

/** Links on either side that are followed, and stories that are shown of it. */
const MOST_LINKS = 50;
const MOST_LATER = 100;
/**
 * Up by the primary key, down by the index on follows_id, no further than 50 links. Links run through stories that are not public
 * any more; what is shown are those that are.
 */
const CHAIN: Statement = {
  name: 'around_chain',
  text: `with recursive ${STORY}, up as (
      select d.follows_id as id, 1 as depth from story s join developments d on d.article_id = s.article_id
      union all select d.follows_id, up.depth + 1 from up join developments d on d.article_id = up.id where up.depth < ${MOST_LINKS}
    ), down as (
      select d.article_id as id, 1 as depth from story s join developments d on d.follows_id = s.article_id
      union all select d.article_id, down.depth + 1 from down join developments d on d.follows_id = down.id where down.depth < ${MOST_LINKS}
    )
    select w.locale, exists (select from story) as "isPublic",
      (select '[' || coalesce(string_agg(p.card, ',' order by up.depth desc), '') || ']'
        from up join published_articles p on p.article_id = up.id and p.locale = w.locale) as earlier,
      (select '[' || coalesce(string_agg(p.card, ',' order by l.depth, p.published_at, p.article_id), '') || ']'
        from (select * from down limit ${MOST_LATER}) l join published_articles p on p.article_id = l.id and p.locale = w.locale) as later
    from w`,
};

interface Around {
  /** Null where the newsroom has no such locale. */
  locale: string | null;
  isPublic: boolean;
}
export interface Related extends Around {
  /** JSON array of cards. */
  items: string;
  /** So many of the first are the editor's choice. */
  chosen: number;
}
export interface Adjacent extends Around {
  /** JSON of a card. */
  previous: string | null;
  next: string | null;
}
export interface SeriesOf extends Around {
  /** JSON array. */
  items: string;
}

export interface Chain extends Around {
  /** JSON arrays of cards. */
  earlier: string;
  later: string;
}

async function one<Row extends Around>(db: PublicDb, statement: Statement, values: unknown[]): Promise<Row> {
  const [row] = await db.query<Row>(statement, values);
  if (!row) throw new Error('a locale is one row, known or not');
  return row;
}

export const findRelated = (db: PublicDb, id: string, locale: string | null, limit: number) =>
  one<Related>(db, RELATED, [id, locale, limit]);
export const findAdjacent = (db: PublicDb, id: string, locale: string, key: bigint) =>
  one<Adjacent>(db, ADJACENT, [id, locale, String(key)]);
export const findSeriesOf = (db: PublicDb, id: string, locale: string | null, limit: number) =>
  one<SeriesOf>(db, SERIES, [id, locale, limit]);
export const findChain = (db: PublicDb, id: string, locale: string | null) => one<Chain>(db, CHAIN, [id, locale]);
