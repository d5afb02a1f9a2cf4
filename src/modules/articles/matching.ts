// SQL conditions of public lists, asked row by row: what the list that is walked does not settle by itself. It walks none.
import { asBytes } from '../../db/bytes.ts';
import type { PageRequest } from './page-request.ts';

/** $1 keys or $2 ids, $3 the language or the chain of languages, $4.. what the keys do not settle, $14 groups of keys, one of each. */
const PUBLISHED = `l.published_at >= coalesce($4::timestamptz, '-infinity') and l.published_at < coalesce($5::timestamptz, 'infinity')`;
const UPDATED = `l.updated_at >= coalesce($6::timestamptz, '-infinity')`;
const EXCLUDED = '($7::uuid[] is null or l.article_id <> all($7))';
export const BOUNDS = `and ${PUBLISHED} and ${UPDATED} and ${EXCLUDED}`;
/**
 * Of a walk that no bound of the other time narrows. Left in, even as infinite ones, the planner takes them for narrow while it plans
 * for any values, and reads and sorts the whole list: "last updated" among 1,700,000 texts then took more than 5 s.
 */
const BOUNDS_ALONG = {
  published_at: `and ${PUBLISHED} and $6::timestamptz is null and ${EXCLUDED}`,
  updated_at: `and ${UPDATED} and $4::timestamptz is null and $5::timestamptz is null and ${EXCLUDED}`,
};
export const MATCHES = `
  ($8::text[] is null or p.kind = any($8)) and ($9::uuid[] is null or p.region_ids && $9)
  and ($10::uuid[] is null or p.region_ids && $10) and ($11::uuid[] is null or p.tag_ids && $11)
  and ($12::uuid[] is null or p.tag_ids @> $12) and ($13::uuid[] is null or p.contributor_ids && $13)`;
/** Whether anything of MATCHES is asked. */
export const UNASKED = `$8::text[] is null and num_nonnulls($9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[]) = 0`;
/** @param groups SQL jsonb, null for none; `locale` is that of the row */
export const inGroups = (locale: string, groups: string) => `($14::jsonb is null or (
  select bool_and(exists (select from listings x where x.article_id = l.article_id and x.locale = ${locale}
    and x.key = any(array(select jsonb_array_elements_text(wanted.keys)::bigint))))
  from jsonb_array_elements(${groups}) wanted(keys)))`;

/** The words of SQL for an order, its bounds, and the place to go on from: $15 and $16, null at the start. */
export function orderOf({ by, descending, backward, isBoundAcross }: Omit<PageRequest, 'after' | 'limit' | 'text'>) {
  const column = by === 'publishedAt' ? ('published_at' as const) : ('updated_at' as const);
  const [direction, beyond, start, end] = descending
    ? ['desc', '<', 'infinity', '-infinity']
    : ['asc', '>', '-infinity', 'infinity'];
  const [most, least] = ['ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000'];
  const [startId, endId] = descending ? [most, least] : [least, most];
  return {
    column,
    direction,
    order: `l.${column} ${direction}, l.article_id ${direction}`,
    shown: backward ? 'n desc' : 'n',
    bounds: isBoundAcross ? BOUNDS : BOUNDS_ALONG[column],
    keyset: `and (l.${column}, l.article_id) ${beyond} (coalesce($15::timestamptz, '${start}'), coalesce($16::uuid, '${startId}'))`,
    /** Not behind a row that is known, whose SQL values are given; null for no such row. */
    upTo: (at: string, id: string) =>
      `and (l.${column}, l.article_id) ${descending ? '>' : '<'} (coalesce(${at}, '${end}'), coalesce(${id}, '${endId}'))`,
  };
}
export type Order = ReturnType<typeof orderOf>;

/** What a page statement answers. @param text SQL of the JSON text of a row, `from` has its rows as f (at, article_id, n) and p */
export const pageColumns = ({ shown }: Order, text: string) => `
  ${asBytes(`'[' || coalesce(string_agg(${text}, ',' order by ${shown}) filter (where n <= $17), '') || ']'`)} as items,
  count(*)::int as found, max(p.modified_at) filter (where n <= $17) as "modifiedAt",
  (array_agg(extract(epoch from at) * 1000 || '/' || f.article_id order by ${shown}) filter (where n <= $17))[1] as first,
  (array_agg(extract(epoch from at) * 1000 || '/' || f.article_id order by ${shown}) filter (where n <= $17))[least(count(*), $17)] as last`;
