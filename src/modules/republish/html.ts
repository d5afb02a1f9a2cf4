// A republished story as a fragment of HTML. No word in it is not the newsroom's own, since none would be in the language of every story.
import { correctionsHtml, isolated } from '../articles/marking.ts';
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';

/** @param timeZone of the newsroom, for the times of corrections */
export function htmlOf(story: Article, timeZone: string, bodyHtml: string, pixelUrl: string): string {
  const { locale, direction, title, standfirst, byline, rights } = story;
  const names = byline.map(({ name }) => isolated(name)).join(', ');
  const terms = licenceOf(rights);
  return [
    `<article lang="${escaped(locale)}" dir="${direction}">`,
    `<h1>${escaped(title)}</h1>`,
    standfirst && `<p><strong>${escaped(standfirst)}</strong></p>`,
    names && `<address>${names}</address>`,
    bodyHtml,
    correctionsHtml(story, timeZone),
    '<footer>',
    `<p>${rights.attributionHtml}</p>`,
    terms && `<p>${terms}</p>`,
    pixel(pixelUrl),
    '</footer>',
    '</article>',
  ]
    .filter(Boolean)
    .join('\n');
}

/** Its words, and where it stands; null where there is neither. */
function licenceOf({ usageTerms, licenceUrl }: Article['rights']): string | null {
  if (licenceUrl === null) return usageTerms && escaped(usageTerms);
  return `<a rel="license" href="${escaped(licenceUrl)}">${escaped(usageTerms ?? licenceUrl)}</a>`;
}

/** Loaded eagerly, since a picture below what is seen would else count those alone who read to the end. */
const pixel = (url: string): string =>
  `<img src="${escaped(url)}" width="1" height="1" alt="" loading="eager" referrerpolicy="no-referrer-when-downgrade">`;
