// Builds the cards of drafts that are pinned to a front, as publishing would build them now. What is public already is left to what is public.
import type { Db } from '../../db/client.ts';
import { buildTexts } from '../articles/document.ts';
import { loadPublished } from '../articles/storing.ts';
import { loadSurroundings } from '../articles/surroundings.ts';
import { listPublishable } from '../desk/publishable.ts';
import { stateOf } from '../desk/publishing.ts';

/** What is on its way to readers; what was withdrawn or put away is not shown as if it came back. */
const COMING = ['draft', 'in_review', 'approved', 'scheduled'] as const;
type Coming = (typeof COMING)[number];

export interface PinnedDraft {
  id: string;
  status: Coming;
  card: string;
  document: string;
}

/** @param ids stories that are pinned; those without such a draft in the language, and those that are public in it, are left out */
export async function listPinnedDrafts(
  db: Db,
  ids: readonly string[],
  locale: string,
  now: Date,
): Promise<PinnedDraft[]> {
  if (ids.length === 0) return [];
  const published = await loadPublished(db, [...ids]);
  const isPublic = (id: string) => published.some((story) => story.articleId === id && story.locale === locale);
  const drafts = await listPublishable(
    db,
    ids.filter((id) => !isPublic(id)).map((articleId) => ({ articleId, locale })),
  );
  const coming = drafts.flatMap((draft) => {
    const status = COMING.find((one) => one === draft.status);
    return status ? [{ status, story: stateOf(draft, { updateType: 'minor' }, now) }] : [];
  });
  const around = await loadSurroundings(
    db,
    coming.map(({ story }) => story),
  );
  return coming.map(({ status, story }) => {
    // Other languages are named as the public knows them.
    const siblings = published.filter(({ articleId }) => articleId === story.articleId);
    const { card, document } = buildTexts(story, siblings, around);
    return { id: story.articleId, status, card, document };
  });
}
