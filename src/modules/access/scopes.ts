// The rights that a person or an API key can hold; nothing is allowed that no scope names.
export const SCOPES = [
  'articles:read',
  'articles:write',
  'articles:review',
  'articles:publish',
  'articles:backdate',
  'articles:delete',
  'articles:erase',
  'comments:write',
  'previews:write',
  'embargoed:read',
  'media:write',
  'taxonomy:write',
  'redirects:write',
  'fronts:write',
  'site:write',
  'fields:write',
  'views:write',
  'audit:read',
  'webhooks:read',
  'webhooks:write',
  'partners:write',
  'export:read',
  'imports:write',
  'keys:manage',
  'users:manage',
  /** Of the keys of partners, and all that they hold; with administrators, since nobody gives away what they do not have. */
  'syndicate',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What a route asks for: `public` needs no key, `signed-in` any person or key but a partner's. */
export type Access = 'public' | 'signed-in' | Scope;
