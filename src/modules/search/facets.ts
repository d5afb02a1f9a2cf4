// SQL of facets: how the hits of a search are spread over regions, tags, kinds and years, told beside a page or by themselves.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { localeChain } from '../site/fallback.ts';
import { NEWEST_HITS, type Search, valuesOf } from './hits.ts';
import type { Window } from './windows.ts';

export const FACETS = ['region', 'tag', 'kind', 'year'] as const;
type Facet = (typeof FACETS)[number];
/** The fullest ones. */
const MOST_VALUES = 20;

const terms = (table: string, texts: string, column: string, locale: string) => `(
  select coalesce(json_agg(json_build_object('id', t.id, 'key', t.key, 'name', coalesce((select x.name from ${texts} x
      where x.term_id = t.id order by array_position(c.chain, x.locale), x.locale collate "C" limit 1), t.key), 'count', g.count) order by g.count desc, t.key), '[]')
  from (select id, count(*)::int as count from hits, unnest(hits.${column}) id group by id order by count desc, id limit ${MOST_VALUES}) g
  join ${table} t on t.id = g.id cross join (select ${localeChain(locale)} as chain) c)`;
const values = (expression: string, order: string) => `(
  select coalesce(json_agg(json_build_object('value', value, 'count', count) order by ${order}), '[]')
  from (select ${expression} as value, count(*)::int as count from hits group by 1 order by ${order} limit ${MOST_VALUES}) g)`;
/**
 * JSON of those of them that are wanted.
 * @param locale name of a parameter, a text
 * @param wanted name of one that is a text[]
 */
export const facetsJson = (locale: string, wanted: string) => `json_build_object(
      'region', case when 'region' = any(${wanted}::text[]) then ${terms('regions', 'region_texts', 'region_ids', `${locale}::text`)} end,
      'tag', case when 'tag' = any(${wanted}) then ${terms('tags', 'tag_texts', 'tag_ids', `${locale}::text`)} end,
      'kind', case when 'kind' = any(${wanted}) then ${values('kind', 'count desc, value')} end,
      'year', case when 'year' = any(${wanted}) then ${values("extract(year from published_at at time zone 'UTC')::int", 'value desc')} end)`;
const SURVEY: Statement = {
  name: 'search_survey',
  isPlannedAnew: true,
  isLong: true,
  text: `with recursive ${NEWEST_HITS} select sized.size, sized.cut, ${facetsJson('$13', '$14')} as facets from sized`,
};

interface TermFacet {
  id: string;
  key: string;
  name: string;
  count: number;
}
interface ValueFacet<T> {
  value: T;
  count: number;
}
export interface Facets {
  region: TermFacet[] | null;
  tag: TermFacet[] | null;
  kind: ValueFacet<string>[] | null;
  year: ValueFacet<number>[] | null;
}
/** Of all hits, or of the newest where it was cut. */
export interface Survey {
  size: number;
  cut: boolean;
  /** Null where none are wanted. */
  facets: Facets | null;
}
/** In the names of a language. */
export interface WantedFacets {
  locale: string;
  names: readonly Facet[];
}

/** For a page that was found without looking at all hits. */
export async function surveyHits(
  db: PublicDb,
  search: Search,
  windows: Window[],
  { locale, names }: WantedFacets,
): Promise<Survey> {
  const [row] = await db.query<Survey>(SURVEY, [...valuesOf(search, windows), locale, names]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
