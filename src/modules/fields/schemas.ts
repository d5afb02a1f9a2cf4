// Custom fields on the wire: their definitions, and the values that stories hold under `extra`. Which values a newsroom's own fields
// take is known to the definitions alone (writing.ts).
import { type Static, Type } from 'typebox';
import { documented, part, where, withMember } from '../../conditions.ts';
import {
  byLocale,
  closed,
  DateTime,
  Id,
  Links,
  Localised,
  NoMeta,
  nullable,
  oneOf,
  ref,
  Text,
  Version,
} from '../../schemas.ts';
import { KindSchema } from '../articles/kinds.ts';
import { type Delivered, FIELD_TYPES, type Extra as Values } from './values.ts';

/** A newsroom has no more than this; so `extra` has no more members. */
export const MOST_FIELDS = 100;
const KEY = '[a-z][A-Za-z0-9]{0,39}';

const FieldKey = Type.String({
  pattern: `^${KEY}$`,
  maxLength: 40,
  description: 'Name of the member under `extra`: ASCII letters and digits, the first a small letter; for good',
});
const label = Localised(200, 'What editors and readers call it');
const choice = Type.String({
  pattern: '^[^,]+$',
  minLength: 1,
  maxLength: 100,
  description: 'Without a blank at its beginning or end',
  ...documented({ pattern: '^[^,\\s]([^,]*[^,\\s])?$' }),
});
const members = {
  type: oneOf([...FIELD_TYPES], {
    description:
      'What it holds: a text, a number, true or false, a date, one of `choices`, or a link to an article or a tag',
  }),
  // Lists in queries are split at commas.
  choices: Type.Array(choice, {
    maxItems: 200,
    uniqueItems: true,
    description: 'Of the type choice: what may be chosen, without commas; empty for the other types',
  }),
  kinds: Type.Array(ref(KindSchema), {
    uniqueItems: true,
    description: 'Kinds of stories that have it; empty for all',
  }),
  localised: Type.Boolean({ description: 'A value for each language, in its draft; else one for all, in the story' }),
  required: Type.Boolean({ description: 'No story is published without it' }),
  public: Type.Boolean({ description: 'Readers see it; else it never leaves the desk' }),
  filterable: Type.Boolean({
    description: 'Public lists can be filtered by it, as `extra.<key>`; it must be public, and no text',
  }),
  position: Type.Integer({ minimum: 0, maximum: 100_000, description: 'Place among the fields, smallest first' }),
};

const noChoices = { choices: { maxItems: 0 } };
/** What goes together in a definition (checking.ts). */
const rules = (ofChoice: readonly string[]) => ({
  ...where(
    'type',
    'choice',
    part({ choices: { minItems: 1 } }, ofChoice),
    where('type', 'text', part({ ...noChoices, filterable: { const: false } }), withMember('type', part(noChoices))),
  ),
  not: part({ filterable: { const: true }, public: { const: false } }, ['filterable', 'public']),
});

export const Field = closed(
  {
    id: Id,
    key: FieldKey,
    label,
    ...members,
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'Field', description: 'A custom field: what stories of this newsroom hold besides what every story has' },
);
export type Field = Static<typeof Field>;

export const FieldInput = closed(
  {
    key: FieldKey,
    label: { ...label, minProperties: 1 },
    type: members.type,
    choices: Type.Optional(members.choices),
    kinds: Type.Optional(members.kinds),
    localised: Type.Optional({ ...members.localised, default: false }),
    required: Type.Optional({ ...members.required, default: false }),
    public: Type.Optional({ ...members.public, default: true }),
    filterable: Type.Optional({ ...members.filterable, default: false }),
    position: Type.Optional({ ...members.position, default: 0 }),
  },
  { $id: 'FieldInput', ...documented(rules(['choices'])) },
);
export type FieldInput = Static<typeof FieldInput>;

export const FieldPatch = Type.Partial(
  closed({
    ...members,
    label: byLocale(nullable(Text(200)), { description: 'Merged into what is there; null takes a language away' }),
  }),
  {
    $id: 'FieldPatch',
    additionalProperties: false,
    minProperties: 1,
    // The choices of a field that becomes a choice may be there already.
    ...documented(rules([])),
  },
);
export type FieldPatch = Static<typeof FieldPatch>;

export const FieldParams = closed({ key: FieldKey });
export const FieldAnswer = closed({ data: ref(Field), meta: ref(NoMeta), links: ref(Links) });
export const FieldListAnswer = closed({
  data: Type.Array(ref(Field)),
  meta: ref(NoMeta),
  links: ref(Links),
});

/** One member of `extra`, where a request names the fields that it wants. */
export const EXTRA_PART = Type.String({ pattern: `^extra\\.${KEY}$`, maxLength: 46, description: 'One custom field' });
/** A filter of public lists; whether there is such a field, and what it takes, its definition says (filtering.ts). */
export const EXTRA_FILTERS = { [`^extra\\.${KEY}$`]: { type: 'string', minLength: 1, maxLength: 2000 } };

const scalar = (...types: string[]) => ({ type: types, minLength: 1, maxLength: 2000 });
/** Which members there are is for the newsroom's own definitions to say, and changes while the server runs. */
const values = ($id: string, description: string, ...types: string[]) =>
  Type.Unsafe<Values>({
    $id,
    type: 'object',
    // Any name will do here: a wrong one is told with the nearest of those that there are (writing.ts).
    patternProperties: { '^.{1,100}$': scalar('string', 'number', 'boolean', ...types) },
    additionalProperties: false,
    maxProperties: MOST_FIELDS,
    description,
  });
const NEUTRAL = 'custom fields that have one value for all languages, by key';
const LOCALISED = 'custom fields that have a value for each language, by key';
const MERGED = 'merged into what is there, null takes a value away. Articles are named by id, tags by key or id';
export const StoryExtraInput = values('StoryExtraInput', `Values of ${NEUTRAL}: ${MERGED}`, 'null');
export const DraftExtraInput = values('DraftExtraInput', `Values of ${LOCALISED}: ${MERGED}`, 'null');
const STORED = 'internal ones included; links are ids';
export const StoryExtra = values('StoryExtra', `Values of ${NEUTRAL}, ${STORED}`);
export const DraftExtra = values('DraftExtra', `Values of ${LOCALISED}, ${STORED}`);
export const Extra = Type.Unsafe<Delivered>(
  values(
    'Extra',
    'Values of public custom fields by key: articles by id, where they are public, tags by key; a field without a value is absent',
  ),
);
