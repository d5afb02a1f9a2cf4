// What is new in a feed since it was last told: stories that came or were changed, and those that were withdrawn. It reads nothing.
import { digest } from '../../caching/sending.ts';
import type { Feed } from '../feeds/reading.ts';

export interface Told {
  /** Digest of each story by its permanent id. */
  stories: Record<string, string>;
  /** Time of each withdrawal by the permanent id of the story. */
  deletions: Record<string, string>;
  /** The time of the last story of the page, where there were older ones beyond it; else empty. */
  oldest: string;
}

const digestOf = (story: Feed['stories'][number]) => digest(JSON.stringify(story));

/** Whether this story was told as it is: those behind it were there before. */
export const isToldOf = (story: Feed['stories'][number] | undefined, told: Told): boolean =>
  story !== undefined && told.stories[story.uri] === digestOf(story);

export const toldOf = ({ stories, deletions, links, by }: Feed): Told => ({
  stories: Object.fromEntries(stories.map((story) => [story.uri, digestOf(story)])),
  deletions: Object.fromEntries(deletions.map(({ uri, at }) => [uri, at])),
  oldest: links.next === null ? '' : (stories.at(-1)?.[by] ?? ''),
});

/** @returns the feed with what is new alone; null where nothing is */
export function differenceOf(feed: Feed, told: Told): Feed | null {
  const now = toldOf(feed);
  // A story that comes up from the next page, in place of one that went, is no news.
  const stories = feed.stories.filter(
    (story) =>
      told.stories[story.uri] !== now.stories[story.uri] &&
      (story.uri in told.stories || story[feed.by] >= told.oldest),
  );
  // Nor is a withdrawal of before those that were told.
  const deletions = feed.deletions.filter(({ uri, at }) => told.deletions[uri] !== at && at >= told.oldest);
  return stories.length + deletions.length > 0 ? { ...feed, stories, deletions } : null;
}
