// What editors send and see: articles with their working state, drafts per locale. What leads from one state to another is in transition-schemas.ts.
import { type Static, Type } from 'typebox';
import { documented, withMember, without } from '../../conditions.ts';
import {
  byLocale,
  Cursor,
  closed,
  DateTime,
  Id,
  Key,
  KeyOrId,
  keywordsOf,
  Limit,
  Links,
  Locale,
  list,
  NoMeta,
  nullable,
  oneOf,
  onlyIn,
  PageLinks,
  query,
  ref,
  Slug,
  Text,
  Version,
} from '../../schemas.ts';
import { Corrections, Headline, KindSchema } from '../articles/kinds.ts';
import { BodyInput, BodyOutput, BodyWarning } from '../body/schemas.ts';
import { DraftExtra, DraftExtraInput, StoryExtra, StoryExtraInput } from '../fields/schemas.ts';
import { OpenBy } from '../locks/schemas.ts';
import { Rights } from '../site/schemas.ts';

export const DRAFT_STATUSES = [
  'draft',
  'in_review',
  'approved',
  'scheduled',
  'published',
  'withdrawn',
  'archived',
] as const;
export type DraftStatus = (typeof DRAFT_STATUSES)[number];

const RightsOverride = Type.Partial(Rights, {
  additionalProperties: false,
  description: "Overrides of the site's rights",
});
const neutral = {
  kind: ref(KindSchema),
  externalId: nullable(Text(200), { description: 'Id in the system the story came from; unique' }),
  region: nullable(KeyOrId, { description: 'The rubric; it need not be repeated in `regions`' }),
  regions: Type.Array(KeyOrId, { maxItems: 50 }),
  tags: Type.Array(KeyOrId, { maxItems: 100 }),
  byline: Type.Array(KeyOrId, { maxItems: 50, description: 'Contributors, in order' }),
  image: nullable(Id, { description: 'The picture that stands for the story' }),
  rights: nullable(RightsOverride),
  related: Type.Array(Id, {
    maxItems: 20,
    description:
      'Stories to read beside it, best first. Readers are shown those that are public, whatever becomes of the others',
    ...documented({ uniqueItems: true }),
  }),
  follows: nullable(Id, { description: 'The story that this one carries on; never in a circle' }),
  extra: ref(StoryExtraInput),
};
const originalLocale = Type.String({
  ...Locale,
  description: 'The language it is written in, which the others translate; one in which it has a draft',
});
/** Not stored with the text, and by itself no change of it. */
const note = Text(500, 'What is said of this save, for the list of revisions');
const text = {
  title: Headline,
  standfirst: nullable(Text(2000), { description: 'Summary under the headline' }),
  slug: Slug,
  body: ref(BodyInput),
  corrections: Corrections,
  extra: ref(DraftExtraInput),
};

export const DraftInput = closed(
  {
    title: text.title,
    standfirst: Type.Optional(text.standfirst),
    slug: Type.Optional(text.slug),
    body: Type.Optional(text.body),
    corrections: Type.Optional(text.corrections),
    extra: Type.Optional(text.extra),
  },
  { $id: 'DraftInput', description: 'A draft in one language; without a slug, one is made from the title' },
);
export type DraftInput = Static<typeof DraftInput>;
const work = {
  assignee: nullable(Id, { description: 'The person it waits for, who must be able to read drafts' }),
  sourceVersion: Type.Integer({
    minimum: 1,
    maximum: 999_999_999,
    description: 'Version of the original that this translation is up to date with',
  }),
};
export const DraftPatch = Type.Partial(closed({ ...text, ...work, note }), {
  $id: 'DraftPatch',
  additionalProperties: false,
  minProperties: 1,
  ...documented(withMember('note', { not: without(...Object.keys(text)) })),
});
export type DraftPatch = Static<typeof DraftPatch>;
export const NewTranslation = closed(
  { locale: Locale, ...DraftInput.properties, note: Type.Optional(note) },
  { $id: 'NewTranslation' },
);

