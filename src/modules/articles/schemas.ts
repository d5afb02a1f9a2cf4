// What a published story looks like on the wire: the card of lists, the document of its page, and the parameters of both.
import { type Static, Type } from 'typebox';
import {
  AskedLocale,
  Country,
  Cursor,
  closed,
  DateTime,
  dateTime,
  Id,
  Key,
  KeyOrId,
  Limit,
  Links,
  Locale,
  list,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  Slug,
  WebUrl,
} from '../../schemas.ts';
import { PortableText } from '../body/schemas.ts';
import { Contributor } from '../contributors/schemas.ts';
import { CONTRIBUTOR_TYPES } from '../contributors/tables.ts';
import { EXTRA_FILTERS, EXTRA_PART, Extra } from '../fields/schemas.ts';
import { Image, Media } from '../media/schemas.ts';
import { Region } from '../regions/schemas.ts';
import { Fallback } from '../site/fallback.ts';
import { Tag } from '../tags/schemas.ts';
import { TAG_TYPES } from '../tags/tables.ts';
import { Corrections, KindSchema } from './kinds.ts';
import { Heading, OutboundLink, Seo, Share } from './page-schemas.ts';
import { SHORT_CODE } from './short-codes.ts';

const term = {
  id: Id,
  key: Key,
  name: Type.String(),
  slug: nullable(Type.String(), { description: 'Null where it has no text in any locale' }),
};
export const RegionRef = closed(term, {
  $id: 'RegionRef',
  description: 'A region, named in the language of the story',
});
export const TagRef = closed(
  { ...term, type: oneOf([...TAG_TYPES]) },
  { $id: 'TagRef', description: 'A typed tag, named in the language of the story' },
);
export const ContributorRef = closed(
  { ...term, type: oneOf([...CONTRIBUTOR_TYPES]) },
  { $id: 'ContributorRef', description: 'A person or organisation of the byline' },
);
export const Translation = closed(
  { locale: Locale, slug: Slug, title: Type.String(), url: WebUrl },
  { $id: 'Translation', description: 'The same story in another language' },
);
export const ArticleRights = closed(
  {
    usageTerms: nullable(Type.String(), { description: 'The licence line, in the language of the story' }),
    attributionRequired: Type.Boolean({ description: 'Whether any use has to carry `attributionHtml`' }),
    attributionUrl: nullable(WebUrl, { description: 'Where the name of the holder leads to' }),
    attributionHtml: Type.String({
      description:
        'The credit, ready to be placed: safe HTML with a hyperlink to the canonical address under the title, and the name of the holder, or else of the publication',
    }),
    holder: nullable(Type.String()),
    licenceUrl: nullable(WebUrl, { description: 'The licence itself, also told as `Link: rel="license"`' }),
    syndicatable: Type.Boolean({ description: 'Whether others may republish it at all' }),
    partnerEmbargoMinutes: Type.Integer({
      minimum: 0,
      description:
        'Minutes after it first came out in this language in which only partners who are entitled to embargoed stories may republish it',
    }),
    syndicatableFrom: nullable(DateTime, {
      description: 'When these minutes are over, for everybody else; null where it is not syndicatable',
    }),
  },
  { $id: 'ArticleRights', description: 'On which terms others may use the story' },
);

export type ArticleRights = Static<typeof ArticleRights>;

