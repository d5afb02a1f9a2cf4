// API keys on the wire; the key itself is told once, when it is made.
import { Type } from '@sinclair/typebox';
import { closed, DateTime, Id, nullable, oneOf, ref, Text } from '../../schemas.ts';
import { SCOPES } from './scopes.ts';

const scopes = Type.Array(oneOf([...SCOPES]), { minItems: 1, maxItems: SCOPES.length, uniqueItems: true });
const fields = {
  id: Id,
  name: Type.String({ description: 'What the key is for' }),
  prefix: Type.String({ description: 'First characters, to tell keys apart' }),
  scopes,
  createdAt: DateTime,
  expiresAt: nullable(DateTime),
  revokedAt: nullable(DateTime),
  lastUsedAt: nullable(DateTime, { description: 'To the minute' }),
};
export const ApiKey = closed(fields, { $id: 'ApiKey' });
export const NewApiKey = closed(
  { id: Id, name: fields.name, scopes, key: Type.String({ description: 'The key: told now and never again' }) },
  { $id: 'NewApiKey' },
);
export const ApiKeyInput = closed(
  { name: Text(100, 'What the key is for'), scopes, expiresAt: Type.Optional(nullable(DateTime)) },
  { $id: 'ApiKeyInput' },
);
export const ApiKeyListAnswer = closed({
  data: Type.Array(ref(ApiKey)),
  meta: closed({}),
  links: closed({ self: Type.String() }),
});
export const NewApiKeyAnswer = closed({
  data: ref(NewApiKey),
  meta: closed({}),
  links: closed({ self: Type.String() }),
});
