// Writes a feed as RSS 2.0 with the modules content, Dublin Core, Media RSS and Atom. What those cannot say is left to the other formats.

import { documentOf, element, type Xml } from '../../xml.ts';
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';
import type { Image } from '../media/schemas.ts';
import { contentOf, summaryOf } from './content.ts';
import { atomLinks, storyLinks } from './links.ts';
import type { Feed } from './reading.ts';

const NAMESPACES = {
  version: '2.0',
  'xmlns:atom': 'http://www.w3.org/2005/Atom',
  'xmlns:content': 'http://purl.org/rss/1.0/modules/content/',
  'xmlns:dc': 'http://purl.org/dc/elements/1.1/',
  'xmlns:media': 'http://search.yahoo.com/mrss/',
};

export function writeRss(feed: Feed): string {
  const { title, head, locale, updatedAt, stories } = feed;
  const terms = head.usageTerms ?? head.holder;
  const channel = element('channel', {}, [
    element('title', {}, title),
    element('link', {}, head.baseUrl),
    element('description', {}, head.tagline ?? title),
    element('language', {}, locale),
    terms === null ? null : element('copyright', {}, terms),
    element('lastBuildDate', {}, rfc822(updatedAt)),
    ...atomLinks('atom:link', feed, 'application/rss+xml'),
    ...stories.map((story) => item(story, feed)),
  ]);
  return documentOf(element('rss', NAMESPACES, [channel]));
}

function item(story: Article, { head, isFull, locale, termsUrl }: Feed): Xml {
  const { uri, title, url, publishedAt, updatedAt, byline, regions, tags, image } = story;
  const terms = termsOf(story);
  return element('item', {}, [
    element('title', {}, title),
    element('link', {}, url),
    element('guid', { isPermaLink: 'false' }, uri),
    element('pubDate', {}, rfc822(publishedAt)),
    element('atom:updated', {}, updatedAt),
    ...byline.map(({ name }) => element('dc:creator', {}, name)),
    story.locale === locale ? null : element('dc:language', {}, story.locale),
    terms === null ? null : element('dc:rights', {}, terms),
    ...regions.map(({ name }) => element('category', { domain: termsUrl('regions') }, name)),
    ...tags.map(({ name, type }) => element('category', { domain: termsUrl('tags', type) }, name)),
    ...storyLinks('atom:link', story),
    element('description', {}, escaped(summaryOf(story))),
    isFull(story) ? element('content:encoded', {}, contentOf(story, head)) : null,
    ...(image ? picture(image) : []),
  ]);
}

export const termsOf = ({ rights: { usageTerms, holder } }: Article): string | null => usageTerms ?? holder;

function picture({ url, width, height, mimeType, bytes, alt, caption, credit }: Image): Xml[] {
  const described = caption ?? alt;
  return [
    element('media:content', { url, type: mimeType, fileSize: bytes, medium: 'image', width, height }, [
      described ? element('media:description', { type: 'plain' }, described) : null,
      credit ? element('media:credit', {}, credit) : null,
    ]),
    // A length of 0 says that it is not known (RSS Best Practices Profile).
    ...(mimeType ? [element('enclosure', { url, length: bytes ?? 0, type: mimeType })] : []),
  ];
}

/** RFC 822 with a year of four digits, as RSS has it. */
const rfc822 = (at: string): string => new Date(at).toUTCString();
