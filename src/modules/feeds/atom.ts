// Writes a feed as Atom 1.0 (RFC 4287) in pages (RFC 5005 section 3), and what was withdrawn (RFC 6721).

import { documentOf, element, type Xml } from '../../xml.ts';
import type { Article } from '../articles/schemas.ts';
import { escaped } from '../body/escaping.ts';
import { contentOf, summaryOf } from './content.ts';
import type { Deletion } from './deletions.ts';
import { atomLinks, storyLinks } from './links.ts';
import type { Feed } from './reading.ts';
import { termsOf } from './rss.ts';

/** Named only where it is used: not every reader knows it. */
const TOMBSTONES = { 'xmlns:at': 'http://purl.org/atompub/tombstones/1.0' };
const NAMESPACES = { xmlns: 'http://www.w3.org/2005/Atom', 'xmlns:media': 'http://search.yahoo.com/mrss/' };

export function writeAtom(feed: Feed): string {
  const { id, title, head, locale, updatedAt, stories, deletions } = feed;
  const terms = head.usageTerms ?? head.holder;
  const root = element('feed', { ...NAMESPACES, ...(deletions.length > 0 && TOMBSTONES), 'xml:lang': locale }, [
    element('id', {}, id),
    text('title', title),
    head.tagline ? text('subtitle', head.tagline) : null,
    element('updated', {}, updatedAt),
    element('author', {}, [element('name', {}, head.name), element('uri', {}, head.baseUrl)]),
    element('link', { rel: 'alternate', type: 'text/html', href: head.baseUrl }),
    ...atomLinks('link', feed, 'application/atom+xml'),
    head.licenceUrl ? element('link', { rel: 'license', href: head.licenceUrl }) : null,
    terms === null ? null : text('rights', terms),
    head.logoUrl ? element('logo', {}, head.logoUrl) : null,
    ...stories.map((story) => entry(story, feed)),
    ...deletions.map((deletion) => deletedEntry(deletion, locale)),
  ]);
  return documentOf(root);
}

function entry(story: Article, { head, isFull, locale, termsUrl }: Feed): Xml {
  const { uri, title, url, publishedAt, updatedAt, byline, regions, tags, image } = story;
  const terms = termsOf(story);
  return element('entry', { 'xml:lang': story.locale === locale ? null : story.locale }, [
    element('id', {}, uri),
    text('title', title),
    element('link', { rel: 'alternate', type: 'text/html', hreflang: story.locale, href: url }),
    ...storyLinks('link', story),
    image
      ? element('link', {
          rel: 'enclosure',
          type: image.mimeType,
          length: image.bytes,
          href: image.url,
          title: image.caption,
        })
      : null,
    element('published', {}, publishedAt),
    element('updated', {}, updatedAt),
    ...byline.map(({ name }) => element('author', {}, [element('name', {}, name)])),
    ...regions.map(({ key, name }) => element('category', { term: key, scheme: termsUrl('regions'), label: name })),
    ...tags.map(({ key, name, type }) =>
      element('category', { term: key, scheme: termsUrl('tags', type), label: name }),
    ),
    terms === null ? null : text('rights', terms),
    text('summary', summaryOf(story)),
    isFull(story) ? element('content', { type: 'html' }, contentOf(story, head)) : null,
    image
      ? element('media:content', {
          url: image.url,
          type: image.mimeType,
          fileSize: image.bytes,
          medium: 'image',
          width: image.width,
          height: image.height,
        })
      : null,
  ]);
}

const deletedEntry = ({ uri, at, notice, ...own }: Deletion, locale: string): Xml =>
  element('at:deleted-entry', { ref: uri, when: at, 'xml:lang': own.locale === locale ? null : own.locale }, [
    notice === null ? null : element('at:comment', {}, notice),
  ]);

/**
 * RFC 4287 section 3.1.1: plain unless readers could take it for markup, which is said then. An `&` that begins no reference is
 * plain: parsers that pass the type over, as rss-parser and feedparser do, would show `R&amp;D`.
 */
const text = (name: string, words: string): Xml =>
  /<|&(?:#|\w+;)/.test(words) ? element(name, { type: 'html' }, escaped(words)) : element(name, {}, words);
