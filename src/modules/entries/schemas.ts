// Entries of live stories as the desk writes and sees them. What readers get of one is in live/.
import { type Static, Type } from 'typebox';
import {
  Cursor,
  closed,
  DateTime,
  dateTime,
  Id,
  keywordsOf,
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
import { BodyInput, BodyOutput, BodyWarning } from '../body/schemas.ts';

const at = dateTime('The time that it stands at among the others; of a published one not in the future');
const title = nullable(Text(300));
const author = nullable(Text(200), { description: 'The name that readers see with it' });
const status = oneOf(['draft', 'published'], {
  description: 'A published one is public as long as its story is; needs the scope articles:publish',
});
const isPinned = Type.Boolean({ description: 'To be shown above all others' });
const isKey = Type.Boolean({ description: 'Among what a latecomer should read' });

export const DeskEntry = closed(
  {
    id: Id,
    articleId: Id,
    locale: Locale,
    status,
    at: DateTime,
    title: nullable(Type.String()),
    body: ref(BodyOutput),
    author: nullable(Type.String()),
    isPinned,
    isKey,
    firstPublishedAt: nullable(DateTime),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'DeskEntry', description: 'An entry of a live story as the desk sees it' },
);
export type DeskEntry = Static<typeof DeskEntry>;

export const EntryInput = closed(
  {
    body: ref(BodyInput),
    title: Type.Optional(title),
    at: Type.Optional({ ...at, description: `${keywordsOf(at).description}; now unless it is given` }),
    author: Type.Optional(author),
    status: Type.Optional({ ...status, default: 'draft' }),
    isPinned: Type.Optional({ ...isPinned, default: false }),
    isKey: Type.Optional({ ...isKey, default: false }),
  },
  { $id: 'EntryInput' },
);
export const EntryPatch = Type.Partial(closed({ body: ref(BodyInput), title, at, author, status, isPinned, isKey }), {
  $id: 'EntryPatch',
  additionalProperties: false,
  minProperties: 1,
  description: 'JSON Merge Patch (RFC 7396)',
});

export const EntryParams = closed({ id: Id });
export const DeskEntryListQuery = query({
  status: Type.Optional(oneOf(['draft', 'published'], { description: 'In this state alone' })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
});
export const DeskEntryAnswer = closed({
  data: ref(DeskEntry),
  meta: closed({ warnings: Type.Optional(Type.Array(ref(BodyWarning))) }),
  links: ref(Links),
});
export const DeskEntryListAnswer = closed({
  data: Type.Array(ref(DeskEntry)),
  meta: ref(NoMeta),
  links: ref(PageLinks),
});
