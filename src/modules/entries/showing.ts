// Brings the published entries of a story out with it and back in with it. To be called in the transaction that publishes or takes back, which has locked the story.
import type { Db } from '../../db/client.ts';
import { hideEntries, type ShownEntry, showEntries } from '../live/storing.ts';
import { type EntryRow, listUnshown } from './queries.ts';

export const shownOf = ({ firstPublishedAt, ...row }: EntryRow): ShownEntry => ({
  ...row,
  firstPublishedAt: firstPublishedAt ?? row.updatedAt,
});

interface Story {
  articleId: string;
  locale: string;
  snapshot: { kind: string };
}
const isLive = ({ snapshot }: Story) => snapshot.kind === 'live';

/** @param before what was public of the same stories */
export async function showWithStories(tx: Db, stories: readonly Story[], before: readonly Story[]): Promise<void> {
  const live = stories.filter(isLive);
  if (live.length > 0) await showEntries(tx, (await listUnshown(tx, live)).map(shownOf));
  const wasLive = (story: Story) =>
    before.some((old) => isLive(old) && old.articleId === story.articleId && old.locale === story.locale);
  for (const story of stories) if (!isLive(story) && wasLive(story)) await hideEntries(tx, story);
}

export const hideWithStory = (tx: Db, articleId: string, locale: string): Promise<void> =>
  hideEntries(tx, { articleId, locale });
