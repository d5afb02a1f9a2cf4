// Paths of the front end in the one form that is kept and compared. It refuses whatever two programs could read as two addresses.

/** Code points: with four bytes each it still fits into an index row of Postgres (a third of a page). */
const MAX_LENGTH = 500;
/** Control characters, line separators, what turns the direction of text, a backslash (which browsers take for a slash), a query or fragment. */
const ODD = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\\?#]/u;
/** Slashes that one layer sees and the next does not, and what would be decoded once more. */
const ENCODED_SLASH = /%(?:2f|5c)/i;
const ENCODED = /%[0-9a-f]{2}/i;

/** Decoded once, in NFC, without a slash at its end; null where it is no path. */
export function normalizePath(given: string): string | null {
  if (!given.startsWith('/') || ENCODED_SLASH.test(given)) return null;
  const decoded = decode(given);
  if (decoded === null) return null;
  const path = decoded.length > 1 && decoded.endsWith('/') ? decoded.slice(0, -1) : decoded;
  if (ODD.test(path) || ENCODED.test(path) || [...path].length > MAX_LENGTH) return null;
  const segments = path.slice(1).split('/');
  const isOdd = decoded !== '/' && segments.some((segment) => ['', '.', '..'].includes(segment));
  return isOdd ? null : path;
}

export function decode(text: string): string | null {
  try {
    return decodeURIComponent(text).normalize('NFC');
  } catch {
    return null;
  }
}

/** As it stands in a Location header: ASCII, so that nothing in it can end the line. */
export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
