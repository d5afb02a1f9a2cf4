// Partners on the wire, for the desk: what they may have, and what they took. Their keys are told by the routes of keys alone.
import { type Static, Type } from 'typebox';
import {
  Cursor,
  closed,
  DateTime,
  date,
  Id,
  Key,
  KeyOrId,
  Limit,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  PageLinks,
  query,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';

/** Names a partner in pages that the world can read. */
export const CODE = { pattern: '^[a-z0-9]{10}$', maxLength: 10 };

const NARROWED = 'Lists leave out all other stories, and single ones are a 403';
const name = Text(200, 'Whom the newsroom knows it as');
const decided = {
  kinds: nullable(Type.Array(ref(KindSchema), { minItems: 1, uniqueItems: true }), {
    description: `Stories of these kinds alone; null for all. ${NARROWED}`,
  }),
  fullText: Type.Boolean({
    description: 'Whether it gets texts; else titles, standfirsts and what stands beside them',
  }),
  embargoed: Type.Boolean({ description: 'Whether it may republish before the embargo for partners is over' }),
  perMinute: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Requests in a minute of the clock' }),
  perDay: Type.Integer({ minimum: 1, maximum: 100_000_000, description: 'Requests in a day (UTC)' }),
};
const terms = <T extends typeof Locale>(items: T, what: string) =>
  nullable(Type.Array(items, { minItems: 1, maxItems: 200, uniqueItems: true }), {
    description: `${what}; null for all. ${NARROWED}`,
  });

export const Partner = closed(
  {
    id: Id,
    key: Key,
    code: Type.String({ ...CODE, description: 'Names the partner in the pages where it republishes' }),
    name,
    regions: terms(Key, 'Stories of these regions and of what lies in them'),
    tags: terms(Key, 'Stories with any of these tags'),
    locales: terms(Locale, 'These languages'),
    ...decided,
    disabled: Type.Boolean({ description: 'Whether all its keys are refused' }),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'Partner', description: 'Who takes stories from the newsroom, and which' },
);
export type Partner = Static<typeof Partner>;

const given = {
  name,
  regions: terms(KeyOrId, 'Stories of these regions, by key or id, and of what lies in them'),
  tags: terms(KeyOrId, 'Stories with any of these tags, by key or id'),
  locales: terms(Locale, 'These languages, by tag or alias'),
  ...decided,
};
const optional = Type.Partial(closed(given)).properties;
export const PartnerInput = closed(
  { ...optional, key: Key, name },
  {
    $id: 'PartnerInput',
    description: 'Without more: all stories with their texts, after the embargo, 60 requests a minute and 10,000 a day',
  },
);
export const PartnerPatch = Type.Partial(
  closed({ ...given, disabled: Type.Boolean({ description: 'Whether all its keys are refused' }) }),
  { $id: 'PartnerPatch', additionalProperties: false, minProperties: 1 },
);
export type PartnerInput = Static<typeof PartnerInput>;
export type PartnerPatch = Static<typeof PartnerPatch>;

export const PartnerAnswer = closed({ data: ref(Partner), meta: ref(NoMeta), links: ref(Links) });
export const PartnerListAnswer = closed({ data: Type.Array(ref(Partner)), meta: ref(NoMeta), links: ref(Links) });
export const PartnerParams = closed({ id: Id });

const day = (description: string) => date(description);
const span = {
  from: Type.Optional(day('First day (UTC); 29 days before the last without it')),
  to: Type.Optional(day('Last day (UTC); today without it')),
};
export const UsageQuery = query({
  ...span,
  interval: Type.Optional(oneOf(['day'], { default: 'day', description: 'Days of UTC, at most 400' })),
});
export const UsedStoriesQuery = query({ ...span, limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) });
export type UsageQuery = Static<typeof UsageQuery>;

const times = Type.Integer({ minimum: 0, description: 'How often it was taken' });
const reads = Type.Integer({ minimum: 0, description: 'How often it was read where the partner republishes' });
const formats = Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
  description:
    'How often in which form; `list` are lists with texts, `article` single stories, the others their own media types',
});
const bounds = { from: day('First day (UTC)'), to: day('Last day (UTC)') };
export const Usage = closed(
  {
    ...bounds,
    taken: times,
    formats,
    reads,
    points: Type.Array(closed({ day: day('UTC'), taken: times, reads }), {
      description: 'Each day, those on which nothing happened as well',
    }),
  },
  { $id: 'PartnerUsage', description: 'What a partner took, and how often that was read' },
);
export type Usage = Static<typeof Usage>;
export const UsedStory = closed(
  {
    articleId: Id,
    locale: Locale,
    title: nullable(Type.String(), { description: 'As it is public now; null where it is not' }),
    taken: times,
    formats,
    reads,
    firstTakenAt: nullable(DateTime),
    lastTakenAt: nullable(DateTime, { description: 'Null where it was only read in these days' }),
  },
  { $id: 'PartnerUsedStory', description: 'A story in one language that a partner took or that was read there' },
);
export type UsedStory = Static<typeof UsedStory>;
export const UsageAnswer = closed({ data: ref(Usage), meta: ref(NoMeta), links: ref(Links) });
export const UsedStoriesAnswer = closed({
  data: Type.Array(ref(UsedStory)),
  meta: closed(bounds),
  links: ref(PageLinks),
});
