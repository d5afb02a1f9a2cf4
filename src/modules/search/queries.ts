// SQL of search: one statement finds a page, ranks it and tells where its words stand; one surveys the hits. Drafts are out of reach.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Bounds } from '../articles/page-request.ts';
import { localeChain } from '../site/fallback.ts';
import type { TermText } from './parsing.ts';
import { NARROW, nextWindow, type Window } from './windows.ts';

/** What is sought in one language. */
export interface Sought {
  locale: string;
  configuration: string;
  /** Any of these groups, each with all of its terms; `loose` has the words of phrases in any order. */
  terms: TermText[][];
  loose: TermText[][];
  /** Whether words stand for themselves as well, and not only for what has their stem. */
  exact: boolean;
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
  /** Null for all but pages. */
  kinds: readonly string[] | null;
  bounds: Bounds;
  hasPhrase: boolean;
  /** Whether titles and standfirsts are sought alone, for whoever may not read the rest. */
  headsOnly: boolean;
  hasBeginnings: boolean;
}

/** So many hits are ranked and counted, the newest ones: a common word has a hundred thousand, and to rank all takes a second. */
export const MOST_HITS = 1_000;
/** So many stories that have all words of a phrase are looked into for their order, the newest ones: an index does not know it. */
const MOST_PHRASES = 3_000;
/** So few hits that another spelling may have been meant. */
export const LITTLE = 3;
/** In which the rank of a story halves. */
const HALF_LIFE_DAYS = 365;
const DECAY = (HALF_LIFE_DAYS * 86_400) / Math.LN2;

// $1 what is sought, $2 and $3 accents, $4 marks, $5.. bounds, $10 windows, $11 kinds, $12 whether phrases are sought.
// Of a query that is stop words or negations alone, nearly everything would be an answer: querytree() tells them.
// A word is sought by its stem and as it is: stemmers take the last letter from cafe and leave it to café, and of two endings one at a time.
// Each term by itself: of "resume running" a story may have the one word as it is and the other by its stem.
const stems = (
  groups: string,
) => `(select string_agg(query, ' | ')::tsquery from jsonb_array_elements(${groups}) g(terms) cross join lateral (
      select string_agg(case when negated then '!(' else '(' end || stem || case when x.exact then ' | ' || translate(to_tsquery('simple', text)::text, $2, $3) else '' end || ')', ' & ') as query
      from jsonb_to_recordset(g.terms) as t(text text, negated boolean)
      cross join lateral (select translate(to_tsquery(x.configuration::regconfig, text)::text, $2, $3) as stem offset 0) s where stem <> '') q)`;
const ASKED = `per_locale as materialized (
    select x.*, ${stems('x.terms')} as query, ${stems('x.loose')} as wide,
      tsvector_to_array(translate(to_tsvector(x.configuration::regconfig, x.words)::text, $2, $3)::tsvector)
        || string_to_array(translate(x.words, $2, $3), ' ') as lexemes
    from jsonb_to_recordset($1::jsonb) as x(locale text, configuration text, terms jsonb, loose jsonb, exact boolean, scope text, words text, prefixes text[])
  ), asked as materialized (
    select case when $4::text is null then query else query && $4::tsquery end as query, case when $4 is null then bare else bare && $4::tsquery end as bare
    from (
      select string_agg(format('(%s) & %s', wide, scope), ' | ')::tsquery as query,
        case when count(*) = 1 then min(wide::text)::tsquery end as bare
      from per_locale where querytree(wide) not in ('', 'T')) q
  )`;
const BOUNDS = `d.published_at >= coalesce($5::timestamptz, '-infinity') and d.published_at < coalesce($6::timestamptz, 'infinity')
  and d.updated_at >= coalesce($7::timestamptz, '-infinity') and ($8::uuid[] is null or d.article_id = any($8)) and ($9::uuid[] is null or d.article_id <> all($9))
  and d.locale = any(asked.locales) and case when $11::text[] is null then d.kind <> 'page' else d.kind = any($11) end`;

/**
 * Rows are named by ctid: carried along, a row would be unpacked with its vector. Where one language is sought, the narrow windows do
 * without its mark: to look up the half of all stories costs more than to pass over those of other languages (7 ms among a million).
 * The window is a condition of its own and not one more word of the query: in one query, the index checks the query for each story of
 * the window. Two words in one region in nine months of a million took 31 ms and take 5, in five years 25 and 13.
 */
