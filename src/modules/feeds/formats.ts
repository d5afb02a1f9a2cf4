// The formats of feeds: how each is called on the wire, and what writes it.
import { writeAtom } from './atom.ts';
import { writeJson } from './json.ts';
import type { Feed } from './reading.ts';
import { writeRss } from './rss.ts';

interface Format {
  mediaType: string;
  /** Whether it has words for stories that were withdrawn. */
  tellsDeletions: boolean;
  write(feed: Feed): string;
}
export const FORMATS = {
  rss: { mediaType: 'application/rss+xml', tellsDeletions: false, write: writeRss },
  atom: { mediaType: 'application/atom+xml', tellsDeletions: true, write: writeAtom },
  json: { mediaType: 'application/feed+json', tellsDeletions: false, write: writeJson },
} as const satisfies Record<string, Format>;
