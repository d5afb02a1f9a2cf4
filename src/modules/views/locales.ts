// Which locale a view belongs to; read anew every few seconds, since a query for each view would cost more than the view.
import type { PublicDb, Statement } from '../../db/pipeline.ts';

const LOCALES: Statement = {
  name: 'view_locales',
  text: `select lower(name) as name, tag, (select default_locale from site) as "default"
    from (select tag as name, tag, 1 as rank from locales union all select unnest(aliases), tag, 0 from locales) x order by rank`,
};
const FRESH_MS = 10_000;

interface Known {
  default: string;
  byName: ReadonlyMap<string, string>;
}

async function readLocales(db: PublicDb): Promise<Known> {
  const rows = await db.query<{ name: string; tag: string; default: string }>(LOCALES, []);
  return { default: rows[0]?.default ?? '', byName: new Map(rows.map(({ name, tag }) => [name, tag])) };
}

/** @returns a function that gives the locale's tag for a tag or alias, the site's default for undefined, and null for an unknown one */
export function createLocaleReader(db: PublicDb): (given: string | undefined) => Promise<string | null> {
  // The promise and not its value: those who come while it is read wait for the same answer.
  let known: Promise<Known> | undefined;
  let readAt = 0;
  return async (given) => {
    if (!known || performance.now() - readAt > FRESH_MS) {
      readAt = performance.now();
      known = readLocales(db);
      known.catch(() => {
        known = undefined;
      });
    }
    const { default: standard, byName } = await known;
    return given === undefined ? standard : (byName.get(given.toLowerCase()) ?? null);
  };
}
