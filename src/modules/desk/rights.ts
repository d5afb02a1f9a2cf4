// On which terms a story may be used, as an editor sends it: the licence line by the newsroom's tags. It stores nothing.
import type { Db } from '../../db/client.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { resolveTexts } from '../taxonomy/texts.ts';

interface Given {
  usageTerms?: Record<string, string | null> | null;
}

/**
 * Aliases become tags: under any other name, no reader would ever be shown the line. To be called before any row is locked: a language that
 * is named is not deleted meanwhile.
 * @throws Problem unknown_locale, validation_failed
 */
export async function resolveRights<R extends Given>(tx: Db, rights: R | null): Promise<R | null> {
  if (!rights?.usageTerms) return rights;
  await lockSurroundings(tx);
  return { ...rights, usageTerms: await resolveTexts(tx, rights.usageTerms, '/rights/usageTerms') };
}
