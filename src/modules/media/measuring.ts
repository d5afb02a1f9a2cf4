// Tells by its bytes what a picture is and how large: JPEG, PNG, GIF, WebP, AVIF. Whatever else they are, SVG and HTML among it, is refused,
// whatever they are called. No pixel is decoded.
import { GIF } from 'image-size/types/gif';
import { HEIF } from 'image-size/types/heif';
import { JPG } from 'image-size/types/jpg';
import { PNG } from 'image-size/types/png';
import { WEBP } from 'image-size/types/webp';
import { type Extension, TYPES } from './store.ts';

export interface Measured {
  extension: Extension;
  mimeType: string;
  /** Pixels, as it is shown: turned as its EXIF says. */
  width: number;
  height: number;
}
/** Why it is not to be had; its message is for whoever reads the report. */
export class PictureError extends Error {
  override name = 'PictureError';
}

/** Whoever shows it has to decode it: 400 MB of memory at four bytes a pixel. */
const MOST_PIXELS = 100_000_000;
/** Where all of these say how large they are. What a parser does with bytes that somebody else has chosen takes no longer than this. */
const HEAD = 1_048_576;

/** The library knows twenty more, and none of their parsers is to see these bytes. */
const FORMATS = [
  { extension: 'jpg', parser: JPG },
  { extension: 'png', parser: PNG },
  { extension: 'gif', parser: GIF },
  { extension: 'webp', parser: WEBP },
  { extension: 'avif', parser: HEIF },
] as const;

/** @throws PictureError */
export function measurePicture(bytes: Uint8Array): Measured {
  const head = bytes.subarray(0, HEAD);
  const format = FORMATS.find(({ parser }) => attempt(() => parser.validate(head)));
  const size = format && attempt(() => format.parser.calculate(head));
  if (!format || (format.extension === 'avif' && size?.type !== 'avif'))
    throw new PictureError('it is no JPEG, PNG, GIF, WebP or AVIF');
  if (!size?.width || !size.height) throw new PictureError('it does not say how large it is');
  if (size.width * size.height > MOST_PIXELS)
    throw new PictureError(`it has ${size.width} by ${size.height} pixels; ${MOST_PIXELS} are the most`);
  // EXIF: from 5 on it lies on its side.
  const [width, height] = (size.orientation ?? 1) > 4 ? [size.height, size.width] : [size.width, size.height];
  return { extension: format.extension, mimeType: TYPES[format.extension], width, height };
}

/** What ends too early makes the parsers throw errors of many kinds. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
