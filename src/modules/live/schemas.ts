// What entries of live stories look like to readers: a page of them, and what has changed since somebody last looked.
import { type Static, Type } from 'typebox';
import {
  AskedLocale,
  Cursor,
  closed,
  DateTime,
  Id,
  Limit,
  Locale,
  nullable,
  PageLinks,
  query,
  ref,
} from '../../schemas.ts';
import { BodyOutput } from '../body/schemas.ts';

export const Entry = closed(
  {
    id: Id,
    at: { ...DateTime, description: 'The time that it stands at' },
    title: nullable(Type.String()),
    body: ref(BodyOutput),
    author: nullable(Type.String()),
    isPinned: Type.Boolean(),
    isKey: Type.Boolean({ description: 'Among what a latecomer should read' }),
    firstPublishedAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'Entry', description: 'An entry of a live story' },
);
export type Entry = Static<typeof Entry>;
export const GoneEntry = closed(
  { id: Id, isGone: Type.Literal(true) },
  { $id: 'GoneEntry', description: 'An entry that readers do not see any more' },
);
export type GoneEntry = Static<typeof GoneEntry>;

const Place = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  maxLength: 400,
  description: 'How far the reader knows the story: `meta.position` of an answer, or `id` of an event',
});
export const EntryListQuery = query({
  locale: Type.Optional(AskedLocale),
  key: Type.Optional(Type.Boolean({ default: false, description: 'Key entries alone' })),
  after: Type.Optional(
    Type.Unsafe<string>({
      ...Place,
      description:
        'Only what is new, changed or gone since this `meta.position`, in the order in which it came about; not together with `cursor` or `key=true`',
    }),
  ),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const EntryListAnswer = closed({
  data: Type.Array(Type.Union([ref(Entry), ref(GoneEntry)]), {
    description: 'Newest first; with `after`, in the order in which it came about, gone entries among it',
  }),
  pinned: Type.Array(ref(Entry), {
    description: 'Those to be shown above all others, the newest 20 at most; they stand in `data` at their time, too',
  }),
  meta: closed({
    requestedLocale: Locale,
    locale: Locale,
    position: Type.Unsafe<string>({ ...Place, description: 'For `after`, and for where a stream begins' }),
  }),
  links: ref(PageLinks),
});
export const StreamQuery = query({
  locale: Type.Optional(AskedLocale),
  after: Type.Optional(
    Type.Unsafe<string>({
      ...Place,
      description:
        'Begin with what came about since this `meta.position`; without it, with what comes about from now on',
    }),
  ),
  seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 3_600,
      default: 600,
      description:
        'How long the stream stays open; 0 ends it once all is told that there is. Browsers then go on by themselves',
    }),
  ),
});
export const StreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description:
        '`id` of the last event that came, which browsers send by themselves; goes before `after`, but for one of another story that led here',
    }),
  ),
});
export const EventStream = Type.String({
  description:
    'Events (WHATWG HTML 9.2): `ready`, then `entry` with an entry as JSON, `gone` with the id of one that is to be taken away, and `end` when the story is not public any more',
});
export const EntriesParams = closed({ id: Id });
