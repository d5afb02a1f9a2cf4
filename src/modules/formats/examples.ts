// Examples of the OpenAPI document for stories in forms that others have set: the invented story of articles/examples.ts.
import type { Static } from 'typebox';
import { article, card } from '../articles/examples.ts';
import type { Article } from '../articles/schemas.ts';
import { ninjsOf } from './ninjs.ts';
import type { NinjsListAnswer } from './ninjs-schemas.ts';
import type { NewsArticle } from './schemas.ts';

const publisher = {
  '@type': 'NewsMediaOrganization',
  name: 'Four Winds Courier',
  url: 'https://www.example.org',
} as const;
export const newsArticle: NewsArticle = {
  '@context': 'https://schema.org',
  '@type': 'NewsArticle',
  '@id': card.url,
  url: card.url,
  headline: card.title,
  inLanguage: 'en',
  mainEntityOfPage: { '@type': 'WebPage', '@id': card.url },
  identifier: card.uri,
  description: 'The first train left at dawn.',
  datePublished: card.publishedAt,
  dateModified: card.updatedAt,
  author: [{ '@type': 'Organization', name: 'Four Winds Courier' }],
  publisher,
  articleSection: 'Highlands',
  keywords: ['Railways'],
  wordCount: 6,
  timeRequired: 'PT1M',
  isAccessibleForFree: true,
  usageInfo: { '@type': 'CreativeWork', text: 'Use is free with a link to the source.' },
  copyrightHolder: { '@type': 'Organization', name: 'Four Winds Courier' },
};

export const text = `Mountain line opens

The first train left at dawn.

Four Winds Courier
May 26, 2026 at 03:46 PM GMT+4

…

Use is free with a link to the source.
${card.url}
`;

export const markdown = `# Mountain line opens

**The first train left at dawn.**

Four Winds Courier

May 26, 2026 at 03:46 PM GMT+4

…

---

Use is free with a link to the source.

[${card.url}](${card.url})
`;

export const ninjs = ninjsOf(article.data as Article, { name: publisher.name, baseUrl: publisher.url });
export const ninjsList: Static<typeof NinjsListAnswer> = {
  data: [ninjs],
  meta: { requestedLocale: 'en', locale: 'en' },
  links: { self: 'http://localhost:3000/v1/ninjs?region=highlands', next: null, prev: null },
};
