// SQL that finds what a search hits: the stories of a query, the newest of them first, window after window. It answers none of them.
import type { Bounds } from '../articles/page-request.ts';
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
  /** Whether no other language is asked for: its mark is then all that `scope` asks. */
  alone: boolean;
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
    from jsonb_to_recordset($1::jsonb) as x(locale text, configuration text, terms jsonb, loose jsonb, exact boolean, scope text, alone boolean, words text, prefixes text[])
  ), asked as materialized (
    select case when $4::text is null then query else query && $4::tsquery end as query, case when $4 is null then bare else bare && $4::tsquery end as bare
    from (
      select string_agg(format('(%s) & %s', wide, scope), ' | ')::tsquery as query,
        case when bool_and(alone) then min(wide::text)::tsquery end as bare
      from per_locale where querytree(wide) not in ('', 'T')) q
  )`;
const BOUNDS = `d.published_at >= coalesce($5::timestamptz, '-infinity') and d.published_at < coalesce($6::timestamptz, 'infinity')
  and d.updated_at >= coalesce($7::timestamptz, '-infinity') and ($8::uuid[] is null or d.article_id = any($8)) and ($9::uuid[] is null or d.article_id <> all($9))
  and d.locale = any(asked.locales) and case when $11::text[] is null then d.kind <> 'page' else d.kind = any($11) end`;

/**
 * Rows are named by ctid: carried along, a row would be unpacked with its vector. Where one language is asked for, the narrow windows do
 * without its mark: to look up the half of all stories costs more than to pass over those of other languages (7 ms among a million). Where
 * more are, and a question is stop words in all but one, that one still leaves out what is read in a better one.
 * The window is a condition of its own and not one more word of the query: in one query, the index checks the query for each story of
 * the window. Two words in one region in nine months of a million took 31 ms and take 5, in five years 25 and 13.
 */
export const found = (limit: string, { order = 'desc', keyset = '' } = {}) => {
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
export const NEWEST_HITS = `${found(`(case when $12::boolean then ${MOST_PHRASES} else ${MOST_HITS} end + 1)`)}, exact as materialized (
    select h.ctid, n from found cross join unnest(found.hits) with ordinality h(ctid, n)
    where not $12 or exists (select from search_documents d join per_locale s on s.locale = d.locale where d.ctid = h.ctid and d.vector @@ s.query)
    order by n limit ${MOST_HITS} + 1
  ), sized as materialized (
    select count(*)::int as size, $12 and (select size from found) > ${MOST_PHRASES} or count(*) > ${MOST_HITS} as cut from exact
  ), hits as (select d.*, d.ctid as place from (select ctid from exact order by n limit ${MOST_HITS}) x join search_documents d on d.ctid = x.ctid)`;

/** $1 to $12. */
export const valuesOf = (
  { sought, from, to, filter, kinds, bounds, hasPhrase }: Search,
  windows: Window[],
): unknown[] => [
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
