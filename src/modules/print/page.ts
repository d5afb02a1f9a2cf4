// Builds the print version of a story as a page of its own: the text, who wrote it and when, on which terms, and where it stands. No script, nothing but pictures is loaded.
import { hash } from 'node:crypto';
import { domainToUnicode } from 'node:url';
import { correctionsHtml, isolated, timeIn } from '../articles/marking.ts';
import type { Article } from '../articles/schemas.ts';
import { absoluteIn } from '../body/absolute.ts';
import { escaped } from '../body/escaping.ts';
import { toHtml } from '../body/rendering.ts';
import type { Image } from '../media/schemas.ts';
import { cardsOf } from '../oembed/discovery.ts';
import type { SiteFace } from '../site/face.ts';

const STYLE = `:root{color:#000;background:#fff}body{font:1.1em/1.5 Georgia,serif;max-width:42em;margin:2em auto;padding:0 1em}h1{line-height:1.2}.about,aside,footer{font-size:.85em}img{max-width:100%;height:auto}figure{margin:1em 0}table{border-collapse:collapse}th,td{border:1px solid;padding:.2em .5em;text-align:start}pre{white-space:pre-wrap}footer{border-top:1px solid;margin-top:2em}a{color:inherit;overflow-wrap:anywhere}h2,h3,h4,h5,h6{break-after:avoid}figure,table,pre{break-inside:avoid}@media print{body{margin:0;max-width:none;padding:0}}`;

/** Nothing but this style, and the pictures of stories. */
export const printPolicy = (): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
    'img-src http: https:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** No word that is not the newsroom's own, since none would be in the language of every story. */
export function printPage(story: Article, site: SiteFace, baseUrl: string): string {
  const cards = cardsOf(baseUrl, story).map(
    ({ type, href }) => `<link rel="alternate" type="${type}" href="${escaped(href)}">\n`,
  );
  const time = timeIn(story.locale, site.timeZone);
  const { region, byline, rights, publishedAt, updatedAt } = story;
  const corrected = correctionsHtml(story, site.timeZone);
  const about = [
    byline.length > 0 ? `<address>${byline.map(({ name }) => isolated(name)).join(', ')}</address>` : '',
    `<p>${time(publishedAt)}${updatedAt > publishedAt ? ` · ↻ ${time(updatedAt)}` : ''}</p>`,
  ].join('');
  return `<!doctype html>
<html lang="${escaped(story.locale)}" dir="${story.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(story.title)} · ${escaped(site.name)}</title>
<link rel="canonical" href="${escaped(story.url)}">
${rights.licenceUrl ? `<link rel="license" href="${escaped(rights.licenceUrl)}">\n` : ''}${cards.join('')}<style>${STYLE}</style>
</head>
<body>
<article>
<header>
<p class="about">${isolated(site.name)}${region ? ` · ${isolated(region.name)}` : ''}</p>
<h1>${escaped(story.title)}</h1>
${story.standfirst ? `<p><strong>${escaped(story.standfirst)}</strong></p>\n` : ''}<div class="about">${about}</div>
</header>
${story.image ? figure(story.image) : ''}${toHtml(absoluteIn(story.body.portableText ?? [], site.baseUrl))}
${corrected ? `${corrected}\n` : ''}<footer>
${rights.usageTerms ? `<p>${escaped(rights.usageTerms)}</p>\n` : ''}${rights.holder ? `<p>© ${isolated(rights.holder)}</p>\n` : ''}<p><a href="${escaped(story.url)}" dir="ltr">${escaped(readable(story.url))}</a></p>
</footer>
</article>
</body>
</html>
`;
}

function figure({ url, width, height, alt, caption, credit }: Image): string {
  const words = [caption, credit].flatMap((text) => (text ? isolated(text) : [])).join(' · ');
  const about = words ? `<figcaption class="about">${words}</figcaption>` : '';
  const size = width === null || height === null ? '' : ` width="${width}" height="${height}"`;
  return `<figure><img src="${escaped(url)}"${size} alt="${escaped(alt)}">${about}</figure>\n`;
}

/** In the letters of the language, as browsers show it. */
function readable(url: string): string {
  try {
    const { hostname } = new URL(url);
    return decodeURI(url).replace(hostname, domainToUnicode(hostname));
  } catch {
    return url;
  }
}
