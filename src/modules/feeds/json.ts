// Writes a feed as JSON Feed 1.1.
import type { Article } from '../articles/schemas.ts';
import { contentOf, summaryOf } from './content.ts';
import type { Feed } from './reading.ts';
import type { JsonFeed } from './schemas.ts';

export function writeJson(feed: Feed): string {
  const { title, head, locale, links, hubs, stories } = feed;
  const written: JsonFeed = {
    version: 'https://jsonfeed.org/version/1.1',
    title,
    home_page_url: head.baseUrl,
    feed_url: links.self,
    ...(head.tagline && { description: head.tagline }),
    ...(links.next && { next_url: links.next }),
    ...(head.logoUrl && { icon: head.logoUrl }),
    authors: [{ name: head.name }],
    language: locale,
    ...(hubs.length > 0 && { hubs: hubs.map((url) => ({ type: 'WebSub', url })) }),
    items: stories.map((story) => item(story, feed)),
  };
  return JSON.stringify(written);
}

function item(story: Article, { head, isFull, about }: Feed): JsonFeed['items'][number] {
  const { uri, url, title, locale, publishedAt, updatedAt, byline, regions, tags, image, translations, rights } = story;
  return {
    id: uri,
    url,
    title,
    language: locale,
    ...(isFull(story) ? { content_html: contentOf(story, head) } : { content_text: summaryOf(story) }),
    ...(isFull(story) && { summary: summaryOf(story) }),
    ...(image && { image: image.url }),
    date_published: publishedAt,
    date_modified: updatedAt,
    ...(byline.length > 0 && { authors: byline.map(({ name }) => ({ name })) }),
    tags: [...regions, ...tags].map(({ name }) => name),
    ...(image?.mimeType && {
      attachments: [
        {
          url: image.url,
          mime_type: image.mimeType,
          ...(image.caption && { title: image.caption }),
          ...(image.bytes && { size_in_bytes: image.bytes }),
        },
      ],
    }),
    _dateline: {
      about,
      translations: translations.map((one) => ({ hreflang: one.locale, url: one.url })),
      rights,
    },
  };
}
