// SQL of public terms: one statement a read, which resolves the locale and builds the JSON; and the fragments that embed terms elsewhere.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { UUID_ALONE } from '../../patterns.ts';
import { localeChain } from '../site/fallback.ts';
import { LOCALE_OF } from '../site/queries.ts';
import type { Noun, TermListQuery } from './noun.ts';

/** SQL to sort texts `alias` of a term by, for a reader of `chain` (SQL text[]): a text of another language is better than none. */
const byNearness = (alias: string, chain: string) =>
  `array_position(${chain}, ${alias}.locale), ${alias}.locale collate "C"`;

/** SQL text: the language in which term `t` is named in `texts` (its table) for those who would take it in one of `chain` (SQL text[]). */
export const bestLocale = (texts: string, chain: string) =>
  `(select y.locale from ${texts} y where y.term_id = t.id order by ${byNearness('y', chain)} limit 1)`;

/**
 * SQL json: the public object of term `t`.
 * @param chain SQL text[] of locales, as localeChain() makes it
 */
const termJson = (noun: Noun, chain: string) => `(select row_to_json(o) from (
  select t.id, t.key, ${noun.members.map(({ name, sql }) => `${sql} as "${name}", `).join('')}
    best.locale, coalesce(best.name, t.key) as name, best.slug, best.tagline,
    (select '[' || coalesce(string_agg(row_to_json(x)::text, ',' order by l.position, l.tag), '') || ']'
      from (select locale, name, slug from ${noun.sql.texts} where term_id = t.id) x join locales l on l.tag = x.locale)::json as translations
  from (select) one left join lateral (
    select x.locale, x.name, x.slug, x.tagline from ${noun.sql.texts} x where x.term_id = t.id
    order by ${byNearness('x', chain)} limit 1
  ) best on true) o)`;

/**
 * SQL text: JSON array of the terms that are named by `ids` (SQL uuid[]), in that order, each once, for a reader of
 * `locale` (SQL text).
 */
export const termsJson = (noun: Noun, ids: string, locale: string) => `(
  select '[' || coalesce(string_agg(${termJson(noun, 'c.chain')}::text, ',' order by g.place), '') || ']'
  from (select id, min(place) as place from unnest(${ids}) with ordinality g(id, place) group by id) g
  join ${noun.sql.table} t on t.id = g.id cross join (select ${localeChain(locale)} as chain) c)`;

export interface TermPage {
  /** The locale that is meant; null where there is none such. */
  locale: string | null;
  /** Whether what a filter names exists. */
  known: boolean;
  /** JSON array. */
  items: string;
  more: boolean;
  first: [number, string] | null;
  last: [number, string] | null;
}
export interface TermPageRequest {
  /** Null for all. */
  limit: number | null;
  after: [number, string] | null;
  backward: boolean;
}

/** As a bound of the index, which has no place for an OR; where there is no cursor, the walk goes forward, and before all. */
const BEHIND = `(t.position, t.key) > (coalesce($3::int, -2147483648), coalesce($4::text, ''))`;
const BEFORE = '(t.position, t.key) < ($3::int, $4::text)';

function listStatement(noun: Noun, { backward }: TermPageRequest): Statement {
  const [direction, beyond] = backward ? ['desc', BEFORE] : ['asc', BEHIND];
  return {
    name: `${noun.plural}_${direction}`,
    text: `with wanted as materialized (
        select w.locale, ${localeChain('w.locale')} as chain from (select ${LOCALE_OF('$1')} as locale) w
      ), page as (
        select t.*, row_number() over (order by t.position ${direction}, t.key ${direction}) as n from (
          select * from ${noun.sql.table} t
          where ${beyond} and ${noun.filter.where}
          order by t.position ${direction}, t.key ${direction} limit $2::int + 1
        ) t
      )
      select w.locale, ${noun.filter.reference?.sql ?? 'true'} as known,
        (select '[' || coalesce(string_agg(${termJson(noun, 'w.chain')}::text, ',' order by t.position, t.key), '') || ']'
          from page t where $2::int is null or t.n <= $2) as items,
        coalesce((select count(*) > $2::int from page), false) as more,
        (select json_build_array(position, key) from page where $2::int is null or n <= $2 order by position, key limit 1) as first,
        (select json_build_array(position, key) from page where $2::int is null or n <= $2 order by position desc, key desc limit 1) as last
      from wanted w`,
  };
}

