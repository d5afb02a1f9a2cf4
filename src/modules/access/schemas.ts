// API keys on the wire; the key itself is told once, when it is made.
import { type Static, Type } from 'typebox';
import { documented, part, withMember } from '../../conditions.ts';
import {
  closed,
  DateTime,
  Id,
  Key,
  KeyOrId,
  Links,
  Locale,
  NoMeta,
  nullable,
  oneOf,
  ref,
  Text,
} from '../../schemas.ts';
import { SCOPES } from './scopes.ts';

export const Scopes = Type.Array(oneOf([...SCOPES]), { minItems: 1, maxItems: SCOPES.length, uniqueItems: true });

/** How people and keys are limited, as it is answered. */
export const limits = {
  locales: nullable(Type.Array(Locale), { description: 'Writes in these locales alone; null for all' }),
  regions: nullable(Type.Array(Key), {
    description: 'Writes in stories of these regions, and of what lies in them, alone; null for all',
  }),
};
const limitOf = <T extends typeof Locale>(items: T, what: string) =>
  nullable(Type.Array(items, { minItems: 1, maxItems: 50, uniqueItems: true }), {
    description: `${what}; null for all, which only those can give who have no such limit themselves. Absent in something new: your own`,
  });
export const limitInputs = {
  locales: Type.Optional(limitOf(Locale, 'Locales or aliases')),
  regions: Type.Optional(limitOf(KeyOrId, 'Regions by key or id')),
};

const fields = {
  id: Id,
  name: Type.String({ description: 'What the key is for' }),
  scopes: Scopes,
  ...limits,
  partner: nullable(Key, { description: 'Key of the partner it is for; null for one of the newsroom' }),
  expiresAt: nullable(DateTime),
};
export const ApiKey = closed(
  {
    ...fields,
    prefix: Type.String({ description: 'First characters, to tell keys apart' }),
    createdAt: DateTime,
    revokedAt: nullable(DateTime),
    lastUsedAt: nullable(DateTime, { description: 'To the minute' }),
    replacedBy: nullable(Id, { description: 'The key that took its place, once it was rotated' }),
  },
  { $id: 'ApiKey' },
);
export const NewApiKey = closed(
  { ...fields, key: Type.String({ description: 'The key: told now and never again' }) },
  { $id: 'NewApiKey' },
);
const name = Text(100, 'What the key is for');
const partner = Type.Optional(
  Type.String({ ...KeyOrId, description: 'Key or id of the partner it is for; goes with the scope `syndicate` alone' }),
);
const expiresAt = Type.Optional(nullable(DateTime, { description: 'In the future, by the clock of the database' }));
const syndicate = { const: 'syndicate' };
export const ApiKeyInput = closed(
  { name, scopes: Scopes, ...limitInputs, partner, expiresAt },
  {
    $id: 'ApiKeyInput',
    ...documented(
      withMember('partner', part({ scopes: { items: syndicate } }), part({ scopes: { items: { not: syndicate } } })),
    ),
  },
);
export const ApiKeyPatch = Type.Partial(closed({ name, expiresAt }), {
  $id: 'ApiKeyPatch',
  additionalProperties: false,
  minProperties: 1,
});
export const RotationInput = closed(
  {
    overlapSeconds: Type.Integer({
      minimum: 0,
      maximum: 604_800,
      description: 'How long the old key goes on to hold, at most seven days; 0 ends it at once',
    }),
    expiresAt: Type.Optional(nullable(DateTime, { description: 'Of the new key; when absent, that of the old one' })),
  },
  { $id: 'RotationInput' },
);
export type ApiKey = Static<typeof ApiKey>;
export type NewApiKey = Static<typeof NewApiKey>;

export const ApiKeyListAnswer = closed({ data: Type.Array(ref(ApiKey)), meta: ref(NoMeta), links: ref(Links) });
export const ApiKeyAnswer = closed({ data: ref(ApiKey), meta: ref(NoMeta), links: ref(Links) });
export const NewApiKeyAnswer = closed({ data: ref(NewApiKey), meta: ref(NoMeta), links: ref(Links) });
