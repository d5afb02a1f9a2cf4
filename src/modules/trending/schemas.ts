// What is read most, on the wire: its parameters, and the stories with their numbers.
import { Type } from 'typebox';
import {
  AskedLocale,
  closed,
  DateTime,
  Id,
  KeyOrId,
  Limit,
  Links,
  Locale,
  list,
  nullable,
  oneOf,
  query,
  ref,
} from '../../schemas.ts';
import { ArticleCard, Fields, Include, Included, SparseArticle, Views } from '../articles/schemas.ts';
import { Fallback } from '../site/fallback.ts';
import { SPANS } from './spans.ts';

/** Pairs of region and tag are lists of their own: 25 of them at most. */
const MOST = 5;

const SpanSchema = oneOf([...SPANS], {
  default: '24h',
  description:
    'The time before now that counts, to the minute. A view weighs half after a quarter of it, about: 6 hours in `24h`, 42 hours in `7d`, 7 days in `30d`; all weigh alike in `1h` and `all`',
});
export const TrendingQuery = query({
  window: Type.Optional(SpanSchema),
  locale: Type.Optional(AskedLocale),
  fallback: Type.Optional(Fallback),
  region: Type.Optional(list(KeyOrId, { maxItems: MOST, description: 'In any of these regions or what they contain' })),
  tag: Type.Optional(list(KeyOrId, { maxItems: MOST, description: 'With any of these tags' })),
  limit: Type.Optional(Limit),
  fields: Type.Optional(Fields),
  include: Type.Optional(Include),
});

const Ranking = Type.Array(
  closed({
    id: Id,
    views: Type.Integer({ minimum: 0, description: 'Views in the language of the story within the window' }),
    score: Type.Number({ minimum: 0, description: 'The same, older views weighing less: what the order is by' }),
  }),
  { description: 'The stories of `data` in the same order; outside the ETag' },
);
export const TrendingAnswer = closed({
  data: Type.Array(Type.Union([ref(ArticleCard), ref(SparseArticle)])),
  included: Type.Optional(ref(Included)),
  meta: closed({
    requestedLocale: Locale,
    locale: Locale,
    window: oneOf([...SPANS]),
    refreshedAt: nullable(DateTime, {
      description: 'When the order was made, once a minute; null before the first time. Outside the ETag',
    }),
    ranking: Ranking,
    views: Type.Optional(Views),
  }),
  links: ref(Links),
});
