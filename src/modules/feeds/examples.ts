// Examples of the OpenAPI document for feeds: one invented story.
import { article } from '../articles/examples.ts';
import type { Article } from '../articles/schemas.ts';
import type { JsonFeed } from './schemas.ts';

const { uri, url, title, standfirst, body, publishedAt, updatedAt, translations, rights } = article.data as Article;
const [self, home] = ['http://localhost:3000/v1/feeds', 'https://www.example.org'];

export const rss = `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>The Evening Ferry</title><link>${home}</link><description>What the day brought ashore</description>
<item><title>${title}</title><link>${url}</link><guid isPermaLink="false">${uri}</guid></item></channel></rss>`;

export const atom = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>tag:www.example.org,2026-05-26:feed/en</id><title>The Evening Ferry</title>
<updated>${updatedAt}</updated><link rel="self" type="application/atom+xml" href="${self}/atom"/></feed>`;

export const json: JsonFeed = {
  version: 'https://jsonfeed.org/version/1.1',
  title: 'The Evening Ferry',
  home_page_url: home,
  feed_url: `${self}/json`,
  authors: [{ name: 'The Evening Ferry' }],
  language: 'en',
  items: [
    {
      id: uri,
      url,
      title,
      language: 'en',
      content_html: body.html ?? '',
      ...(standfirst && { summary: standfirst }),
      date_published: publishedAt,
      date_modified: updatedAt,
      authors: [{ name: 'Four Winds Courier' }],
      tags: ['Highlands', 'Railways'],
      _dateline: {
        about: `${self.replace('/v1/feeds', '')}/docs`,
        translations: translations.map((one) => ({ hreflang: one.locale, url: one.url })),
        rights,
      },
    },
  ],
};
