// HTML of titles, summaries and captions as plain text in one line. It reads no structure: what parts words becomes a space.
import { decodeHTML } from 'entities';

/** Elements that part no words. */
const INLINE = /^(?:a|abbr|b|cite|code|em|i|mark|q|s|small|span|strong|sub|sup|u)$/i;

/** A name ends where it ends: tried at each of its letters, a tag without an end took the square of its length. */
const TAG = /<(?:\/?([a-z][a-z0-9]*)(?![a-z0-9])|!)[^<>]*>/gi;

/** What HTML collapses, and line ends: the no-break spaces of French and the wide ones of Chinese stay, as they do in texts. */
const WHITE = /[\t\n\v\f\r \u2028\u2029]+/g;

/** HTML of a title or a summary as one line of text. */
export const oneLine = (html: string) =>
  decodeHTML(html.replaceAll(TAG, (_, name: string = '') => (INLINE.test(name) ? '' : ' ')))
    .replaceAll(WHITE, ' ')
    .trim();

/** The same, up to a number of characters: an ellipsis tells of the rest. */
export function shortened(html: string, most: number): string {
  const letters = [...oneLine(html)];
  return letters.length <= most ? letters.join('') : `${letters.slice(0, most - 1).join('')}…`;
}
