// Pictures of other systems' files: what they say of one becomes the picture of a story, or a figure in its text. What cannot be used is told, never dropped in silence.
import { decodeHTML } from 'entities';
import { note, type Tally } from '../imports/report.ts';
import type { ImportLine } from '../imports/schemas.ts';
import { oneLine, shortened } from './plain.ts';
import { escaped } from './xml.ts';

/** What a file says of a picture; texts may be HTML, numbers may be text. */
export interface FoundPicture {
  url: string;
  type?: string | undefined;
  width?: unknown;
  height?: unknown;
  bytes?: unknown;
  alt?: string | undefined;
  caption?: string | undefined;
  credit?: string | undefined;
}

/** Of a path, where a file says of no other what it is. */
export const PICTURE = /\.(?:jpe?g|png|gif|webp|avif)$/i;
/** As records of pictures have it. */
const MEDIA_TYPE = /^image\/[a-z0-9][a-z0-9.+-]{0,90}$/;
const MOST_PIXELS = 100_000;
const LONGEST_URL = 2_000;

/** @param base what relative addresses stand for */
export function pictureIn(
  found: FoundPicture | undefined,
  base: string | undefined,
  notes: Tally,
): ImportLine['image'] {
  if (!found) return undefined;
  const href = URL.parse(found.url.trim(), URL.canParse(base ?? '') ? base : undefined)?.href ?? '';
  if (!/^https?:/.test(href) || href.length > LONGEST_URL) {
    note(notes, 'a picture whose address cannot be used was left out');
    return undefined;
  }
  const type = found.type?.toLowerCase() ?? '';
  const [width, height, bytes] = [found.width, found.height, found.bytes].map(numberIn);
  const caption = shortened(found.caption ?? '', 2000);
  const credit = shortened(found.credit ?? '', 300);
  const alt = shortened(found.alt ?? '', 1000);
  if (alt === '') note(notes, 'a picture came without a description (alt)');
  return {
    url: href,
    alt,
    ...(MEDIA_TYPE.test(type) && { mimeType: type }),
    ...(width && height && width <= MOST_PIXELS && height <= MOST_PIXELS && { width, height }),
    ...(bytes && { bytes }),
    ...(caption && { caption }),
    ...(credit && { credit }),
  };
}

const RELATIVE =
  /(<(?:img|video|audio|source|iframe)\s(?:[^<>]*?\s)?src\s*=\s*)(["'])(?!\s*(?:[a-z][a-z0-9+.-]*:|#))([^"'<>]+)\2/gi;
/** What a text shows stays where it was: its address is made whole. Links stay as they are, since the old paths lead to the stories. */
export const withWhole = (html: string, base: string | undefined): string =>
  URL.canParse(base ?? '')
    ? html.replaceAll(RELATIVE, (_, start: string, quote: string, address: string) => {
        const whole = URL.parse(decodeHTML(address).trim(), base)?.href;
        return `${start}${quote}${whole ? escaped(whole) : address}${quote}`;
      })
    : html;

function numberIn(value: unknown): number | undefined {
  const number = Number(value ?? '');
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** As it stands in a text. */
export function figureOf({ url, alt = '', caption = '', credit = '' }: FoundPicture): string {
  const by = oneLine(credit) && `<cite>${escaped(oneLine(credit))}</cite>`;
  const below = [escaped(oneLine(caption)), by].filter(Boolean).join(' ');
  const words = below ? `<figcaption>${below}</figcaption>` : '';
  return `<figure><img src="${escaped(url)}" alt="${escaped(oneLine(alt))}">${words}</figure>`;
}
