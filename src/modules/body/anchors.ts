// Names the headings of a body for links into it, and lists them as a table of contents. A name depends on the heading alone, not on what stands around it.
import { slugOf } from '../articles/slugs.ts';
import type { PortableText, TextBlock } from './schemas.ts';

export interface Heading {
  level: number;
  text: string;
  anchor: string;
}

/** No element of a page and no member of `window` or `document` is called so: an id cannot shadow one (DOM clobbering). */
export const ANCHOR_PREFIX = 's-';

const LEVEL = /^h([2-6])$/;
/**
 * By the key of the block, in reading order; a heading without text is none.
 * Made from the text and not from the key: whoever sends Markdown or HTML sends no keys, and each block behind a new one then has
 * another. Only headings of the same text are told apart by their order, with two hyphens, which no slug has: so that "Day" twice
 * (s-day, s-day--2) never meets "Day 2" (s-day-2).
 * @param within tells the bodies of one page apart
 */
export function headingsOf(body: PortableText, within = ''): Map<string, Heading> {
  const headings = new Map<string, Heading>();
  const seen = new Map<string, number>();
  for (const block of body) {
    if (block._type !== 'block') continue;
    const level = Number(LEVEL.exec(block.style)?.[1]);
    if (!level) continue;
    const text = textOf(block);
    if (text === '') continue;
    const slug = slugOf(text, 'und');
    const times = (seen.get(slug) ?? 0) + 1;
    seen.set(slug, times);
    headings.set(block._key, {
      level,
      text,
      anchor: `${ANCHOR_PREFIX}${within}${slug}${times > 1 ? `--${times}` : ''}`,
    });
  }
  return headings;
}

const textOf = ({ children }: TextBlock): string =>
  children
    .map(({ text }) => text)
    .join('')
    .replaceAll(/\s+/gu, ' ')
    .trim();
