// Examples of the OpenAPI document for search.
import type { Static } from 'typebox';
import { list } from '../articles/examples.ts';
import type { ArticleCard } from '../articles/schemas.ts';
import type { SearchAnswer, SuggestAnswer } from './schemas.ts';

export const found: Static<typeof SearchAnswer> = {
  data: (list.data as ArticleCard[]).map((card) => ({
    ...card,
    highlight: {
      title: [
        { text: 'Mountain ', match: false },
        { text: 'line', match: true },
        { text: ' opens', match: false },
      ],
      snippet: [{ text: 'The first train left at dawn.', match: false }],
    },
  })),
  meta: {
    requestedLocale: 'en',
    locale: 'en',
    count: { value: 1, relation: 'exact' },
    facets: { kind: [{ value: 'news', count: 1 }], year: [{ value: 2026, count: 1 }] },
  },
  links: { self: 'http://localhost:3000/v1/search?q=lines&facets=kind,year', next: null, prev: null },
};

export const suggestions: Static<typeof SuggestAnswer> = {
  data: [
    {
      type: 'tag',
      id: '01980a2e-0002-7000-8000-000000000002',
      key: 'railways',
      text: 'Railways',
      slug: 'railways',
      url: null,
    },
    {
      type: 'article',
      id: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
      key: null,
      text: 'Mountain railway opens',
      slug: 'mountain-railway-opens',
      url: 'https://www.example.org/en/mountain-railway-opens',
    },
  ],
  meta: { requestedLocale: 'en', locale: 'en', didYouMean: 'railw' },
  links: { self: 'http://localhost:3000/v1/search/suggest?q=railv' },
};
