// Limits by locale, region and tag, as people, keys, partners and webhooks have them: from words to ids and back. It decides nothing.
import { type Column, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { listLocales, matchLocales } from '../site/queries.ts';
import { REGION, TAG, termIdsOf } from '../taxonomy/naming.ts';

/** As given; absent stays absent. */
export interface GivenLimits {
  /** Tags or aliases; null for all. */
  locales?: string[] | null;
  /** Keys or ids; null for all. */
  regions?: string[] | null;
  /** Keys or ids; null for all. */
  tags?: string[] | null;
}
/** By what somebody is limited: to some languages, regions, or stories of their own. */
export type Limit = 'locale' | 'region' | 'own';
export interface Limits {
  locales: readonly string[] | null;
  regionIds: readonly string[] | null;
}

/** Absent where it was not given. */
export interface Resolved {
  locales?: string[] | null;
  regionIds?: string[] | null;
  tagIds?: string[] | null;
}

/** SQL text[]: the keys of the regions, null where there is no limit. */
export const regionKeys = (regionIds: Column) => sql<string[] | null>`case when ${regionIds} is not null then
  array(select r.key from regions r where r.id = any(${regionIds}) order by r.key) end`;

export async function keysOfRegions(db: Db, regionIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.execute<{ key: string }>(
    sql`select key from regions where id = any(${sql.param(regionIds)}::uuid[]) order by key`,
  );
  return rows.map(({ key }) => key);
}

/** @throws Problem unknown_reference with a pointer to each that does not exist */
export async function resolveLimits(db: Db, given: GivenLimits): Promise<Resolved> {
  const errors: ProblemDetail[] = [];
  const resolve = (names: string[], known: ReadonlyMap<string, string>, pointer: string) =>
    names.flatMap((name, at) => {
      const found = known.get(name);
      if (!found) errors.push({ pointer: `${pointer}/${at}`, code: 'unknown', message: `${name} does not exist` });
      return found ?? [];
    });
  const { locales, regions, tags } = given;
  const limits: Resolved = {
    ...(locales !== undefined && {
      locales: locales && distinct(resolve(locales, matchLocales(await listLocales(db), locales), '/locales')),
    }),
    ...(regions !== undefined && {
      regionIds: regions && distinct(resolve(regions, await findTerms(db, REGION, regions), '/regions')),
    }),
    ...(tags !== undefined && {
      tagIds: tags && distinct(resolve(tags, await findTerms(db, TAG, tags), '/tags')),
    }),
  };
  if (errors.length > 0) throw new Problem('unknown_reference', { errors });
  return limits;
}

const distinct = (names: string[]) => [...new Set(names)];

async function findTerms(db: Db, noun: typeof REGION, given: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.execute<{ ids: Record<string, string> | null }>(sql`
    with wanted as (select ${sql.param(given)}::text[] as names)
    select ${sql.raw(termIdsOf(noun, '(select names from wanted)'))} as ids`);
  return new Map(Object.entries(rows[0]?.ids ?? {}));
}

/** @returns those of the regions that are none of the others and lie in none of them */
export async function regionsOutside(db: Db, regionIds: readonly string[], held: readonly string[]): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with recursive held as (
      select id from regions where id = any(${sql.param(held)}::uuid[])
      union select r.id from regions r join held on r.parent_id = held.id
    )
    select id from unnest(${sql.param(regionIds)}::uuid[]) id where id not in (select id from held)`);
  return rows.map(({ id }) => id);
}

const SOME: Record<Limit, string> = { locale: 'languages', region: 'regions', own: 'stories' };
export const limitedTo = (limit: Limit): Problem =>
  new Problem('forbidden', { detail: `You are limited to some ${SOME[limit]}.`, extra: { limit } });

/** @param what such as `A front` @throws Problem forbidden for whoever is limited in any way */
export function checkUnlimited({ locales, regionIds, ownOnly }: Limits & { ownOnly: boolean }, what: string): void {
  const limit: Limit | null = locales ? 'locale' : regionIds ? 'region' : ownOnly ? 'own' : null;
  if (limit)
    throw new Problem('forbidden', {
      detail: `${what} is of all languages, regions and people, and you are limited to some.`,
      extra: { limit },
    });
}
