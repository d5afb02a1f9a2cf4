// SQL of public lists in a chain of languages: each story once, in the first of them in which it is public. Drafts are out of reach.
import type { Statement } from '../../db/pipeline.ts';
import { BOUNDS, inGroups, MATCHES, type Order, orderOf, pageColumns, UNASKED } from './matching.ts';
import type { PageRequest } from './page-request.ts';

/** $3 is the chain, $1 the keys of its languages one after the other, as many of each, and $14 the groups of each. */
const LOCALE = '($3::text[])[w.stage + 1]';
const KEYS = `unnest(($1::bigint[])[w.stage * cardinality($1::bigint[]) / cardinality($3::text[]) + 1 : (w.stage + 1) * cardinality($1::bigint[]) / cardinality($3::text[])]) driver(key)`;
const GROUPS = '$14::jsonb -> w.stage';
/**
 * Of the lists of this language, those of stories that are public in none of the languages before it: a story stands in each list
 * with the key of all its languages, so that none has to be read to be left out. Asked row by row, 250,000 stories of an archive
 * that was translated after all else was published were left out one by one before the first that was not: 3,000 ms against 3.
 */
const FAMILIES = `(select f.key from families f
    where f.locales @> array[${LOCALE}] and not f.locales && ($3::text[])[:w.stage] offset 0) family`;
// Asked for a value, not by EXISTS: of that the planner may make a table of all stories, which it fills before the first row.
const IS_WANTED = `(${UNASKED}
    or (select true from published_articles p where p.article_id = l.article_id and p.locale = ${LOCALE} and ${MATCHES}))
  and ${inGroups(LOCALE, GROUPS)}`;

/** Rows of one language, `w.stage` of the chain, in order. */
const stage = ({ column, order, bounds, keyset, upTo }: Order, limit: string) => `
  select distinct l.${column} as at, l.article_id from ${KEYS} cross join ${FAMILIES} cross join lateral (
    select l.${column}, l.article_id from listings l
    where l.key = driver.key and l.family = family.key and $2::uuid[] is null
      ${bounds} ${keyset} ${upTo(`w.ats[${limit}]`, `w.ids[${limit}]`)} and ${IS_WANTED}
    order by ${order} limit ${limit}) l
  order by ${order} limit ${limit}`;

/**
 * Language by language down the chain, and in each only as far as the last row of the page that is known by then. Each list is a
 * range of listings_family_published or _updated: 99 pages of Postgres are looked at among 10,000 stories in five languages, 130
 * among 250,000 (2.7 and 3.3 ms, most of it planning).
 */
const byKeys = (by: Order) => {
  const sorted = `order by ${by.order}`;
  return `with recursive walk as (
      select 0 as stage, '{}'::timestamptz[] as ats, '{}'::uuid[] as ids, '{}'::int[] as places
      union all
      select w.stage + 1, page.ats, page.ids, page.places from walk w cross join lateral (
        select coalesce(array_agg(l.${by.column} ${sorted}), '{}') as ats, coalesce(array_agg(l.article_id ${sorted}), '{}') as ids,
          coalesce(array_agg(l.place ${sorted}), '{}') as places
        from (select * from (
            select * from unnest(w.ats, w.ids, w.places) l(${by.column}, article_id, place)
            union all select l.*, w.stage + 1 from (${stage(by, '$17 + 1')}) l
          ) l ${sorted} limit $17 + 1) l
      ) page where w.stage < cardinality($3::text[])
    ), found as (
      select f.* from walk w cross join lateral unnest(w.ats, w.ids, w.places) with ordinality f(at, article_id, place, n)
      where w.stage = cardinality($3::text[])
    )`;
};

/** The best language of each of a hundred ids at most. */
const bestOfIds = (bounds: string) => `(select distinct unnest($2::uuid[]) as id) wanted cross join lateral (
    select p.*, array_position($3::text[], p.locale) as place from published_articles p
    where p.article_id = wanted.id and p.locale = any($3::text[]) order by place limit 1
  ) p cross join lateral (select p.published_at, p.updated_at, p.article_id) l cross join lateral (select p.place - 1 as stage) w
  where $1::bigint[] is null and ($8::text[] is not null or p.kind <> 'page') and ${MATCHES} and ${inGroups('p.locale', GROUPS)} ${bounds}`;

const byIds = ({ column, order, bounds, keyset }: Order) => `with found as (
    select l.${column} as at, l.article_id, p.place, row_number() over (order by ${order}) as n from ${bestOfIds(bounds)} ${keyset}
    order by ${order} limit $17 + 1
  )`;

export function chainedPageStatement(source: 'keys' | 'ids', page: PageRequest): Statement {
  const by = orderOf(page);
  const text = `left(p.${page.text}, -1) || ',"isFallback":' || (f.place > 1)::text || '}'`;
  return {
    name: `list_chained_${source}_${by.column}_${by.direction}_${page.backward ? 'back' : 'on'}_${page.text}${page.isBoundAcross ? '_across' : ''}`,
    isPlannedAnew: page.isBoundAcross,
    text: `${source === 'keys' ? byKeys(by) : byIds(by)}
      select ${pageColumns(by, text)}, array_agg(p.locale) filter (where n <= $17) as locales
      from found f join published_articles p on p.article_id = f.article_id and p.locale = ($3::text[])[f.place]`,
  };
}

/** Language by language as well: where the first fill the count, the others are not looked at. $15 is the most to count, or null. */
export const chainedCountStatement = (source: 'keys' | 'ids'): Statement => ({
  name: `list_chained_count_${source}`,
  text:
    source === 'ids'
      ? `select count(*)::int as value from (select from ${bestOfIds(BOUNDS)} limit $15::int) l`
      : `with recursive walk as (
          select 0 as stage, 0::bigint as counted
          union all
          select w.stage + 1, w.counted + rows.counted from walk w cross join lateral (
            select count(*) as counted from (
              select distinct l.article_id from ${KEYS} cross join ${FAMILIES} cross join lateral (
                select l.article_id from listings l
                where l.key = driver.key and l.family = family.key and $2::uuid[] is null ${BOUNDS} and ${IS_WANTED}
                limit $15::int - w.counted) l
              limit $15::int - w.counted) l
          ) rows where w.stage < cardinality($3::text[]) and ($15::int is null or w.counted < $15)
        )
        select max(counted)::int as value from walk`,
});
