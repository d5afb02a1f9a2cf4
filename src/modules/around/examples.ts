// Examples of the OpenAPI document for what stands around a story.
import type { Static } from 'typebox';
import { list } from '../articles/examples.ts';
import type { ArticleCard } from '../articles/schemas.ts';
import type { AdjacentAnswer, ChainAnswer, RelatedAnswer, SeriesAnswer } from './schemas.ts';

const cards = list.data as ArticleCard[];
const [card = null] = cards;
const meta = { requestedLocale: 'en', locale: 'en' };
const self = (part: string) => ({ self: `http://localhost:3000/v1/articles/${card?.id}/${part}` });

export const related: Static<typeof RelatedAnswer> = {
  data: cards,
  meta: { ...meta, chosen: 1 },
  links: self('related'),
};
export const adjacent: Static<typeof AdjacentAnswer> = {
  data: { previous: card, next: null },
  meta,
  links: self('adjacent?region=highlands'),
};
export const series: Static<typeof SeriesAnswer> = {
  data: card
    ? [
        {
          tag: {
            id: '01980a2e-0002-7000-8000-000000000009',
            key: 'night-trains',
            type: 'series',
            name: 'Night trains',
            slug: 'night-trains',
          },
          position: 2,
          count: 5,
          parts: [{ position: 2, article: card }],
        },
      ]
    : [],
  meta,
  links: self('series'),
};
export const chain: Static<typeof ChainAnswer> = { data: { earlier: cards, later: [] }, meta, links: self('chain') };
