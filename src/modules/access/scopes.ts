// The rights that an API key can hold; nothing is allowed that no scope names.
export const SCOPES = [
  'articles:read',
  'articles:write',
  'articles:publish',
  'articles:backdate',
  'taxonomy:write',
  'site:write',
  'keys:manage',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What a route asks for; `public` needs no key. */
export type Access = 'public' | Scope;
