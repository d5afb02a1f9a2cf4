// Builds what is told of people, and of whoever asks. It never tells a hash.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { keysOfRegions } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import type { Scope } from '../access/scopes.ts';
import { getUser, type UserRow } from './queries.ts';
import type { Me, User } from './schemas.ts';

export const userOf = ({ regionIds: _, lastSignedInAt, createdAt, updatedAt, ...user }: UserRow): User => ({
  ...user,
  lastSignedInAt: lastSignedInAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export async function meOf(db: Db, actor: Actor): Promise<Me> {
  const { name, scopes, locales, regionIds, ownOnly, userId, keyId } = actor;
  const id = userId ?? keyId;
  if (!id) throw new Problem('unauthorized');
  const person = userId === null ? null : await getUser(db, userId);
  return {
    type: person ? 'person' : 'key',
    id,
    name,
    email: person?.email ?? null,
    role: person?.role ?? null,
    scopes: [...scopes] as Scope[],
    locales: locales && [...locales],
    regions: regionIds && (await keysOfRegions(db, regionIds)),
    ownOnly,
  };
}
