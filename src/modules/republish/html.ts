// A republished story as a fragment of HTML. No word in it is not the newsroom's own, since none would be in the language of every story.
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';

export function htmlOf(story: Article, bodyHtml: string, pixelUrl: string): string {
  const { locale, direction, title, standfirst, byline, corrections, rights } = story;
  const names = byline.map(({ name }) => `<bdi>${escaped(name)}</bdi>`).join(', ');
  const notes = corrections.map(
    ({ at, text }) => `<li><time datetime="${escaped(at)}">${escaped(at.slice(0, 10))}</time>: ${escaped(text)}</li>`,
  );
  const terms = licenceOf(rights);
  return [
    `<article lang="${escaped(locale)}" dir="${direction}">`,
    `<h1>${escaped(title)}</h1>`,
    standfirst && `<p><strong>${escaped(standfirst)}</strong></p>`,
    names && `<address>${names}</address>`,
    bodyHtml,
    notes.length > 0 && `<aside><ul>${notes.join('')}</ul></aside>`,
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
