// Locks on the wire: who has a text open, until when. They warn; versions are what keeps two from overwriting each other.
import { type Static, Type } from 'typebox';
import { closed, DateTime, Id, Links, Locale, NoMeta, nullable, ref } from '../../schemas.ts';

export const Lock = closed(
  {
    articleId: Id,
    locale: Locale,
    holder: closed({ id: Id, name: Type.String() }, { description: 'The person or key that has it open' }),
    acquiredAt: DateTime,
    expiresAt: { ...DateTime, description: 'Unless it is renewed before' },
  },
  { $id: 'Lock', description: 'Who has a text open; it keeps nobody from writing' },
);
export type Lock = Static<typeof Lock>;
const { holder, acquiredAt, expiresAt } = Lock.properties;
export const OpenBy = nullable(closed({ holder, acquiredAt, expiresAt }), {
  description: 'Who has it open; null where nobody has',
});
export const LockInput = closed(
  {
    leaseSeconds: Type.Optional(
      Type.Integer({ minimum: 15, maximum: 300, default: 60, description: 'Until it runs out by itself' }),
    ),
    takeover: Type.Optional(Type.Boolean({ default: false, description: 'Also when somebody else has it open' })),
  },
  { $id: 'LockInput' },
);

export const LockAnswer = closed({ data: ref(Lock), meta: ref(NoMeta), links: ref(Links) });
export const OpenLockAnswer = closed({
  data: nullable(ref(Lock), { description: 'Null where nobody has it open' }),
  meta: ref(NoMeta),
  links: ref(Links),
});
