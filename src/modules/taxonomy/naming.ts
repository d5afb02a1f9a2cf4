// SQL of what a term is called by: its key, its id, and those of terms that were merged into it. It resolves no slugs.
import { UUID_ALONE } from '../../patterns.ts';

interface Named {
  name: 'region' | 'tag' | 'contributor';
  table: 'regions' | 'tags' | 'contributors';
}
export const REGION: Named = { name: 'region', table: 'regions' };
export const TAG: Named = { name: 'tag', table: 'tags' };
export const CONTRIBUTOR: Named = { name: 'contributor', table: 'contributors' };

/**
 * SQL uuid: the term that `given` (SQL text) names, a key before an id that is spelt the same; null where there is none. Each look
 * is one in an index: conditions joined by OR would read the whole table for every name.
 */
export const termIdOf = ({ name, table }: Named, given: string) => `coalesce(
    (select id from ${table} where key = ${given}),
    (select id from ${table} where id = case when ${given} ~ '${UUID_ALONE}' then ${given}::uuid end),
    (select term_id from term_redirects where noun = '${name}' and locale = '' and name = lower(${given})))`;

/** SQL json: for each of `given` (SQL text[]) that names a term, its id. */
export const termIdsOf = (named: Named, given: string) => `(select json_object_agg(given, id) from (
    select given, ${termIdOf(named, 'given')} as id from unnest(${given}) given) x where id is not null)`;
