// What stands around a story, on the wire: related ones, neighbours, parts of a series.
import { Type } from 'typebox';
import { AskedLocale, closed, Id, KeyOrId, Links, Locale, LocaleMeta, nullable, query, ref } from '../../schemas.ts';
import { ArticleCard, TagRef } from '../articles/schemas.ts';

const limit = (usual: number, maximum: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, default: usual, description: 'So many at most' }));
const meta = { requestedLocale: Locale, locale: Locale };

export const AroundParams = closed({ id: Id });
export const RelatedQuery = query({ locale: Type.Optional(AskedLocale), limit: limit(6, 20) });
export const RelatedAnswer = closed({
  data: Type.Array(ref(ArticleCard)),
  meta: closed({
    ...meta,
    chosen: Type.Integer({ minimum: 0, description: "So many of the first are the editor's choice" }),
  }),
  links: ref(Links),
});

const one = (description: string) => Type.Optional({ ...KeyOrId, description });
export const AdjacentQuery = query({
  locale: Type.Optional(AskedLocale),
  region: one('Key or id of a region: among the stories of it and what it contains'),
  tag: one('Key or id of a tag: among the stories that have it'),
});
export const AdjacentAnswer = closed({
  data: closed({
    previous: nullable(ref(ArticleCard), { description: 'The story that came out before it; null for the first' }),
    next: nullable(ref(ArticleCard), { description: 'The one that came out after it; null for the newest' }),
  }),
  meta: ref(LocaleMeta),
  links: ref(Links),
});

export const SeriesQuery = query({ locale: Type.Optional(AskedLocale), limit: limit(20, 100) });
export const SeriesAnswer = closed({
  data: Type.Array(
    closed({
      tag: ref(TagRef),
      position: Type.Integer({ minimum: 1, description: 'Which part this story is' }),
      count: Type.Integer({ minimum: 1, description: 'Of how many' }),
      parts: Type.Array(closed({ position: Type.Integer({ minimum: 1 }), article: ref(ArticleCard) }), {
        description:
          'In the order in which they came out, this story among them; around it where there are more than `limit`',
      }),
    }),
    { description: 'One for each tag of the type `series`' },
  ),
  meta: ref(LocaleMeta),
  links: ref(Links),
});

export const ChainAnswer = closed({
  data: closed({
    earlier: Type.Array(ref(ArticleCard), { description: 'What it carries on, the first of all first' }),
    later: Type.Array(ref(ArticleCard), { description: 'What carries it on, nearest first' }),
  }),
  meta: ref(LocaleMeta),
  links: ref(Links),
});