const found = (limit: string, { order = 'desc', keyset = '' } = {}) => {
  const within = (window: string) =>
    `select d.ctid, d.published_at, d.article_id from search_documents d where d.vector @@ asked.query and ${window} and ${BOUNDS} ${keyset}`;
  return `${ASKED}, walk(n, size, hits) as (
    select 0, 0, null::tid[]
    union all
    select next.n, coalesce(cardinality(x.hits), 0), x.hits from walk cross join lateral (
      select ${nextWindow('walk', limit, '$10::text[]')} as n offset 0
    ) next cross join lateral (
      select case when next.n <= ${NARROW} and ($10::text[])[next.n][1] <> '' and bare is not null then bare else query end as query,
        (select array_agg(locale) from per_locale) as locales, nullif(($10::text[])[next.n][1], '')::tsquery as in_window from asked
    ) asked cross join lateral (
      select array_agg(h.ctid) as hits from (
        select ctid from (${within('asked.in_window is null')} union all ${within('d.vector @@ asked.in_window')}) d
        order by published_at ${order}, article_id ${order} limit ${limit}) h) x
    where walk.n < array_length($10::text[], 1) and walk.size < ${limit} and asked.query is not null
  ), found as materialized (select size, hits from walk order by n desc limit 1)`;
};

/** The newest hits, and among those that have the words of a phrase the ones that have the phrase. */
const NEWEST_HITS = `${found(`(case when $12::boolean then ${MOST_PHRASES} else ${MOST_HITS} end + 1)`)}, exact as materialized (
    select h.ctid, n from found cross join unnest(found.hits) with ordinality h(ctid, n)
    where not $12 or exists (select from search_documents d join per_locale s on s.locale = d.locale where d.ctid = h.ctid and d.vector @@ s.query)
    order by n limit ${MOST_HITS} + 1
  ), sized as materialized (
    select count(*)::int as size, $12 and (select size from found) > ${MOST_PHRASES} or count(*) > ${MOST_HITS} as cut from exact
  ), hits as (select d.*, d.ctid as place from (select ctid from exact order by n limit ${MOST_HITS}) x join search_documents d on d.ctid = x.ctid)`;

/**
 * Where the words of a story stand that were sought, with the weights of their parts. What each of its two hundred
 * lexemes is compared with is made once for all: made anew for each, it was a fifth of what a page of hits costs Postgres.
 */
const PLACES = `(select coalesce(json_agg(json_build_array(place, weight)), '[]') from (
    select u.positions[at] as place, u.weights[at] as weight from unnest(d.vector) u cross join lateral generate_subscripts(u.positions, 1) at
    where u.lexeme = any(s.lexemes) or (s.prefixes <> '{}' and exists (select from unnest(s.prefixes) prefix where starts_with(u.lexeme, prefix)))
    order by 1 limit 2000) p)::text`;
const ROW = `p.card, p.article_id as id, p.locale, p.modified_at as "modifiedAt", p.document::json #>> '{body,text}' as body, ${PLACES} as places`;
const SHOWN = `join search_documents d on d.ctid = page.ctid join published_articles p on p.article_id = d.article_id and p.locale = d.locale
    join per_locale s on s.locale = d.locale`;

