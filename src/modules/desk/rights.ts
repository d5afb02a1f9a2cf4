// On which terms a story may be used, as an editor sends it: the licence line by the newsroom's tags. It stores nothing.
import type { Db } from '../../db/client.ts';
import { resolveTexts } from '../taxonomy/texts.ts';

interface Given {
  usageTerms?: Record<string, string | null> | null;
}

/** Aliases become tags: under any other name, no reader would ever be shown the line. @throws Problem unknown_locale, validation_failed */
export async function resolveRights<R extends Given>(db: Db, rights: R | null): Promise<R | null> {
  if (!rights?.usageTerms) return rights;
  return { ...rights, usageTerms: await resolveTexts(db, rights.usageTerms, '/rights/usageTerms') };
}
