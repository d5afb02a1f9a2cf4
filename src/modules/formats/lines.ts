// What stands above and below the text of a story that is read away from its page: who wrote it and when, corrections, the licence. No word that is not the newsroom's own.
import type { Article } from '../articles/schemas.ts';
import type { SiteFace } from '../site/face.ts';
import { timesIn } from '../site/times.ts';

/** Names, then times. */
export function aboutOf({ locale, byline, publishedAt, updatedAt }: Article, site: SiteFace): string[] {
  const time = timesIn(locale, site.timeZone);
  const times = `${time(publishedAt)}${updatedAt > publishedAt ? ` · ↻ ${time(updatedAt)}` : ''}`;
  return [byline.map(({ name }) => name).join(', ') || site.name, times];
}

export function correctionsOf({ locale, corrections }: Article, site: SiteFace): string[] {
  const time = timesIn(locale, site.timeZone);
  return corrections.map(({ at, text }) => `${time(at)}: ${text}`);
}

/** On which terms it may be used, and whose it is; the addresses stand apart, so that they can be links. */
export const termsOf = ({ rights }: Article): string[] =>
  [rights.usageTerms, rights.holder && `© ${rights.holder}`].filter((line): line is string => Boolean(line));

/** Where it says more of the licence, and where the story stands. */
export const addressesOf = ({ rights, url }: Article): string[] =>
  [...new Set([rights.licenceUrl, rights.attributionUrl, url])].filter((address) => address !== null);
