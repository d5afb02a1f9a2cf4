// Builds the cards of drafts that are pinned to a front, as publishing would build them now. What is public already is left to what is public.
import type { Db } from '../../db/client.ts';
import { buildTexts } from '../articles/document.ts';
import { loadPublished, type StoredState } from '../articles/storing.ts';
import { loadSurroundings } from '../articles/surroundings.ts';
import { listPublishable } from '../desk/publishable.ts';
import { stateOf } from '../desk/publishing.ts';
import type { Chain } from '../site/fallback.ts';

/** What is on its way to readers; what was withdrawn or put away is not shown as if it came back. */
const COMING = ['draft', 'in_review', 'approved', 'scheduled'] as const;
type Coming = (typeof COMING)[number];

export interface PinnedDraft {
  id: string;
  locale: string;
  status: Coming;
  card: string;
  document: string;
}

/**
 * Of each story, the first language of the chain decides in which it is public or has such a draft: where it is public, it is left out.
 * @param ids stories that are pinned
 */
export async function listPinnedDrafts(
  db: Db,
  ids: readonly string[],
  chain: Chain,
  now: Date,
): Promise<PinnedDraft[]> {
  if (ids.length === 0) return [];
  const published = await loadPublished(db, [...ids]);
  const drafts = await listPublishable(
    db,
    ids.flatMap((articleId) => {
      const locales = new Set(published.filter((story) => story.articleId === articleId).map(({ locale }) => locale));
      const end = chain.findIndex((locale) => locales.has(locale));
      return chain.slice(0, end < 0 ? chain.length : end).map((locale) => ({ articleId, locale }));
    }),
  );
  const best = drafts
    .map((draft) => ({ draft, status: COMING.find((one) => one === draft.status), place: chain.indexOf(draft.locale) }))
    .sort((one, other) => one.place - other.place);
  const coming = new Map<string, { status: Coming; story: StoredState }>();
  for (const { draft, status } of best)
    if (status && !coming.has(draft.articleId))
      coming.set(draft.articleId, { status, story: stateOf(draft, { updateType: 'minor' }, now) });
  const around = await loadSurroundings(
    db,
    [...coming.values()].map(({ story }) => story),
  );
  return [...coming].map(([id, { status, story }]) => {
    // Other languages are named as the public knows them.
    const siblings = published.filter(({ articleId }) => articleId === id);
    const { card, document } = buildTexts(story, siblings, around);
    return { id, locale: story.locale, status, card, document };
  });
}
