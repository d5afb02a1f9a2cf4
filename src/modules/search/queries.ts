// SQL of search: one statement finds a page, ranks it and tells where its words stand; one surveys the hits. Drafts are out of reach.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Bounds } from '../articles/listing.ts';
import { localeChain } from '../site/fallback.ts';

/** What is sought in one language. */
export interface Sought {
  locale: string;
  configuration: string;
  /** For to_tsquery. */
  text: string;
  /** Query of marks: stories that are read in this language. */
  scope: string;
  /** The words that have to be there, and how those begin that have no stemmer. */
  words: string;
  prefixes: string[];
}
export interface Search {
  sought: Sought[];
  /** Accents of the words above. */
  from: string;
  to: string;
  /** Query of marks, or null. */
  filter: string | null;
  bounds: Bounds;
}

/** So many hits are ranked and counted, the newest ones: a common word has a hundred thousand, and to rank all takes a second. */
export const MOST_HITS = 1_000;
/** In which the rank of a story halves. */
const HALF_LIFE_DAYS = 365;
const DECAY = (HALF_LIFE_DAYS * 86_400) / Math.LN2;

// $1 what is sought, $2 and $3 accents, $4 marks, $5.. bounds, $10 windows.
// Of a query that is stop words or negations alone, nearly everything would be an answer: querytree() tells them.
const ASKED = `per_locale as materialized (
    select x.*, translate(to_tsquery(x.configuration::regconfig, x.text)::text, $2, $3)::tsquery as query
    from jsonb_to_recordset($1::jsonb) as x(locale text, configuration text, text text, scope text, words text, prefixes text[])
  ), asked as materialized (
    select case when $4::text is null then q.query else q.query && $4::tsquery end as query from (
      select string_agg(format('(%s) & %s', query, scope), ' | ')::tsquery as query
      from per_locale where querytree(query) not in ('', 'T')) q
  )`;
const BOUNDS = `d.published_at >= coalesce($5::timestamptz, '-infinity') and d.published_at < coalesce($6::timestamptz, 'infinity')
  and d.updated_at >= coalesce($7::timestamptz, '-infinity') and ($8::uuid[] is null or d.article_id = any($8)) and ($9::uuid[] is null or d.article_id <> all($9))`;

/** Rows are named by ctid: carried along, a row would be unpacked with its vector. */
const found = (limit: string, { order = 'desc', keyset = '' } = {}) => `${ASKED}, walk(n, size, hits) as (
    select 0, 0, null::tid[]
    union all
    select walk.n + 1, coalesce(cardinality(x.hits), 0), x.hits from walk cross join asked cross join lateral (
      select array_agg(h.ctid) as hits from (
        select d.ctid from search_documents d
        where d.vector @@ (case when ($10::text[])[walk.n + 1] = '' then asked.query else asked.query && ($10::text[])[walk.n + 1]::tsquery end)
          and ${BOUNDS} ${keyset}
        order by d.published_at ${order}, d.article_id ${order} limit ${limit}) h) x
    where walk.n < cardinality($10::text[]) and walk.size < ${limit} and asked.query is not null
  ), found as materialized (select size, hits from walk order by n desc limit 1)`;

/** Where the words of a story stand that were sought, with the weights of their parts. */
const PLACES = `(select coalesce(json_agg(json_build_array(place, weight)), '[]') from (
    select u.positions[at] as place, u.weights[at] as weight from unnest(d.vector) u cross join lateral generate_subscripts(u.positions, 1) at
    where u.lexeme = any(tsvector_to_array(translate(to_tsvector(s.configuration::regconfig, s.words)::text, $2, $3)::tsvector))
      or exists (select from unnest(s.prefixes) prefix where starts_with(u.lexeme, prefix))
    order by 1 limit 2000) p)::text`;
const ROW = `p.card, p.article_id as id, p.locale, p.modified_at as "modifiedAt", p.document::json -> 'body' ->> 'text' as body, ${PLACES} as places`;
const SHOWN = `join search_documents d on d.ctid = page.ctid join published_articles p on p.article_id = d.article_id and p.locale = d.locale
    join per_locale s on s.locale = d.locale`;