const card = {
  id: Id,
  uri: Type.String({
    description: 'Permanent tag URI (RFC 4151): never changes, whatever becomes of title, slug or host',
  }),
  kind: ref(KindSchema),
  locale: Locale,
  direction: oneOf(['ltr', 'rtl'], { description: 'Direction of the script' }),
  title: Type.String(),
  standfirst: nullable(Type.String(), { description: 'Summary under the headline' }),
  slug: Slug,
  url: Type.String({ format: 'uri', description: 'Canonical address of the story on the front end' }),
  firstPublishedAt: dateTime('When it first went out in this language; of a story that was dated back, that date'),
  publishedAt: dateTime('Date of the story: when it went out, or what an editor gave it'),
  updatedAt: dateTime('Last major edit; a minor one does not move it'),
  region: nullable(ref(RegionRef), { description: 'The rubric' }),
  regions: Type.Array(ref(RegionRef)),
  tags: Type.Array(ref(TagRef)),
  byline: Type.Array(ref(ContributorRef)),
  image: nullable(ref(Image), { description: 'The picture that stands for it' }),
  wordCount: Type.Integer({ minimum: 0, description: 'Words of the text, by the rules of its script' }),
  readingMinutes: Type.Integer({
    minimum: 0,
    description: 'At the speed at which the language is read (IReST, 2012), rounded up; 0 without a text',
  }),
  extra: ref(Extra),
  translations: Type.Array(ref(Translation), { description: 'The other languages in which it is public' }),
};
const page = {
  body: closed(
    {
      html: Type.Optional(Type.String({ description: 'Safe HTML, made from the Portable Text' })),
      text: Type.Optional(Type.String({ description: 'Plain text, paragraphs separated by an empty line' })),
      portableText: Type.Optional(ref(PortableText)),
    },
    { description: 'All three forms, or those that `fields` names' },
  ),
  toc: Type.Array(ref(Heading), { description: 'The headings of the text, in reading order' }),
  links: Type.Array(ref(OutboundLink), { description: 'Where the text leads to on other hosts, each address once' }),
  originalLocale: nullable(Locale, {
    description: 'The language it was written in, which the others translate; null where that is not public',
  }),
  share: ref(Share),
  corrections: Corrections,
  rights: ref(ArticleRights),
};

/** Put to the ready texts where it is asked for. */
const served = {
  isFallback: Type.Optional(
    Type.Boolean({
      description: 'In lists with `fallback`: whether it is in another language than the one asked for',
    }),
  ),
};
export const ArticleCard = closed(
  { ...card, ...served },
  { $id: 'ArticleCard', description: 'A published story as lists show it' },
);
export const Article = closed(
  { ...card, ...page },
  { $id: 'Article', description: 'A published story in one language' },
);
export type ArticleCard = Static<typeof ArticleCard>;
export type Article = Static<typeof Article>;

const cardFields = Object.keys(card) as (keyof ArticleCard)[];
export const CARD_FIELDS: ReadonlySet<string> = new Set(cardFields);
const FIELDS = [
  ...cardFields,
  ...(Object.keys(page) as (keyof typeof page)[]),
  'body.html',
  'body.text',
  'body.portableText',
] as const;
const INCLUDES = ['region', 'tags', 'contributors', 'media', 'views'] as const;
/** Of a single story. */
export const STORY_INCLUDES = [...INCLUDES, 'seo', 'related'] as const;
export const SORTS = ['-publishedAt', 'publishedAt', '-updatedAt', 'updatedAt'] as const;

export const Fields = list(Type.Union([oneOf([...FIELDS]), EXTRA_PART]), {
  maxItems: 40,
  description:
    'Only these fields; `id` and `locale` always come along, and in lists with `fallback` also `isFallback`. One custom field is `extra.<key>`',
});
const INCLUDED =
  'Full objects of the taxonomy and of pictures under `included`; `views` under `meta.views`, outside the ETag';
export const Include = list(oneOf([...INCLUDES]), { description: INCLUDED });
const StoryInclude = list(oneOf([...STORY_INCLUDES]), {
  description: `${INCLUDED}. \`seo\`, what search engines are told, under \`included.seo\`. \`related\`, the first six to read beside it, under \`included.related\``,
});

const filters = {
  locale: Type.Optional(AskedLocale),
  fallback: Type.Optional(Fallback),
  region: Type.Optional(list(KeyOrId, { description: 'In any of these regions or what they contain' })),
  tag: Type.Optional(list(KeyOrId, { description: 'With any of these tags' })),
  tagAll: Type.Optional(list(KeyOrId, { description: 'With all of these tags' })),
  contributor: Type.Optional(list(KeyOrId, { description: 'By any of these contributors' })),
  kind: Type.Optional(list(ref(KindSchema), { description: 'Of any of these kinds; without it, all but pages' })),
  country: Type.Optional(list(Country, { description: 'In a region that covers any of these countries' })),
  publishedAfter: Type.Optional(dateTime('Published at or after this time')),
  publishedBefore: Type.Optional(dateTime('Published before this time')),
  updatedAfter: Type.Optional(dateTime('Updated at or after this time')),
  ids: Type.Optional(list(Id, { maxItems: 100, description: 'Only these stories' })),
  excludeIds: Type.Optional(list(Id, { maxItems: 100, description: 'Without these stories' })),
};
export const ArticleFilters = query(filters);
export type ArticleFilters = Static<typeof ArticleFilters> & { readonly [extra: `extra.${string}`]: string };