export async function listTerms(
  db: PublicDb,
  noun: Noun,
  query: TermListQuery,
  page: TermPageRequest,
): Promise<TermPage> {
  const values = [
    query.locale ?? null,
    page.limit,
    page.after?.[0] ?? null,
    page.after?.[1] ?? null,
    ...noun.filter.values(query),
  ];
  const [row] = await db.query<TermPage>(listStatement(noun, page), values);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}

export interface FoundTerm {
  /** The locale that is meant; null where there is none such. */
  locale: string | null;
  /** JSON object; null where there is no such term. */
  item: string | null;
  /** Language of its texts. */
  language: string | null;
  modifiedAt: Date | null;
}

const one = (noun: Noun, name: string, source: string): Statement => ({
  name: `${noun.name}_by_${name}`,
  // What its names depend on can change without it: the locales and the site.
  text: `select w.locale, f.item::text as item, f.item->>'locale' as language,
      greatest(f.updated_at, (select max(updated_at) from locales), (select updated_at from site)) as "modifiedAt"
    from (select w.locale, ${localeChain('w.locale')} as chain from (select ${LOCALE_OF('$2')} as locale) w) w
    left join lateral (select ${termJson(noun, 'w.chain')} as item, t.updated_at
      from ${source} limit 1) f on true`,
});

/** A key goes before an id that is spelt the same. */
export async function findTerm(db: PublicDb, noun: Noun, keyOrId: string, locale: string | null): Promise<FoundTerm> {
  const id = `case when $1 ~ '${UUID_ALONE}' then $1::uuid end`;
  const source = `${noun.sql.table} t where t.key = $1 or t.id = ${id} order by t.key = $1 desc`;
  const [row] = await db.query<FoundTerm>(one(noun, 'key', source), [keyOrId, locale]);
  return row ?? NOTHING;
}

/** By the slug in that locale; else one that shows it there for want of its own, as stories and lists do. */
export async function findTermBySlug(db: PublicDb, noun: Noun, slug: string, locale: string): Promise<FoundTerm> {
  // The index begins with the locale: so many looks into it as there are languages.
  const source = `locales l join ${noun.sql.texts} x on x.locale = l.tag and x.slug = $1 join ${noun.sql.table} t on t.id = x.term_id
    where x.locale = ${bestLocale(noun.sql.texts, 'w.chain')} order by ${byNearness('x', 'w.chain')}`;
  const [row] = await db.query<FoundTerm>(one(noun, 'slug', source), [slug, locale]);
  return row ?? NOTHING;
}

const moved = (noun: Noun): Statement => ({
  name: `${noun.name}_moved`,
  text: `select t.key, x.slug from term_redirects r join ${noun.sql.table} t on t.id = r.term_id
    left join ${noun.sql.texts} x on x.term_id = t.id and x.locale = r.locale
    where r.noun = '${noun.name}' and r.locale = $1 and r.name = $2`,
});

/** @param locale of the slug; '' for a key or an id */
export async function findMovedTerm(
  db: PublicDb,
  noun: Noun,
  locale: string,
  name: string,
): Promise<{ key: string; slug: string | null } | null> {
  const [row] = await db.query<{ key: string; slug: string | null }>(moved(noun), [locale, name]);
  return row ?? null;
}

const NOTHING: FoundTerm = { locale: null, item: null, language: null, modifiedAt: null };
