// Which locale a view belongs to; read anew every few seconds, since a query for each view would cost more than the view.
import type { PublicDb, Statement } from '../../db/pipeline.ts';

const LOCALES: Statement = {
  name: 'view_locales',
  text: `select lower(name) as name, tag, (select default_locale from site) as "default"
    from (select tag as name, tag, 1 as rank from locales union all select unnest(aliases), tag, 0 from locales) x order by rank`,
};
const FRESH_MS = 10_000;

interface Known {
  readAt: number;
  default: string;
  byName: ReadonlyMap<string, string>;
}

/** @returns a function that gives the locale's tag for a tag or alias, the site's default for undefined, and null for an unknown one */
export function createLocaleReader(db: PublicDb): (given: string | undefined) => Promise<string | null> {
  let known: Known | undefined;
  return async (given) => {
    if (!known || performance.now() - known.readAt > FRESH_MS) {
      const rows = await db.query<{ name: string; tag: string; default: string }>(LOCALES, []);
      known = {
        readAt: performance.now(),
        default: rows[0]?.default ?? '',
        byName: new Map(rows.map(({ name, tag }) => [name, tag])),
      };
    }
    return given === undefined ? known.default : (known.byName.get(given.toLowerCase()) ?? null);
  };
}
