// Fronts on the wire: the page as readers get it, and its slots as editors fill them. Which stories stand in a slot is not said here.
import { type Static, Type } from 'typebox';
import { documented, exactlyOne } from '../../conditions.ts';
import {
  AskedLocale,
  byLocale,
  closed,
  DateTime,
  dateTime,
  Id,
  Key,
  Links,
  Locale,
  LocaleMeta,
  Localised,
  list,
  NoMeta,
  nullable,
  oneOf,
  query,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { ArticleCard, Fields, Include, Included, RegionRef, SparseArticle, Views } from '../articles/schemas.ts';
import { Doer } from '../audit/schemas.ts';
import { Fallback } from '../site/fallback.ts';
import { Source } from './sources.ts';

/** What one front may hold at most: its answer then has no more than MOST_STORIES cards. */
export const [MOST_FRONTS, MOST_SLOTS, MOST_STORIES, MOST_CHANGES] = [100, 40, 200, 50];

/* What readers get. */

const slotTitle = nullable(Type.String(), {
  description: 'In the language asked for, or the best there is; null where the slot has none',
});
export const FrontSlot = closed(
  {
    key: Key,
    title: slotTitle,
    items: Type.Array(Type.Union([ref(ArticleCard), ref(SparseArticle)]), {
      description: 'Stories in order; none of them stands in another slot as well',
    }),
    groups: Type.Optional(
      Type.Array(closed({ region: ref(RegionRef), ids: Type.Array(Id) }), {
        description: 'Of a slot with the latest of several regions: which of its stories are there for which region',
      }),
    ),
  },
  { $id: 'FrontSlot', description: 'A named part of a front with its stories' },
);
const named = {
  slug: Key,
  title: Type.String({ description: 'In the language asked for, or the best there is' }),
  description: nullable(Type.String()),
};
export const Front = closed(
  { ...named, slots: Type.Array(ref(FrontSlot)) },
  { $id: 'Front', description: 'A page: slots in order, each filled with stories; no story stands on it twice' },
);
export const FrontEntry = closed(
  { ...named, slots: Type.Array(Key, { description: 'Keys of its slots, in order' }) },
  { $id: 'FrontEntry', description: 'A front as the list of fronts names it' },
);
const meta = { requestedLocale: Locale, locale: Locale };
export const FrontAnswer = closed({
  data: ref(Front),
  included: Type.Optional(ref(Included)),
  meta: closed({ ...meta, views: Type.Optional(Views) }),
  links: ref(Links),
});
export const FrontListAnswer = closed({ data: Type.Array(ref(FrontEntry)), meta: ref(LocaleMeta), links: ref(Links) });
export const FrontParams = closed({ slug: Key });
export const FrontQuery = query({
  locale: Type.Optional(AskedLocale),
  fallback: Type.Optional(Fallback),
  slot: Type.Optional(
    list(Key, {
      maxItems: MOST_SLOTS,
      description: 'Only these slots, with the stories that they have on the whole front',
    }),
  ),
  fields: Type.Optional(Fields),
  include: Type.Optional(Include),
});
export type FrontQuery = Static<typeof FrontQuery>;

/* What editors fill in. */

const pinned = { articleId: Id };
const moment = (description: string) => Type.Optional(nullable(DateTime, { description }));
const place = {
  minimum: 1,
  maximum: 50,
  description: 'Place in the slot, from 1; null: in the order given, before what is automatic',
};
const PinInput = closed({
  ...pinned,
  from: moment('Pinned from this time on'),
  until: moment('Pinned until this time'),
  position: Type.Optional(nullable(Type.Integer(place))),
});
export const Pin = closed(
  { ...pinned, from: nullable(DateTime), until: nullable(DateTime), position: nullable(Type.Integer(place)) },
  { description: 'A story that an editor has put there. While it is not public in a language, it is left out there' },
);
export type Pin = Static<typeof Pin>;

const slot = {
  key: Key,
  title: Localised(200, 'What readers see above it'),
  size: Type.Integer({ minimum: 1, maximum: 50, description: 'Stories at most' }),
};
export const Slot = closed(
  { ...slot, pinned: Type.Array(Pin), source: Source },
  { $id: 'Slot', description: 'A slot of a front: stories that are pinned, and what fills the rest' },
);
export type Slot = Static<typeof Slot>;
export const SlotInput = closed(
  {
    key: slot.key,
    title: Type.Optional(slot.title),
    size: slot.size,
    pinned: Type.Optional(Type.Array(PinInput, { maxItems: 50 })),
    source: Type.Optional(Source),
  },
  { $id: 'SlotInput' },
);
export type SlotInput = Static<typeof SlotInput>;

const texts = {
  title: Localised(200, 'Name of the page'),
  description: Localised(1000, 'For its head, and for search engines'),
};
export interface FrontContent {
  title: Record<string, string>;
  description: Record<string, string>;
  slots: Slot[];
}
const own = {
  public: Type.Boolean({ description: 'Readers see it; else it is there for the desk alone' }),
  position: Type.Integer({ minimum: 0, maximum: 100_000, description: 'Place among the fronts, smallest first' }),
};
const slots = Type.Array(ref(SlotInput), { maxItems: MOST_SLOTS, description: 'All of them, in order' });

const change = { id: Id, at: DateTime };
export const FrontChange = closed(
  {
    ...change,
    slot: Type.Optional(ref(Slot)),
    front: Type.Optional(
      Type.Partial(closed({ ...texts, slots: Type.Array(ref(Slot)) }), { additionalProperties: false }),
    ),
    createdAt: DateTime,
    createdBy: nullable(ref(Doer)),
  },
  { $id: 'FrontChange', description: 'What takes effect by itself at a time: one slot, or parts of the front, anew' },
);
export type FrontChange = Static<typeof FrontChange>;
export const FrontChangeInput = closed(
  {
    at: DateTime,
    slot: Type.Optional(ref(SlotInput)),
    front: Type.Optional(
      Type.Partial(closed({ ...texts, title: { ...texts.title, ...documented({ minProperties: 1 }) }, slots }), {
        additionalProperties: false,
        minProperties: 1,
      }),
    ),
  },
  {
    $id: 'FrontChangeInput',
    description: 'With exactly one of slot, whose key the front has, and front',
    ...documented(exactlyOne('slot', 'front')),
  },
);
export type FrontChangeInput = Static<typeof FrontChangeInput>;

export const DeskFront = closed(
  {
    id: Id,
    slug: Key,
    ...texts,
    ...own,
    slots: Type.Array(ref(Slot)),
    changes: Type.Array(ref(FrontChange), { description: 'What is to change by itself, soonest first' }),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'DeskFront', description: 'A front as editors fill it, as it is now' },
);
export type DeskFront = Static<typeof DeskFront>;
export const FrontInput = closed(
  {
    slug: Key,
    title: { ...texts.title, minProperties: 1 },
    description: Type.Optional(texts.description),
    public: Type.Optional({ ...own.public, default: true }),
    position: Type.Optional({ ...own.position, default: 0 }),
    slots: Type.Optional(slots),
  },
  { $id: 'FrontInput' },
);
export type FrontInput = Static<typeof FrontInput>;
const merged = (maxLength: number) =>
  byLocale(nullable(Text(maxLength)), { description: 'Merged into what is there; null takes a language away' });
export const FrontPatch = Type.Partial(closed({ ...own, title: merged(200), description: merged(1000), slots }), {
  $id: 'FrontPatch',
  additionalProperties: false,
  minProperties: 1,
  description: '`slots` are replaced as a whole',
});
export type FrontPatch = Static<typeof FrontPatch>;

export const FrontWarning = closed({
  pointer: Type.String({ description: 'JSON Pointer (RFC 6901) into `data`' }),
  code: oneOf(['not_public', 'missing', 'ended', 'beyond_size', 'no_such_slot']),
  message: Type.String(),
});
export type FrontWarning = Static<typeof FrontWarning>;
export const DeskFrontAnswer = closed({
  data: ref(DeskFront),
  meta: closed({ warnings: Type.Array(FrontWarning, { description: 'What of it readers will not see' }) }),
  links: ref(Links),
});
export const DeskFrontListAnswer = closed({ data: Type.Array(ref(DeskFront)), meta: ref(NoMeta), links: ref(Links) });
export const FrontPreviewQuery = query({
  locale: Type.Optional(AskedLocale),
  fallback: Type.Optional(Fallback),
  at: Type.Optional(dateTime('As it will be at this time; as it is now without it')),
  fields: Type.Optional(Fields),
});
export type FrontPreviewQuery = Static<typeof FrontPreviewQuery>;
export const previewedMeta = {
  ...meta,
  preview: Type.Literal(true, { description: 'This is not what the public reads' }),
  at: DateTime,
};
export const FrontPreviewAnswer = closed({
  data: ref(Front),
  meta: closed({
    ...previewedMeta,
    unpublished: Type.Array(closed({ id: Id, status: oneOf(['draft', 'in_review', 'approved', 'scheduled']) }), {
      description: 'Stories on it that are not public in the language in which they stand there',
    }),
  }),
  links: ref(Links),
});
export const ChangeParams = closed({ slug: Key, id: Id });
