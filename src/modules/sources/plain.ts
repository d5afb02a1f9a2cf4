// HTML of titles, summaries and captions as plain text in one line. It reads no structure: what parts words becomes a space.
import { decodeHTML } from 'entities';

/** Elements that part no words. */
const INLINE = /^(?:a|abbr|b|cite|code|em|i|mark|q|s|small|span|strong|sub|sup|u)$/i;

/** HTML of a title or a summary as one line of text. */
export const oneLine = (html: string) =>
  decodeHTML(
    html.replaceAll(/<(?:\/?([a-z][a-z0-9]*)|!)[^<>]*>/gi, (_, name: string = '') => (INLINE.test(name) ? '' : ' ')),
  )
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The same, up to a number of characters: an ellipsis tells of the rest. */
export function shortened(html: string, most: number): string {
  const letters = [...oneLine(html)];
  return letters.length <= most ? letters.join('') : `${letters.slice(0, most - 1).join('')}…`;
}