export const ArticleInput = closed(
  {
    kind: Type.Optional(ref(KindSchema)),
    externalId: Type.Optional(neutral.externalId),
    region: Type.Optional(neutral.region),
    regions: Type.Optional(neutral.regions),
    tags: Type.Optional(neutral.tags),
    byline: Type.Optional(neutral.byline),
    image: Type.Optional(neutral.image),
    rights: Type.Optional(neutral.rights),
    related: Type.Optional(neutral.related),
    follows: Type.Optional(neutral.follows),
    extra: Type.Optional(neutral.extra),
    originalLocale: Type.Optional({
      ...originalLocale,
      description: `${keywordsOf(originalLocale).description}; the first one without it`,
    }),
    note: Type.Optional(note),
    locales: byLocale(ref(DraftInput), {
      minProperties: 1,
      maxProperties: 50,
      description: 'One draft for each locale, as {"en": {...}}',
    }),
  },
  { $id: 'ArticleInput' },
);
export type ArticleInput = Static<typeof ArticleInput>;
const RightsPatch = Type.Partial(
  closed({
    usageTerms: nullable(byLocale(nullable(Text(1000)))),
    attributionRequired: nullable(Rights.properties.attributionRequired),
    attributionUrl: Rights.properties.attributionUrl,
    holder: Rights.properties.holder,
    licenceUrl: Rights.properties.licenceUrl,
    syndicatable: nullable(Rights.properties.syndicatable),
    partnerEmbargoMinutes: nullable(Rights.properties.partnerEmbargoMinutes),
  }),
  {
    additionalProperties: false,
    description: "Merged into what is there; null takes an override away, so that the site's rights count",
  },
);
export const ArticlePatch = Type.Partial(closed({ ...neutral, rights: nullable(RightsPatch), originalLocale, note }), {
  $id: 'ArticlePatch',
  additionalProperties: false,
  minProperties: 1,
  ...documented(withMember('note', { minProperties: 2 })),
});
export type ArticlePatch = Static<typeof ArticlePatch>;

export const DraftState = closed(
  {
    locale: Locale,
    title: Type.String(),
    slug: Slug,
    status: oneOf([...DRAFT_STATUSES]),
    version: Version,
    publishedVersion: nullable(Type.Integer(), { description: 'The version that is live, or null' }),
    changedSincePublished: Type.Boolean({
      description: 'Whether the text was saved since; what the story has in every language does not count here',
    }),
    storyChangedSincePublished: Type.Boolean({
      description:
        'Whether readers of this language are shown another kind, region, byline or picture, other regions, tags, rights, related stories or custom fields than the story has by now: what it has in every language goes out with the next publishing in each',
    }),
    firstPublishedAt: nullable(DateTime),
    publishedAt: nullable(DateTime),
    updatedAt: DateTime,
    assignee: work.assignee,
    sourceVersion: nullable(Type.Integer({ minimum: 0 }), {
      description: 'Version of the original that this translation is up to date with; null for the original',
    }),
    lock: OpenBy,
  },
  { $id: 'DraftState', description: 'Where the story stands in one language' },
);
export const DeskArticle = closed(
  {
    id: Id,
    kind: ref(KindSchema),
    externalId: nullable(Type.String()),
    region: nullable(Key),
    regions: Type.Array(Key),
    tags: Type.Array(Key),
    byline: Type.Array(Key),
    image: nullable(Id),
    rights: nullable(RightsOverride),
    related: Type.Array(Id),
    follows: nullable(Id),
    extra: ref(StoryExtra),
    originalLocale: nullable(Locale, { description: 'The language it is written in' }),
    createdBy: nullable(Id, { description: 'The person who made it; null for a key or an import' }),
    locales: Type.Array(ref(DraftState)),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'DeskArticle', description: 'A story as the desk sees it' },
);
export type DeskArticle = Static<typeof DeskArticle>;
export const Draft = closed(
  {
    articleId: Id,
    ...Type.Omit(DraftState, ['lock', 'storyChangedSincePublished']).properties,
    standfirst: nullable(Type.String()),
    body: ref(BodyOutput),
    corrections: Corrections,
    extra: ref(DraftExtra),
    createdAt: DateTime,
  },
  { $id: 'Draft', description: 'The working text in one language' },
);
export type Draft = Static<typeof Draft>;

export const BodyMeta = closed(
  {
    warnings: Type.Optional(Type.Array(ref(BodyWarning), { description: 'What of the body could not be represented' })),
  },
  { $id: 'BodyMeta' },
);
export const DeskArticleAnswer = closed({
  data: ref(DeskArticle),
  meta: ref(BodyMeta),
  links: ref(Links),
});
export const DraftAnswer = closed({
  data: ref(Draft),
  meta: ref(BodyMeta),
  links: ref(Links),
});
export const DeskListQuery = query({
  status: Type.Optional(list(oneOf([...DRAFT_STATUSES]), { description: 'With a draft in any of these states' })),
  locale: Type.Optional(onlyIn('With a draft')),
  kind: Type.Optional(list(ref(KindSchema), { description: 'Of any of these kinds' })),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'With a draft whose title, standfirst and slug have words that begin like all of these; accents and case are one',
    }),
  ),
  region: Type.Optional(list(KeyOrId, { description: 'In any of these regions or what they contain' })),
  tag: Type.Optional(list(KeyOrId, { description: 'With any of these tags' })),
  contributor: Type.Optional(list(KeyOrId, { description: 'By any of these contributors' })),
  externalId: Type.Optional(Text(200, 'Id in the system the story came from')),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const DeskListAnswer = closed({ data: Type.Array(ref(DeskArticle)), meta: ref(NoMeta), links: ref(PageLinks) });

export const ArticleIdParams = closed({ id: Id });
export const DraftParams = closed({ id: Id, locale: Locale });
