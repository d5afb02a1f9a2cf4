// Sessions on the wire; tokens are told once, when they are made.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, Links, NoMeta, query, ref } from '../../schemas.ts';
import { Email, GivenPassword, User } from '../people/schemas.ts';

export const SignInInput = Type.Union(
  [
    closed({ email: Email, password: GivenPassword }),
    closed({
      idToken: Type.String({
        minLength: 1,
        maxLength: 16_384,
        description:
          "ID token of the newsroom's OpenID provider, where one is configured, with `email` and `email_verified` in it: by the code flow many providers put them there only when the parameter `claims` asks for it (OpenID Connect Core 1.0, section 5.5)",
      }),
    }),
  ],
  { $id: 'SignInInput', description: 'A password, or an ID token' },
);
export const RefreshInput = closed(
  { refreshToken: Type.String({ minLength: 1, maxLength: 200, description: 'The newest of the session' }) },
  { $id: 'RefreshInput' },
);
export const SignIn = closed(
  {
    sessionId: Id,
    accessToken: Type.String({ description: 'For `Authorization: Bearer`; told now and never again' }),
    refreshToken: Type.String({ description: 'Gets the next two tokens, once; told now and never again' }),
    expiresAt: DateTime,
    refreshExpiresAt: DateTime,
    user: ref(User),
  },
  { $id: 'SignIn', description: 'The tokens of a session, and whose it is' },
);
export const Session = closed(
  {
    id: Id,
    userId: Id,
    createdAt: DateTime,
    expiresAt: Type.String({ ...DateTime, description: 'Unless it is refreshed before' }),
    isCurrent: Type.Boolean({ description: 'The one that this request came with' }),
  },
  { $id: 'Session', description: 'One sign-in that has not ended' },
);
export type SignIn = Static<typeof SignIn>;
export type Session = Static<typeof Session>;

export const SignInAnswer = closed({ data: ref(SignIn), meta: ref(NoMeta), links: ref(Links) });
export const SessionListAnswer = closed({ data: Type.Array(ref(Session)), meta: ref(NoMeta), links: ref(Links) });
export const SessionListQuery = query({
  user: Type.Optional(Type.String({ ...Id, description: 'Of this person; of others with the scope users:manage' })),
});
export const SessionParams = closed({ id: Id });