const newest = (text: string, backward: boolean): Statement => {
  const [order, beyond, start, id] = backward
    ? ['asc', '>', '-infinity', '00000000-0000-0000-0000-000000000000']
    : ['desc', '<', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
  const keyset = `and (d.published_at, d.article_id) ${beyond} (coalesce($11::timestamptz, '${start}'), coalesce($12::uuid, '${id}'))`;
  return {
    name: `search_newest_${backward ? 'back' : 'on'}_${text}`,
    text: `with recursive ${found('($13::int + 1)', { order, keyset })}, page as (
        select ctid, n from found cross join unnest(found.hits) with ordinality h(ctid, n) where n <= $13
      )
      select (select size from found) as size, extract(epoch from d.published_at) * 1000 as at, ${ROW.replace('p.card', `p.${text} as card`)}
      from page ${SHOWN} order by page.n`,
  };
};

// ln(rank) + time / decay stands in the same order as rank x e^(-age / decay) at any moment: what is asked later has the same pages.
const SCORE = `round((ln(greatest(ts_rank('{0,0.15,0.45,1}', d.vector, s.query, 1), 1e-6)) + extract(epoch from d.published_at) / ${Math.round(DECAY)})::numeric, 6)`;
const ranked = (text: string, backward: boolean): Statement => {
  const [order, beyond, start, id] = backward
    ? ['asc', '>', '-infinity', '00000000-0000-0000-0000-000000000000']
    : ['desc', '<', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
  return {
    name: `search_ranked_${backward ? 'back' : 'on'}_${text}`,
    text: `with recursive ${found(`(${MOST_HITS} + 1)`)}, ranked as materialized (
        select d.ctid, d.article_id, ${SCORE} as score
        from found cross join unnest(found.hits[:${MOST_HITS}]) h(ctid) join search_documents d on d.ctid = h.ctid join per_locale s on s.locale = d.locale
      ), page as (
        select ctid, score, row_number() over (order by score ${order}, article_id ${order}) as n from ranked
        where (score, article_id) ${beyond} (coalesce($11::numeric, '${start}'), coalesce($12::uuid, '${id}'))
        order by score ${order}, article_id ${order} limit $13::int + 1
      )
      select (select size from found) as size, page.score as at, ${ROW.replace('p.card', `p.${text} as card`)}
      from page ${SHOWN} order by page.n`,
  };
};

export interface Hit {
  id: string;
  locale: string;
  /** JSON object: card or document. */
  card: string;
  modifiedAt: Date;
  /** Plain text of its body. */
  body: string;
  /** JSON: place and weight of each word that was sought. */
  places: string;
  position: [number | string, string];
}
export interface SearchPage {
  hits: Hit[];
  more: boolean;
  /** Of hits, as far as was looked. */
  size: number;
}
export interface SearchPageRequest {
  sort: 'relevance' | '-publishedAt';
  /** Of the hits that are ranked, all; of a walk by time, those from where it begins. */
  windows: string[];
  after: [number | string, string] | null;
  backward: boolean;
  limit: number;
  text: 'card' | 'document';
}

const valuesOf = ({ sought, from, to, filter, bounds }: Search, windows: string[]): unknown[] => [
  JSON.stringify(sought),
  from,
  to,
  filter,
  bounds.publishedAfter,
  bounds.publishedBefore,
  bounds.updatedAfter,
  bounds.ids,
  bounds.excludeIds,
  windows,
];

/** In the order of the list, whichever way it was walked. */
export async function searchStories(db: PublicDb, search: Search, request: SearchPageRequest): Promise<SearchPage> {
  const { sort, windows, after, backward, limit, text } = request;
  const byTime = sort === '-publishedAt';
  const start = byTime ? after && new Date(Number(after[0])).toISOString() : (after?.[0] ?? null);
  const rows = await db.query<Omit<Hit, 'position'> & { size: number; at: string; [column: string]: unknown }>(
    byTime ? newest(text, backward) : ranked(text, backward),
    [...valuesOf(search, windows), start, after?.[1] ?? null, limit],
  );
  const size = rows[0]?.size ?? 0;
  const hits = rows.slice(0, limit).map(({ size: _, at, ...hit }): Hit => {
    return { ...hit, position: [byTime ? Math.round(Number(at)) : at, hit.id] };
  });
  return { hits: backward ? hits.reverse() : hits, more: byTime ? size > limit : rows.length > limit, size };
}

export const FACETS = ['region', 'tag', 'kind', 'year'] as const;
export type Facet = (typeof FACETS)[number];
/** The fullest ones. */
const MOST_VALUES = 20;

const terms = (table: string, texts: string, column: string) => `(
  select coalesce(json_agg(json_build_object('id', t.id, 'key', t.key, 'name', coalesce((select x.name from ${texts} x
      where x.term_id = t.id order by array_position(c.chain, x.locale), x.locale collate "C" limit 1), t.key), 'count', g.count) order by g.count desc, t.key), '[]')
  from (select id, count(*)::int as count from hits, unnest(hits.${column}) id group by id order by count desc, id limit ${MOST_VALUES}) g
  join ${table} t on t.id = g.id cross join (select ${localeChain('$11::text')} as chain) c)`;
const values = (expression: string, order: string) => `(
  select coalesce(json_agg(json_build_object('value', value, 'count', count) order by ${order}), '[]')
  from (select ${expression} as value, count(*)::int as count from hits group by 1 order by ${order} limit ${MOST_VALUES}) g)`;
const SURVEY: Statement = {
  name: 'search_survey',
  text: `with recursive ${found(`(${MOST_HITS} + 1)`)}, hits as (
      select d.region_ids, d.tag_ids, d.kind, extract(year from d.published_at at time zone 'UTC')::int as year
      from found cross join unnest(found.hits[:${MOST_HITS}]) h(ctid) join search_documents d on d.ctid = h.ctid
    )
    select (select size from found) as size,
      case when 'region' = any($12::text[]) then ${terms('regions', 'region_texts', 'region_ids')} end as region,
      case when 'tag' = any($12) then ${terms('tags', 'tag_texts', 'tag_ids')} end as tag,
      case when 'kind' = any($12) then ${values('kind', 'count desc, value')} end as kind,
      case when 'year' = any($12) then ${values('year', 'value desc')} end as year`,
};

export interface TermFacet {
  id: string;
  key: string;
  name: string;
  count: number;
}
export interface ValueFacet<T> {
  value: T;
  count: number;
}
export interface Survey {
  /** Up to one more than are counted. */
  size: number;
  region: TermFacet[] | null;
  tag: TermFacet[] | null;
  kind: ValueFacet<string>[] | null;
  year: ValueFacet<number>[] | null;
}

/** How many hits there are, and how they are spread, among the newest. */
export async function surveyHits(
  db: PublicDb,
  search: Search,
  windows: string[],
  locale: string,
  facets: readonly Facet[],
): Promise<Survey> {
  const [row] = await db.query<Survey & Record<string, unknown>>(SURVEY, [
    ...valuesOf(search, windows),
    locale,
    facets,
  ]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
