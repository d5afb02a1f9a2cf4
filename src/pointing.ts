// How problems name a place in a request: a JSON Pointer to it, and what was probably meant. It finds no fault itself.
import { closest } from 'fastest-levenshtein';

/** One step of a JSON Pointer (RFC 6901 section 3). */
export const escapePointer = (member: string) => member.replaceAll('~', '~0').replaceAll('/', '~1');

/** Behind a message; of a name that an attacker made long, nothing is said. By letters of one case: LIMIT has none in common with limit. */
export function nearest(name: string, known: string[], what = 'the nearest valid one is'): string {
  if (known.length === 0 || name.length >= 60) return '';
  const lower = known.map((one) => one.toLowerCase());
  return `; ${what} ${known[lower.indexOf(closest(name.toLowerCase(), lower))]}`;
}
