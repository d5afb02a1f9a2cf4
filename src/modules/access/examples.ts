// Examples of API keys for the OpenAPI document.
import type { Static } from 'typebox';
import type { ApiKey, ApiKeyInput, ApiKeyPatch, NewApiKey, RotationInput } from './schemas.ts';

export const key: ApiKey = {
  id: '01931f5e-8c00-7a10-8000-000000000004',
  name: 'Night desk',
  prefix: 'dl_3f9c',
  scopes: ['articles:read', 'articles:write', 'articles:publish'],
  locales: ['en'],
  regions: null,
  partner: null,
  createdAt: '2026-09-01T07:30:00.000Z',
  expiresAt: '2027-09-01T00:00:00.000Z',
  revokedAt: null,
  lastUsedAt: '2026-09-14T17:40:00.000Z',
  replacedBy: null,
};
const { id, name, scopes, locales, regions, partner, expiresAt } = key;
export const made: NewApiKey = {
  ...{ id, name, scopes, locales, regions, partner, expiresAt },
  key: `${key.prefix}${'0'.repeat(52)}`,
};
export const keyInput: Static<typeof ApiKeyInput> = { name, scopes, locales: ['en'], expiresAt };
export const keyPatch: Static<typeof ApiKeyPatch> = { name: 'Night desk, second floor', expiresAt };
export const rotation: Static<typeof RotationInput> = { overlapSeconds: 86_400 };
