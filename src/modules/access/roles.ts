// The roles of a newsroom as sets of scopes; what no role lists, nobody may do.
import { SCOPES, type Scope } from './scopes.ts';

export const ROLES = ['administrator', 'editor', 'author', 'translator', 'contributor', 'integrator'] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES_OF: Readonly<Record<Role, readonly Scope[]>> = {
  administrator: SCOPES,
  editor: [
    'articles:read',
    'articles:write',
    'articles:review',
    'articles:publish',
    'articles:backdate',
    'articles:delete',
    'comments:write',
    'previews:write',
    'media:write',
    'taxonomy:write',
    'redirects:write',
    'fronts:write',
    'audit:read',
  ],
  author: ['articles:read', 'articles:write', 'articles:publish', 'comments:write', 'previews:write', 'media:write'],
  translator: ['articles:read', 'articles:write', 'comments:write', 'previews:write'],
  contributor: ['articles:read', 'articles:write', 'comments:write'],
  integrator: ['embargoed:read'],
};

/** Those who may write in stories that they have created, and in no others. */
export const OWN_ONLY: ReadonlySet<Role> = new Set(['author', 'contributor']);
