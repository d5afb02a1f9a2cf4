// SQL of fronts for readers: what a front holds at this moment, with the terms that its slots name. It reads no story and no draft.

import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { type Languages, languagesOf, languageValues, localeChain } from '../site/fallback.ts';
import { LOCALE_OF } from '../site/queries.ts';
import { CONTRIBUTOR, REGION, TAG, termIdOf, termIdsOf } from '../taxonomy/naming.ts';
import type { DueChange } from './content.ts';
import type { FrontContent } from './schemas.ts';

export interface RegionName {
  id: string;
  key: string;
  name: string;
  slug: string | null;
}
interface FrontRow extends FrontContent {
  slug: string;
  due: DueChange[];
  /** Times of all its changes, those to come as well. */
  changesAt: string[];
}
export interface FrontDefinition {
  /** In which languages stories are taken, for readChain(). */
  languages: (string | null)[] | null;
  /** Locales to take names from, best first. */
  chain: string[];
  /** Milliseconds since 1970, by the database's clock: what is due was decided by it. */
  now: number;
  /** Null where readers have none such. */
  front: FrontRow | null;
  /** By what slots call them; what does not exist any more is absent. */
  regions: Record<string, RegionName> | null;
  tags: Record<string, string> | null;
  contributors: Record<string, string> | null;
}

/** SQL json: changes of front `f` whose time has come at `at` (SQL), in the order in which they take effect. */
export const dueJson = (
  at: string,
) => `(select coalesce(json_agg(json_build_object('at', ${iso('c.at')}, 'slot', c.slot,
    'content', c.content) order by c.at, c.id), '[]') from front_changes c where c.front_id = f.id and c.at <= ${at})`;
const changesAtJson = `(select coalesce(json_agg(${iso('at')} order by at), '[]') from unnest(f.changes_at) at)`;

/** SQL text[]: what the sources of slots name under `member`. A front with changes is a few kilobytes of JSON. */
const namesIn = (member: string) =>
  `array(select distinct name #>> '{}' from f, jsonb_path_query(f.whole, 'lax $.**.source.${member}[*]') name)`;
const regionNames = `(select json_object_agg(g.given, json_build_object('id', t.id, 'key', t.key, 'name', coalesce(best.name, t.key), 'slug', best.slug))
  from (select given, ${termIdOf(REGION, 'given')} as id from unnest(${namesIn('region')}) given) g
  join regions t on t.id = g.id left join lateral (
    select x.name, x.slug from region_texts x where x.term_id = t.id
    order by array_position(w.chain, x.locale), x.locale collate "C" limit 1) best on true)`;

/**
 * All that is asked stands in one value, of which the planner knows nothing: else it plans anew each time, as filling.ts says.
 * @param at SQL of the moment at which it is looked at
 */
const definitionSql = (at: string) => `with asked as materialized (
    select * from json_to_record($1::json) as a(slug text, locale text, names text[], at timestamptz)
  ), w as materialized (
    select w.languages, ${localeChain('w.languages[1]')} as chain from (select ${languagesOf('(select locale from asked)', '(select names from asked)')} as languages) w
  ), f as materialized (
    select json_build_object('slug', f.slug, 'title', f.title, 'description', f.description, 'slots', f.slots, 'due', f.due,
      'changesAt', ${changesAtJson}) as json, jsonb_build_array(f.slots, f.due) as whole
    from (select f.*, ${dueJson(at)} as due from fronts f where f.slug = (select slug from asked)) f
  )
  select w.languages, w.chain, floor(extract(epoch from ${at}) * 1000)::float8 as now, (select json from f) as front, ${regionNames} as regions,
    ${termIdsOf(TAG, `${namesIn('tag')} || ${namesIn('tagAll')}`)} as tags, ${termIdsOf(CONTRIBUTOR, namesIn('contributor'))} as contributors
  from w`;

function askedJson(slug: string, asked: Languages, at: string | null = null): string {
  const [locale, names] = languageValues(asked);
  return JSON.stringify({ slug, locale, names, at });
}

const DEFINITION: Statement = { name: 'front_definition', text: definitionSql('now()') };
export async function findFront(db: PublicDb, slug: string, asked: Languages): Promise<FrontDefinition> {
  const [row] = await db.query<FrontDefinition>(DEFINITION, [askedJson(slug, asked)]);
  if (!row) throw new Error('a select from one row answered none');
  return row;
}

const DEFINITION_AT: Statement = {
  name: 'front_definition_at',
  text: definitionSql('coalesce((select at from asked), now())'),
};
/**
 * As it will be, for previews: one that is not public and changes to come are found as well.
 * @param db not the role of readers, who cannot see these
 * @param at now, where it is null
 */
export async function findFrontAt(
  db: Pick<PublicDb, 'query'>,
  slug: string,
  asked: Languages,
  at: string | null,
): Promise<FrontDefinition> {
  const [row] = await db.query<FrontDefinition>(DEFINITION_AT, [askedJson(slug, asked, at)]);
  if (!row) throw new Error('a select from one row answered none');
  return row;
}

const LIST: Statement = {
  name: 'fronts',
  text: `select w.locale, ${localeChain('w.locale')} as chain, floor(extract(epoch from now()) * 1000)::float8 as now,
    (select coalesce(json_agg(json_build_object('slug', f.slug, 'title', f.title, 'description', f.description, 'slots', f.slots,
        'due', ${dueJson('now()')}, 'changesAt', ${changesAtJson}) order by f.position, f.slug), '[]') from fronts f) as fronts
    from (select ${LOCALE_OF('$1')} as locale) w`,
};
export interface FrontList {
  locale: string | null;
  chain: string[];
  now: number;
  fronts: FrontRow[];
}
/** All of them: there are MOST_FRONTS at most. */
export async function listFronts(db: PublicDb, locale: string | null): Promise<FrontList> {
  const [row] = await db.query<FrontList>(LIST, [locale]);
  if (!row) throw new Error('a select from one row answered none');
  return row;
}
