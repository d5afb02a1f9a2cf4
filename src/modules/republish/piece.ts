// Puts a story together as it may stand elsewhere: text, credit, licence, and the picture that counts its readers. It judges no right to it.
import type { Article } from '../articles/schemas.ts';
import { absoluteIn } from '../body/absolute.ts';
import { toHtml } from '../body/rendering.ts';
import type { SiteFace } from '../site/face.ts';
import { htmlOf } from './html.ts';
import type { Republished } from './schemas.ts';

/** @param site whose base URL relative addresses stand for */
export async function pieceOf(story: Article, site: SiteFace, pixelUrl: string): Promise<Republished> {
  // With the library that writes Markdown, which nothing needs at the start.
  const { markdownOf } = await import('./markdown.ts');
  const { id, uri, locale, direction, title, standfirst, publishedAt, updatedAt, url, rights } = story;
  const body = absoluteIn(story.body.portableText ?? [], site.baseUrl);
  const bodyHtml = toHtml(body);
  return {
    ...{ id, uri, locale, direction, title, standfirst, publishedAt, updatedAt, rights, pixelUrl, bodyHtml },
    byline: story.byline.map(({ name }) => name),
    canonicalUrl: url,
    creditHtml: rights.attributionHtml,
    html: htmlOf(story, site.timeZone, bodyHtml, pixelUrl),
    markdown: markdownOf(story, body, site, pixelUrl),
  };
}
