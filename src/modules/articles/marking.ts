// HTML of our own around a text: escaped words, names of any script, times, corrections. No word that is not the newsroom's own, since
// none would be in the language of every story.
import { escaped } from '../body/escaping.ts';
import { timesIn } from '../site/times.ts';
import type { Article } from './schemas.ts';

/** Names of another script keep their own direction, and leave that of what stands around them alone. */
export const isolated = (text: string): string => `<bdi>${escaped(text)}</bdi>`;

/** In the words of the language and the time zone of the newsroom. */
export function timeIn(locale: string, timeZone: string): (at: string) => string {
  const time = timesIn(locale, timeZone);
  return (at) => `<time datetime="${escaped(at)}">${escaped(time(at))}</time>`;
}

/** Nothing where there are none. */
export function correctionsHtml({ corrections, locale }: Article, timeZone: string): string {
  if (corrections.length === 0) return '';
  const time = timeIn(locale, timeZone);
  const items = corrections.map(({ at, text }) => `<li>${time(at)}: ${isolated(text)}</li>`);
  return `<aside><ul>${items.join('')}</ul></aside>`;
}
