// Finds the newsroom's language for the one that a file says: "en-US" is its "en", where it has no other. It makes none.
import type { Db } from '../../db/client.ts';
import { findLocales } from '../desk/references.ts';
import { getSite } from '../site/queries.ts';
import type { ReaderOptions } from '../sources/stories.ts';

/** @param fixed the language of all stories, whatever the file says */
export async function localeFinder(db: Db, fixed?: string): Promise<ReaderOptions['localeOf']> {
  const { defaultLocale } = await getSite(db);
  const known = new Map<string, string>();
  return async (declared) => {
    const given = fixed ?? (declared?.replaceAll('_', '-') || defaultLocale);
    const found = known.get(given);
    if (found) return found;
    const [language = given] = given.split('-', 1);
    const tags = await findLocales(db, [given, language]);
    const tag = tags.get(given) ?? tags.get(language) ?? given;
    if (known.size < 1_000) known.set(given, tag);
    return tag;
  };
}
