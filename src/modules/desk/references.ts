// Turns the keys and locales that an editor sends into ids, or says which of them do not exist.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem, type ProblemDetail, unknownLocale, type Where } from '../../errors.ts';
import { CONTRIBUTOR, REGION, TAG, termIdsOf } from '../taxonomy/naming.ts';

export interface GivenTerms {
  region?: string | null | undefined;
  regions?: string[] | undefined;
  tags?: string[] | undefined;
  byline?: string[] | undefined;
}
/** Absent where it was not given. */
export interface TermIds {
  regionId?: string | null;
  regionIds?: string[];
  tagIds?: string[];
  contributorIds?: string[];
}

type Ids = Readonly<Record<string, string>>;
/** For each key or id that was given and exists, the id. */
export interface FoundTerms {
  regions: Ids;
  tags: Ids;
  contributors: Ids;
}

const idsIn = (noun: typeof REGION, list: string) => sql.raw(termIdsOf(noun, `(select ${list} from wanted)`));

export async function findTerms(db: Db, given: GivenTerms): Promise<FoundTerms> {
  const regions = [...new Set([...(given.regions ?? []), ...(given.region ? [given.region] : [])])];
  const { tags = [], byline = [] } = given;
  if (regions.length + tags.length + byline.length === 0) return { regions: {}, tags: {}, contributors: {} };
  const wanted = sql`(select ${sql.param(regions)}::text[] as regions, ${sql.param([...new Set(tags)])}::text[] as tags,
    ${sql.param([...new Set(byline)])}::text[] as byline)`;
  const { rows } = await db.execute<{ [noun in keyof FoundTerms]: Ids | null }>(sql`
    with wanted as ${wanted} select ${idsIn(REGION, 'regions')} as regions, ${idsIn(TAG, 'tags')} as tags,
      ${idsIn(CONTRIBUTOR, 'byline')} as contributors`);
  return { regions: rows[0]?.regions ?? {}, tags: rows[0]?.tags ?? {}, contributors: rows[0]?.contributors ?? {} };
}

/** @throws Problem unknown_reference with a pointer to each */
export async function resolveTerms(db: Db, given: GivenTerms): Promise<TermIds> {
  return idsOf(given, await findTerms(db, given));
}

/** @throws Problem unknown_reference with a pointer to each */
export function idsOf(given: GivenTerms, found: FoundTerms): TermIds {
  const errors: ProblemDetail[] = [];
  const one = (name: string, known: Ids, pointer: string): string[] => {
    // A key may be named like a member that every object has, such as "constructor".
    const id = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!id) errors.push({ pointer, code: 'unknown', message: `${name} does not exist` });
    return id ? [id] : [];
  };
  const many = (names: string[], known: Ids, pointer: string) => [
    ...new Set(names.flatMap((name, index) => one(name, known, `${pointer}/${index}`))),
  ];
  const ids: TermIds = {
    ...(given.region !== undefined && {
      regionId: given.region === null ? null : (one(given.region, found.regions, '/region')[0] ?? null),
    }),
    ...(given.regions && { regionIds: many(given.regions, found.regions, '/regions') }),
    ...(given.tags && { tagIds: many(given.tags, found.tags, '/tags') }),
    ...(given.byline && { contributorIds: many(given.byline, found.contributors, '/byline') }),
  };
  if (errors.length > 0) throw new Problem('unknown_reference', { errors });
  return ids;
}

/** @returns the tags of all locales of the newsroom */
export async function listTags(db: Db): Promise<string[]> {
  const { rows } = await db.execute<{ tag: string }>(sql`select tag from locales order by position, tag`);
  return rows.map(({ tag }) => tag);
}

/** What a list of stories is narrowed to; null where it is not asked. */
export type ListTerms = Readonly<Record<'region' | 'tag' | 'contributor', string[] | null>>;

/** @throws Problem unknown_reference, naming each parameter */
export async function resolveListTerms(
  db: Db,
  given: Readonly<Partial<Record<keyof ListTerms, string[] | undefined>>>,
): Promise<ListTerms> {
  const { region, tag, contributor } = given;
  const found = await findTerms(db, { regions: region, tags: tag, byline: contributor });
  const errors: ProblemDetail[] = [];
  const pick = (parameter: keyof ListTerms, known: Ids) =>
    given[parameter]?.flatMap((name) => {
      const id = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!id) errors.push({ parameter, code: 'unknown', message: `${name} does not exist` });
      return id ?? [];
    }) ?? null;
  const terms = {
    region: pick('region', found.regions),
    tag: pick('tag', found.tags),
    contributor: pick('contributor', found.contributors),
  };
  if (errors.length > 0) throw new Problem('unknown_reference', { errors });
  return terms;
}

/** @returns for each given tag or alias the locale it stands for; absent where there is none */
export async function findLocales(db: Db, given: string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.execute<{ given: string; tag: string }>(sql`
    select distinct on (given) given, l.tag from unnest(${sql.param(given)}::text[]) given
    join locales l on lower(l.tag) = lower(given) or lower(given) = any(select lower(alias) from unnest(l.aliases) alias)
    order by given, lower(l.tag) = lower(given) desc`);
  return new Map(rows.map((row) => [row.given, row.tag]));
}

const localeIn = (known: ReadonlyMap<string, string>, given: string, where: Where) => {
  const tag = known.get(given);
  if (!tag) throw unknownLocale(where, `${given} is no locale of this newsroom`);
  return tag;
};

/** @throws Problem unknown_locale */
export const requireLocale = async (db: Db, given: string, where: Where): Promise<string> =>
  localeIn(await findLocales(db, [given]), given, where);

/** For the locale that stands in a path. */
export const localeOf = (db: Db, given: string): Promise<string> => requireLocale(db, given, { parameter: 'locale' });

/** For what a body gives by locale. @throws Problem unknown_locale, or conflict where one language stands there under two names */
export async function resolveLocales<Input>(
  db: Db,
  given: Record<string, Input>,
): Promise<{ locale: string; pointer: string; input: Input }[]> {
  const known = await findLocales(db, Object.keys(given));
  const chosen = Object.entries(given).map(([name, input]) => {
    const pointer = `/locales/${name}`;
    return { locale: localeIn(known, name, { pointer }), pointer, input };
  });
  const twice = chosen.find(({ locale }, at) => chosen.findIndex((other) => other.locale === locale) < at);
  if (twice)
    throw new Problem('conflict', {
      errors: [{ pointer: twice.pointer, code: 'twice', message: `${twice.locale} stands here under two names` }],
    });
  return chosen;
}
