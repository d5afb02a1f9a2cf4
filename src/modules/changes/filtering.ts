// Turns the filters of the change feed, and what a partner may have, into what its SQL asks for. It reads no change.
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { localeNotEntitled, type Partner, reachOf, termsOf } from '../partners/entitlements.ts';
import { type ChangeFilters, resolveNames } from './queries.ts';
import type { ChangesQuery } from './schemas.ts';

type Given = Pick<ChangesQuery, 'types' | 'locales' | 'regions'>;

/**
 * @param partner who asks, if it is one: regions that it asks for narrow further what it may have
 * @throws Problem unknown_locale, unknown_reference or not_entitled, naming the parameter
 */
export async function resolveChangeFilters(
  db: PublicDb,
  given: Given,
  partner: Partner | null,
): Promise<ChangeFilters> {
  const asked = { types: given.types ?? null, ...(await named(db, given)) };
  if (!partner) return { ...asked, cut: null };
  const { id, locales } = partner;
  const other = asked.locales?.find((locale) => locales && !locales.includes(locale));
  if (locales && other) throw localeNotEntitled(other, locales, 'locales');
  const reach = reachOf(partner);
  if (asked.regionIds) reach.push(asked.regionIds.map((region) => `region/${region}`));
  return {
    ...asked,
    locales: asked.locales ?? locales,
    cut: { partnerId: id, terms: termsOf(partner), reach, asked: asked.locales?.toSorted() ?? null },
  };
}

async function named(
  db: PublicDb,
  { locales = [], regions = [] }: Given,
): Promise<{ locales: string[] | null; regionIds: string[] | null }> {
  if (locales.length === 0 && regions.length === 0) return { locales: null, regionIds: null };
  const known = await resolveNames(db, locales, regions);
  const pick = (parameter: 'locales' | 'regions', names: readonly string[]) => {
    const errors: ProblemDetail[] = [];
    const found = names.flatMap((name) => {
      const values = known[parameter];
      const value = values && Object.hasOwn(values, name) ? values[name] : null;
      if (!value) errors.push({ parameter, code: 'unknown', message: `${name} does not exist` });
      return value ?? [];
    });
    if (errors.length > 0)
      throw new Problem(parameter === 'locales' ? 'unknown_locale' : 'unknown_reference', { errors });
    return names.length > 0 ? [...new Set(found)] : null;
  };
  return { locales: pick('locales', locales), regionIds: pick('regions', regions) };
}
