// SQL of search: one statement finds a page, ranks it and tells where its words stand. Drafts are out of reach.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { facetsJson, type Survey, type WantedFacets } from './facets.ts';
import { found, NEWEST_HITS, type Search, valuesOf } from './hits.ts';
import type { Window } from './windows.ts';

/** So few hits that another spelling may have been meant. */
export const LITTLE = 3;
/** In which the rank of a story halves. */
const HALF_LIFE_DAYS = 365;
const DECAY = (HALF_LIFE_DAYS * 86_400) / Math.LN2;

/**
 * Where the words of a story stand that were sought, with the weights of their parts. What each of its two hundred
 * lexemes is compared with is made once for all: made anew for each, it was a fifth of what a page of hits costs Postgres.
 */
const PLACES = `(select coalesce(json_agg(json_build_array(place, weight)), '[]') from (
    select u.positions[at] as place, u.weights[at] as weight from unnest(d.vector) u cross join lateral generate_subscripts(u.positions, 1) at
    where u.lexeme = any(s.lexemes) or (s.prefixes <> '{}' and exists (select from unnest(s.prefixes) prefix where starts_with(u.lexeme, prefix)))
    order by 1 limit 2000) p)::text`;
const ROW = `p.card, p.article_id as id, p.locale, p.modified_at as "modifiedAt", p.document::json #>> '{body,text}' as body, ${PLACES} as places`;
const SHOWN = `page join search_documents d on d.ctid = page.ctid join published_articles p on p.article_id = d.article_id and p.locale = d.locale
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
      from ${SHOWN} where not $12::boolean order by page.n`,
  };
};

// ln(rank) + time / decay stands in the same order as rank x e^(-age / decay) at any moment: what is asked later has the same pages.
// Of heads alone, the rank is that of a document without a body: ts_rank heeds no weights that a query names, and takes the length of all.
const scores = (headsOnly: boolean) => ({
  relevance: `round((ln(greatest(ts_rank('{0,0.15,0.45,1}', ${headsOnly ? "ts_filter(d.vector, '{a,b}')" : 'd.vector'}, s.query, 1), 1e-6)) + extract(epoch from d.published_at) / ${Math.round(DECAY)})::numeric, 6)`,
  '-publishedAt': 'round(extract(epoch from d.published_at) * 1000)',
});
/** The newest hits, put in an order; how many they are is told also where the page has none of them. */
const ordered = ({ sort, text, backward, facets }: SearchPageRequest, headsOnly: boolean): Statement => {
  const { order, keyset } = beyond('score', backward, 'numeric');
  const variants = [text, ...(headsOnly ? ['heads'] : []), ...(facets ? ['facets'] : [])];
  return {
    name: `search_${sort === 'relevance' ? 'ranked' : 'phrases'}_${backward ? 'back' : 'on'}_${variants.join('_')}`,
    isPlannedAnew: true,
    isLong: true,
    text: `with recursive ${NEWEST_HITS}, scored as materialized (
        select d.place as ctid, d.article_id, ${scores(headsOnly)[sort]} as score from hits d join per_locale s on s.locale = d.locale
      ), page as (
        select ctid, score, row_number() over (order by score ${order}, article_id ${order}) as n from scored
        where ${keyset} order by score ${order}, article_id ${order} limit $15::int + 1
      )
      select sized.size, sized.cut, page.score as at, ${ROW.replace('p.card', `p.${text} as card`)}${facets ? `, case when coalesce(page.n, 1) = 1 then ${facetsJson('$16', '$17')} end as facets` : ''}
      from sized left join (${SHOWN}) on true order by page.n`,
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
/** What it tells of all hits is of those that were looked at: where it is walked, hardly more than it shows. */
export interface SearchPage extends Survey {
  hits: Hit[];
  more: boolean;
}
export interface SearchPageRequest {
  sort: 'relevance' | '-publishedAt';
  /** Of the hits that are ranked, all; of a walk by time, those from where it begins. */
  windows: Window[];
  after: [number | string, string] | null;
  backward: boolean;
  limit: number;
  text: 'card' | 'document';
  facets: WantedFacets | null;
}

/** Then a page is found without a look at all hits; whether they have the words of a phrase has to be looked at. */
export const isWalked = (sort: SearchPageRequest['sort'], { hasPhrase }: Search) =>
  sort === '-publishedAt' && !hasPhrase;

type Shown = Omit<Hit, 'position'> & { at: string };
/** The first tells of the facets; one without a story is all that there is of a page without hits. */
type Row = Omit<Survey, 'facets'> & Partial<Pick<Survey, 'facets'>> & (Shown | { id: null });
const isShown = (row: Row): row is Row & Shown => row.id !== null;

/** In the order of the list, whichever way it was walked. */
export async function searchStories(db: PublicDb, search: Search, request: SearchPageRequest): Promise<SearchPage> {
  const { sort, windows, after, backward, limit, text, facets } = request;
  const walked = isWalked(sort, search);
  const start = walked ? after && new Date(Number(after[0])).toISOString() : (after?.[0] ?? null);
  const rows = await db.query<Row>(walked ? newest(text, backward) : ordered(request, search.headsOnly), [
    ...valuesOf(search, windows),
    start,
    after?.[1] ?? null,
    limit,
    ...(facets && !walked ? [facets.locale, facets.names] : []),
  ]);
  const { size, cut, facets: told = null } = rows[0] ?? { size: 0, cut: false };
  const shown = rows.filter(isShown);
  const hits = shown.slice(0, limit).map(({ size: _, cut: __, facets: ___, at, ...hit }): Hit => {
    return { ...hit, position: [sort === '-publishedAt' ? Math.round(Number(at)) : at, hit.id] };
  });
  const more = walked ? size > limit : shown.length > limit;
  return { hits: backward ? hits.reverse() : hits, more, size, cut, facets: told };
}
