// Example of the OpenAPI document for what is read most.
import type { Static } from 'typebox';
import { list } from '../articles/examples.ts';
import type { TrendingAnswer } from './schemas.ts';

const { data, meta } = list;

export const trending: Static<typeof TrendingAnswer> = {
  data,
  meta: {
    requestedLocale: meta.requestedLocale,
    locale: meta.locale,
    window: '24h',
    refreshedAt: '2026-05-27T09:30:00.120Z',
    ranking: data.map(({ id }) => ({ id, views: 301, score: 214.85 })),
  },
  links: { self: 'http://localhost:3000/v1/trending?window=24h' },
};
