// What search takes and answers: the parameters of lists and a question, stories with what was found in them.
import { type Static, Type } from 'typebox';
import {
  AskedLocale,
  Cursor,
  closed,
  Id,
  Key,
  Limit,
  Links,
  Locale,
  list,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
} from '../../schemas.ts';
import {
  ArticleCard,
  ArticleFilters,
  Fields,
  Include,
  Included,
  IsNarrowed,
  SparseArticle,
} from '../articles/schemas.ts';
import { EXTRA_FILTERS } from '../fields/schemas.ts';
import { FACETS } from './facets.ts';
import { MOST_HITS } from './hits.ts';

/** Above, nobody has typed it. */
export const MOST_WORDS = 24;
const Question = Type.String({
  minLength: 1,
  maxLength: 200,
  description: `What was typed: words, "a phrase", -without, OR between; ${MOST_WORDS} words at most`,
});

const searchQuery = query({
  q: Question,
  ...ArticleFilters.properties,
  sort: Type.Optional(
    oneOf(['relevance', '-publishedAt'], {
      default: 'relevance',
      description: `By rank, in which newer stories stand before older ones, among the newest ${MOST_HITS} hits; or all hits, newest first`,
    }),
  ),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
  fields: Type.Optional(Fields),
  include: Type.Optional(Include),
  facets: Type.Optional(
    list(oneOf([...FACETS]), {
      description: `How the newest ${MOST_HITS} hits are spread, the 20 fullest of each`,
    }),
  ),
  count: Type.Optional(
    oneOf(['none', 'estimate'], {
      default: 'none',
      description: `Whether \`meta.count\` is wanted with \`sort=-publishedAt\`; it stops at ${MOST_HITS}. By relevance, it is always there`,
    }),
  ),
});
export type SearchQuery = Static<typeof searchQuery> & { readonly [extra: `extra.${string}`]: string };
export const SearchQuery = Type.Unsafe<SearchQuery>({ ...searchQuery, patternProperties: EXTRA_FILTERS });

export const Segment = closed(
  { text: Type.String({ description: 'Plain text, no markup' }), match: Type.Boolean() },
  { $id: 'Segment', description: 'A piece of a text, and whether it was sought; joined, the pieces are the text' },
);
const highlight = closed({
  title: Type.Array(ref(Segment)),
  snippet: Type.Array(ref(Segment), { description: 'The stretch of the story that has most of what was sought' }),
});
export const SearchHit = closed(
  { ...ArticleCard.properties, highlight },
  { $id: 'SearchHit', description: 'A published story as lists show it, and where it has what was sought' },
);
export const SparseSearchHit = Type.Object(
  { ...SparseArticle.properties, highlight },
  { $id: 'SparseSearchHit', additionalProperties: false, description: 'A hit with the fields asked for' },
);

const count = Type.Integer({ minimum: 1 });
const TermFacet = closed({ id: Id, key: Key, name: Type.String(), count });
const Facets = closed(
  {
    region: Type.Optional(Type.Array(TermFacet, { description: 'With those that contain them' })),
    tag: Type.Optional(Type.Array(TermFacet)),
    kind: Type.Optional(Type.Array(closed({ value: Type.String(), count }))),
    year: Type.Optional(Type.Array(closed({ value: Type.Integer(), count }), { description: 'Newest first, in UTC' })),
  },
  { description: `Of the newest ${MOST_HITS} hits` },
);

const DidYouMean = Type.String({
  description: 'Where little is found: the question with words in place of others that no title and no tag has',
});

export const SearchAnswer = closed({
  data: Type.Array(Type.Union([ref(SearchHit), ref(SparseSearchHit)])),
  included: Type.Optional(ref(Included)),
  meta: closed({
    requestedLocale: Locale,
    locale: Locale,
    views: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
    count: Type.Optional(
      closed(
        { value: Type.Integer({ minimum: 0, maximum: MOST_HITS }), relation: oneOf(['exact', 'atLeast']) },
        { description: `\`atLeast\` ${MOST_HITS}: of more, the newest are ranked` },
      ),
    ),
    facets: Type.Optional(Facets),
    didYouMean: Type.Optional(DidYouMean),
    isNarrowed: IsNarrowed,
  }),
  links: ref(PageLinks),
});

export const SuggestQuery = query({
  q: Type.String({ minLength: 1, maxLength: 100, description: 'What has been typed so far' }),
  locale: Type.Optional(AskedLocale),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, default: 8, description: 'Suggestions at most' })),
});
export type SuggestQuery = Static<typeof SuggestQuery>;
export const Suggestion = closed(
  {
    type: oneOf(['article', 'tag']),
    id: Id,
    key: nullable(Key, { description: 'Of a tag' }),
    text: Type.String({ description: 'Title of the story, or name of the tag; plain text' }),
    slug: nullable(Type.String()),
    url: nullable(Type.String({ format: 'uri' }), { description: 'Of a story' }),
  },
  { $id: 'Suggestion', description: 'A story or a tag of stories that begins with what was typed' },
);
export type Suggestion = Static<typeof Suggestion>;
export const SuggestAnswer = closed({
  data: Type.Array(ref(Suggestion)),
  meta: closed({
    requestedLocale: Locale,
    locale: Locale,
    didYouMean: Type.Optional(DidYouMean),
    isNarrowed: IsNarrowed,
  }),
  links: ref(Links),
});