const listQuery = query({
  ...filters,
  sort: Type.Optional(
    oneOf([...SORTS], { default: '-publishedAt', description: 'Order; a minus sign is newest first' }),
  ),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
  fields: Type.Optional(Fields),
  include: Type.Optional(Include),
  count: Type.Optional(
    oneOf(['none', 'estimate', 'exact'], {
      default: 'none',
      description: 'Whether `meta.count` is wanted; `estimate` stops counting at 10,000',
    }),
  ),
});
export type ArticleListQuery = Static<typeof listQuery> & ArticleFilters;
export const ArticleListQuery = Type.Unsafe<ArticleListQuery>({ ...listQuery, patternProperties: EXTRA_FILTERS });
export const ArticleQuery = query({
  locale: Type.Optional(AskedLocale),
  fallback: Type.Optional(Fallback),
  fields: Type.Optional(Fields),
  include: Type.Optional(StoryInclude),
});
export const BySlugQuery = query({ fields: Type.Optional(Fields), include: Type.Optional(StoryInclude) });

export const Views = Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
  description: 'Views by article id, all languages together',
});
const Count = closed({ value: Type.Integer({ minimum: 0 }), relation: oneOf(['exact', 'atLeast']) });
/** With `fields`, any subset of a story; those of `pickFields` always. */
export const SparseArticle = closed(
  { ...Type.Partial(closed({ ...card, ...served, ...page })).properties, id: card.id, locale: card.locale },
  { $id: 'SparseArticle', description: 'A published story with the fields asked for' },
);
export type SparseArticle = Static<typeof SparseArticle>;

export const Included = Type.Object(
  {
    regions: Type.Optional(Type.Array(ref(Region), { description: 'With all that contain them' })),
    tags: Type.Optional(Type.Array(ref(Tag))),
    contributors: Type.Optional(Type.Array(ref(Contributor))),
    media: Type.Optional(Type.Array(ref(Media), { description: 'The pictures that stand for the stories' })),
    seo: Type.Optional(ref(Seo)),
    related: Type.Optional(Type.Array(ref(ArticleCard), { description: "The editor's choice first" })),
  },
  {
    $id: 'Included',
    additionalProperties: false,
    description: 'What came along: full objects of the taxonomy and of pictures, each once',
  },
);

const meta = { requestedLocale: Locale, locale: Locale, views: Type.Optional(Views) };
export const IsNarrowed = Type.Optional(
  Type.Literal(true, { description: 'It holds what the partner is entitled to whose key was sent, and nothing else' }),
);
export const ArticleAnswer = closed({
  data: Type.Union([ref(Article), ref(SparseArticle)]),
  included: Type.Optional(ref(Included)),
  meta: closed({
    ...meta,
    isFallback: Type.Boolean({ description: 'Whether it is in another language than the one asked for' }),
  }),
  links: ref(Links),
});
export const ArticleListAnswer = closed({
  data: Type.Array(Type.Union([ref(ArticleCard), ref(SparseArticle)])),
  included: Type.Optional(ref(Included)),
  meta: closed({ ...meta, count: Type.Optional(Count), isNarrowed: IsNarrowed }),
  links: ref(PageLinks),
});
export const TranslationsAnswer = closed({
  data: Type.Array(ref(Translation)),
  meta: ref(NoMeta),
  links: closed({
    self: Type.String(),
    alternate: Type.Array(
      closed({
        hreflang: Type.String({ description: 'A language tag, or x-default' }),
        href: Type.String({ format: 'uri' }),
      }),
      { description: 'For `<link rel="alternate">`, with x-default' },
    ),
  }),
});
export const ArticleParams = closed({ id: Id });
export const ShortParams = closed({
  locale: Locale,
  code: Type.String({ ...SHORT_CODE, description: 'The id of the story, as short as it gets' }),
});
export const BySlugParams = closed({
  locale: Locale,
  slug: Type.String({ minLength: 1, maxLength: 300, description: 'Slug of the story in that locale' }),
});
