// Examples of the OpenAPI document for previews that more than one file shows.
import type { FrontPreview } from './schemas.ts';

export const TOKEN = `dp_${'0'.repeat(56)}`;
export const frontPreview: FrontPreview = {
  id: '01980a2e-000a-7000-8000-00000000000a',
  front: 'home',
  state: 'active',
  expiresAt: '2026-05-27T10:00:00.000Z',
  revokedAt: null,
  createdAt: '2026-05-26T10:00:00.000Z',
  createdBy: { type: 'key', id: '01931f5e-8c00-7a10-8000-000000000004', name: 'Night desk' },
};
