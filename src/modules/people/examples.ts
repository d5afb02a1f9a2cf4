// Examples of people for the OpenAPI document.
import type { Static } from 'typebox';
import { SCOPES_OF } from '../access/roles.ts';
import type { Me, PasswordChange, User, UserInput, UserPatch } from './schemas.ts';

export const user: User = {
  id: '01931f5e-8c00-7a10-8000-000000000007',
  email: 'night@harbour.example',
  name: 'Night editor',
  role: 'editor',
  locales: ['en'],
  regions: null,
  hasPassword: true,
  providerSubject: null,
  disabled: false,
  lastSignedInAt: '2026-09-14T07:58:00.000Z',
  version: 3,
  createdAt: '2026-09-01T07:30:00.000Z',
  updatedAt: '2026-09-02T09:00:00.000Z',
};
const { email, name, role } = user;
export const userInput: UserInput = { email, name, role, locales: ['en'], password: 'twelve boats at noon' };
export const userPatch: UserPatch = { role: 'translator', locales: ['en'], disabled: false };
export const me: Me = {
  type: 'person',
  id: user.id,
  ...{ name, email, role },
  scopes: [...SCOPES_OF[role]],
  locales: ['en'],
  regions: null,
  ownOnly: false,
};
export const passwordChange: Static<typeof PasswordChange> = {
  current: 'twelve boats at noon',
  new: 'thirteen boats at midnight',
};
