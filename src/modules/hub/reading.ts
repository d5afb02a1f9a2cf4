// Reads what stands at an address that is followed, or finds that there is no such feed any more. It ends nothing.
import { Problem } from '../../errors.ts';
import { FORMATS } from '../feeds/formats.ts';
import { type Feed, readFeed } from '../feeds/reading.ts';
import { isToldOf, type Told } from './difference.ts';
import type { Hub } from './sending.ts';
import type { Topic } from './topics.ts';

/** @returns null where its filters name what is gone, such as a tag that was deleted: whoever asks for it is answered 400 */
export async function findFeed({ app, baseUrl }: Hub, { url, format, query }: Topic): Promise<Feed | null> {
  try {
    const { tellsDeletions } = FORMATS[format];
    return await readFeed(app, baseUrl, url.slice(baseUrl.length), query, { tellsDeletions });
  } catch (error) {
    if (error instanceof Problem && error.statusCode === 400) return null;
    throw error;
  }
}

/** Stories that are looked through at once: of more than these, as after an import, the newest are told. */
const MOST = 1_000;

/**
 * A feed shows so many stories, and more than those may come before it is looked at: at once, or while it waits for a node that died.
 * @returns its pages with what came since then, newest first; null where there is no such feed any more
 */
export async function findPages(hub: Hub, topic: Topic, told: Told): Promise<[Feed, ...Feed[]] | null> {
  const first = await findFeed(hub, topic);
  if (!first) return null;
  const pages: [Feed, ...Feed[]] = [first];
  let page = first;
  for (let read = 0; page.links.next !== null && !isToldOf(page.stories.at(-1), told); ) {
    read += page.stories.length;
    if (read >= MOST) break;
    const cursor = new URL(page.links.next).searchParams.get('cursor') ?? '';
    const next = await findFeed(hub, { ...topic, query: { ...topic.query, cursor } });
    if (!next) throw new Error('a feed ended while its pages were read');
    page = next;
    pages.push(next);
  }
  return pages;
}
