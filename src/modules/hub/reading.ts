// Reads what stands at an address that is followed, or finds that there is no such feed any more. It ends nothing.
import { Problem } from '../../errors.ts';
import { FORMATS } from '../feeds/formats.ts';
import { type Feed, readFeed } from '../feeds/reading.ts';
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
