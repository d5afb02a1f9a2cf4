// Turns the filters of the change feed into what its SQL asks for. It reads no change.
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { type ChangeFilters, resolveNames } from './queries.ts';
import type { ChangesQuery } from './schemas.ts';

type Given = Pick<ChangesQuery, 'types' | 'locales' | 'regions'>;

/** @throws Problem unknown_locale or unknown_reference, naming the parameter */
export async function resolveChangeFilters(db: PublicDb, given: Given): Promise<ChangeFilters> {
  const { types = null, locales = [], regions = [] } = given;
  if (locales.length === 0 && regions.length === 0) return { types, locales: null, regionIds: null };
  const named = await resolveNames(db, locales, regions);
  const pick = (parameter: 'locales' | 'regions', names: readonly string[]) => {
    const errors: ProblemDetail[] = [];
    const found = names.flatMap((name) => {
      const known = named[parameter];
      const value = known && Object.hasOwn(known, name) ? known[name] : null;
      if (!value) errors.push({ parameter, code: 'unknown', message: `${name} does not exist` });
      return value ?? [];
    });
    if (errors.length > 0)
      throw new Problem(parameter === 'locales' ? 'unknown_locale' : 'unknown_reference', { errors });
    return names.length > 0 ? [...new Set(found)] : null;
  };
  return { types, locales: pick('locales', locales), regionIds: pick('regions', regions) };
}
