// The formats of feeds, and what writes each.
import { writeAtom } from './atom.ts';
import { writeJson } from './json.ts';
import { MEDIA_TYPES } from './media-types.ts';
import type { Feed } from './reading.ts';
import { writeRss } from './rss.ts';

interface Format {
  mediaType: string;
  /** Whether it has words for stories that were withdrawn. */
  tellsDeletions: boolean;
  write(feed: Feed): string;
}
export const FORMATS = {
  rss: { mediaType: MEDIA_TYPES.rss, tellsDeletions: false, write: writeRss },
  atom: { mediaType: MEDIA_TYPES.atom, tellsDeletions: true, write: writeAtom },
  json: { mediaType: MEDIA_TYPES.json, tellsDeletions: false, write: writeJson },
} as const satisfies Record<string, Format>;
