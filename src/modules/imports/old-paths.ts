// Has the addresses that imported stories had on another site lead to them here. One that is in use for something else is left as it is, and told.
import type { Db } from '../../db/client.ts';
import { listLive } from '../redirects/checking.ts';
import { normalizePath } from '../redirects/paths.ts';
import { listAround, lockRedirects } from '../redirects/queries.ts';
import { createRedirects } from '../redirects/workflow.ts';
import { getSite, listLocales } from '../site/queries.ts';
import { note, type Tally } from './report.ts';

export interface Moved {
  articleId: string;
  locale: string;
  paths: string[];
  notes: Tally;
}

/** The last of what a transaction does: all that place redirects wait for each other from here to its end. */
export async function placeOldPaths(tx: Db, stories: Moved[]): Promise<void> {
  const wanted = new Map<string, Moved>();
  for (const story of stories) {
    for (const given of story.paths) {
      const path = normalizePath(given);
      if (path === null) note(story.notes, 'an old address was no path that can be redirected');
      else if (!wanted.has(path)) wanted.set(path, story);
    }
  }
  if (wanted.size === 0) return;
  await lockRedirects(tx);
  const paths = [...wanted.keys()];
  const [{ articleUrl }, locales] = [await getSite(tx), await listLocales(tx)];
  // A story that stands at the very same path needs no redirect.
  const live = new Set((await listLive(tx, articleUrl, locales, paths)).map((index) => paths[index]));
  const taken = new Map((await listAround(tx, paths)).map((row) => [row.path, row]));
  const free = [...wanted].filter(([path, { articleId, notes }]) => {
    const row = taken.get(path);
    if (row && row.articleId !== articleId) note(notes, 'an old address leads elsewhere already');
    return !row && !live.has(path);
  });
  await createRedirects(
    tx,
    null,
    free.map(([path, { articleId, locale }]) => ({ path, story: { articleId, locale } })),
    (index) => `/oldPaths/${index}`,
  );
}
