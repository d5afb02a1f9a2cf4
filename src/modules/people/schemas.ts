// People on the wire: those who work in the newsroom, never with a password or what is stored of one.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, Links, NoMeta, nullable, oneOf, PageLinks, ref, Text, Version } from '../../schemas.ts';
import { ROLES } from '../access/roles.ts';
import { limitInputs, limits, Scopes } from '../access/schemas.ts';

export const Email = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'The same in capitals and small letters; kept in small ones',
});
const Password = Type.String({
  minLength: 12,
  maxLength: 200,
  description: '12 to 200 characters of any kind; length is all that is asked',
});
/** Of whatever length it had to have when it was set. */
export const GivenPassword = Type.String({ minLength: 1, maxLength: 200 });

const name = Text(100, 'As the desk shows it');
const role = oneOf([...ROLES], { description: 'What the person may do, as a set of scopes' });

export const User = closed(
  {
    id: Id,
    email: Email,
    name,
    role,
    ...limits,
    hasPassword: Type.Boolean(),
    providerSubject: nullable(Type.String(), {
      description: "Issuer and subject at the newsroom's OpenID provider, known from the first sign-in there",
    }),
    disabled: Type.Boolean({ description: 'Cannot sign in, and no token of theirs is taken' }),
    lastSignedInAt: nullable(DateTime),
    version: Version,
    createdAt: DateTime,
    updatedAt: DateTime,
  },
  { $id: 'User', description: 'A person of the newsroom' },
);
export const UserInput = closed(
  {
    email: Email,
    name,
    role,
    ...limitInputs,
    password: Type.Optional(nullable(Password, { description: "Absent for those who use the newsroom's provider" })),
  },
  { $id: 'UserInput' },
);
export const UserPatch = Type.Partial(
  closed({
    name,
    role,
    ...limitInputs,
    disabled: Type.Boolean(),
    password: nullable(Password, { description: 'Ends all sessions of the person; null takes it away' }),
    providerSubject: Type.Null({ description: 'Forgets it: the next sign-in there is by e-mail again' }),
  }),
  {
    $id: 'UserPatch',
    additionalProperties: false,
    minProperties: 1,
    description: 'JSON Merge Patch (RFC 7396); an e-mail stays as it is, and nobody is deleted, only disabled',
  },
);
export type User = Static<typeof User>;
export type UserInput = Static<typeof UserInput>;
export type UserPatch = Static<typeof UserPatch>;

export const Me = closed(
  {
    type: oneOf(['person', 'key']),
    id: Id,
    name: Type.String(),
    email: nullable(Email),
    role: nullable(role, { description: 'Null for a key' }),
    scopes: Type.Array(Scopes.items),
    ...limits,
    ownOnly: Type.Boolean({ description: 'Writes in stories of their own making alone' }),
  },
  { $id: 'Me', description: 'Who asks, and what they may do' },
);
export type Me = Static<typeof Me>;
export const PasswordChange = closed({ current: GivenPassword, new: Password }, { $id: 'PasswordChange' });

export const UserParams = closed({ id: Id });
export const UserListAnswer = closed({ data: Type.Array(ref(User)), meta: ref(NoMeta), links: ref(PageLinks) });
export const UserAnswer = closed({ data: ref(User), meta: ref(NoMeta), links: ref(Links) });
export const MeAnswer = closed({ data: ref(Me), meta: ref(NoMeta), links: ref(Links) });