const beyond = (column: string, backward: boolean, start: string) => {
  const [order, sign, infinity, id] = backward
    ? ['asc', '>', '-infinity', '00000000-0000-0000-0000-000000000000']
    : ['desc', '<', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
  return {
    order,
    keyset: `(${column}, article_id) ${sign} (coalesce($13::${start}, '${infinity}'), coalesce($14::uuid, '${id}'))`,
  };
};

/** All hits, walked by time from page to page. */
const newest = (text: string, backward: boolean): Statement => {
  const { order, keyset } = beyond('published_at', backward, 'timestamptz');
  return {
    name: `search_newest_${backward ? 'back' : 'on'}_${text}`,
    isPlannedAnew: true,
    isLong: true,
    text: `with recursive ${found(`greatest($15::int + 1, ${LITTLE})`, { order, keyset: `and ${keyset}` })}, page as (
        select ctid, n from found cross join unnest(found.hits) with ordinality h(ctid, n) where n <= $15
      )
      select (select size from found) as size, false as cut, extract(epoch from d.published_at) * 1000 as at, ${ROW.replace('p.card', `p.${text} as card`)}
      from page ${SHOWN} where not $12::boolean order by page.n`,
  };
};

// ln(rank) + time / decay stands in the same order as rank x e^(-age / decay) at any moment: what is asked later has the same pages.
// Of heads alone, the rank is that of a document without a body: ts_rank heeds no weights that a query names, and takes the length of all.
const scores = (headsOnly: boolean) => ({
  relevance: `round((ln(greatest(ts_rank('{0,0.15,0.45,1}', ${headsOnly ? "ts_filter(d.vector, '{a,b}')" : 'd.vector'}, s.query, 1), 1e-6)) + extract(epoch from d.published_at) / ${Math.round(DECAY)})::numeric, 6)`,
  '-publishedAt': 'round(extract(epoch from d.published_at) * 1000)',
});
/** The newest hits, put in an order. */
const ordered = (sort: SearchPageRequest['sort'], text: string, backward: boolean, headsOnly: boolean): Statement => {
  const { order, keyset } = beyond('score', backward, 'numeric');
  return {
    name: `search_${sort === 'relevance' ? 'ranked' : 'phrases'}_${backward ? 'back' : 'on'}_${text}${headsOnly ? '_heads' : ''}`,
    isPlannedAnew: true,
    isLong: true,
    text: `with recursive ${NEWEST_HITS}, scored as materialized (
        select d.place as ctid, d.article_id, ${scores(headsOnly)[sort]} as score from hits d join per_locale s on s.locale = d.locale
      ), page as (
        select ctid, score, row_number() over (order by score ${order}, article_id ${order}) as n from scored
        where ${keyset} order by score ${order}, article_id ${order} limit $15::int + 1
      )
      select sized.size, sized.cut, page.score as at, ${ROW.replace('p.card', `p.${text} as card`)}
      from page ${SHOWN} cross join sized order by page.n`,
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
  /** Of hits, as far as was looked; there may be more where it was cut. */
  size: number;
  cut: boolean;
}
export interface SearchPageRequest {
  sort: 'relevance' | '-publishedAt';
  /** Of the hits that are ranked, all; of a walk by time, those from where it begins. */
  windows: Window[];
  after: [number | string, string] | null;
  backward: boolean;
  limit: number;
  text: 'card' | 'document';
}

const valuesOf = ({ sought, from, to, filter, kinds, bounds, hasPhrase }: Search, windows: Window[]): unknown[] => [
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
  kinds,
  hasPhrase,
];

/** In the order of the list, whichever way it was walked. */
export async function searchStories(db: PublicDb, search: Search, request: SearchPageRequest): Promise<SearchPage> {
  const { sort, windows, after, backward, limit, text } = request;
  const byTime = sort === '-publishedAt';
  const walked = byTime && !search.hasPhrase;
  const start = walked ? after && new Date(Number(after[0])).toISOString() : (after?.[0] ?? null);
  const rows = await db.query<
    Omit<Hit, 'position'> & { size: number; cut: boolean; at: string; [column: string]: unknown }
  >(walked ? newest(text, backward) : ordered(sort, text, backward, search.headsOnly), [
    ...valuesOf(search, windows),
    start,
    after?.[1] ?? null,
    limit,
  ]);
  const { size, cut } = rows[0] ?? { size: 0, cut: false };
  const hits = rows.slice(0, limit).map(({ size: _, cut: __, at, ...hit }): Hit => {
    return { ...hit, position: [byTime ? Math.round(Number(at)) : at, hit.id] };
  });
  return { hits: backward ? hits.reverse() : hits, more: walked ? size > limit : rows.length > limit, size, cut };
}

export const FACETS = ['region', 'tag', 'kind', 'year'] as const;
export type Facet = (typeof FACETS)[number];
/** The fullest ones. */
const MOST_VALUES = 20;

const terms = (table: string, texts: string, column: string) => `(
  select coalesce(json_agg(json_build_object('id', t.id, 'key', t.key, 'name', coalesce((select x.name from ${texts} x
      where x.term_id = t.id order by array_position(c.chain, x.locale), x.locale collate "C" limit 1), t.key), 'count', g.count) order by g.count desc, t.key), '[]')
  from (select id, count(*)::int as count from hits, unnest(hits.${column}) id group by id order by count desc, id limit ${MOST_VALUES}) g
  join ${table} t on t.id = g.id cross join (select ${localeChain('$13::text')} as chain) c)`;
const values = (expression: string, order: string) => `(
  select coalesce(json_agg(json_build_object('value', value, 'count', count) order by ${order}), '[]')
  from (select ${expression} as value, count(*)::int as count from hits group by 1 order by ${order} limit ${MOST_VALUES}) g)`;
const SURVEY: Statement = {
  name: 'search_survey',
  isPlannedAnew: true,
  isLong: true,
  text: `with recursive ${NEWEST_HITS}
    select sized.size, sized.cut,
      case when 'region' = any($14::text[]) then ${terms('regions', 'region_texts', 'region_ids')} end as region,
      case when 'tag' = any($14) then ${terms('tags', 'tag_texts', 'tag_ids')} end as tag,
      case when 'kind' = any($14) then ${values('kind', 'count desc, value')} end as kind,
      case when 'year' = any($14) then ${values("extract(year from published_at at time zone 'UTC')::int", 'value desc')} end as year
    from sized`,
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
  size: number;
  cut: boolean;
  region: TermFacet[] | null;
  tag: TermFacet[] | null;
  kind: ValueFacet<string>[] | null;
  year: ValueFacet<number>[] | null;
}

/** How many hits there are, and how they are spread, among the newest. */
export async function surveyHits(
  db: PublicDb,
  search: Search,
  windows: Window[],
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
