// How sessions begin, go on and end: each function is given an open transaction. Who may have one is judged in signing-in.ts.
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { checkPower } from '../access/granting.ts';
import type { Actor } from '../access/queries.ts';
import { users } from '../access/tables.ts';
import { insertAudit } from '../audit/queries.ts';
import { type Credentials, getUser, type UserRow } from '../people/queries.ts';
import { rightsOf } from '../people/workflow.ts';
import {
  endOldestSessionsOf,
  endSession,
  findByRefreshToken,
  findLiveSession,
  insertSession,
  renewSession,
  type Tokens,
} from './queries.ts';

export interface SignedIn {
  tokens: Tokens;
  user: UserRow;
}

/**
 * @param judged what was verified before the transaction; a session that rests on an account or a password of yesterday is not begun
 * @param bound what signing in settles: the hash of the password at today's cost, the subject at the provider
 * @returns null where the account was disabled, its password changed or another subject bound meanwhile
 */
export async function beginSession(
  tx: Db,
  judged: Credentials,
  bound: { passwordHash?: string; subject?: string },
): Promise<SignedIn | null> {
  const { id, passwordHash } = judged;
  const isSubject = sql`(${users.subject} is not distinct from ${judged.subject} or ${users.subject} = ${bound.subject})`;
  const rows = await tx
    .update(users)
    .set({ ...bound, lastSignedInAt: sql`now()` })
    .where(
      and(
        eq(users.id, id),
        isNull(users.disabledAt),
        sql`${users.passwordHash} is not distinct from ${passwordHash}`,
        bound.subject === undefined ? undefined : isSubject,
      ),
    )
    .returning({ id: users.id });
  if (rows.length === 0) return null;
  const tokens = await insertSession(tx, id);
  await endOldestSessionsOf(tx, id);
  const user = await getUser(tx, id);
  await insertAudit(tx, personOf(user), [
    {
      action: 'session.begin',
      entity: 'session',
      entityId: tokens.sessionId,
      after: { by: bound.subject ? 'provider' : 'password' },
    },
  ]);
  return { tokens, user };
}

/**
 * A token that was used before ends the session: one of two has it who should not.
 * @returns null for a token that is not of a live session, or is not its newest
 */
export async function refreshSession(tx: Db, refreshToken: string): Promise<SignedIn | null> {
  const session = await findByRefreshToken(tx, refreshToken);
  if (!session) return null;
  const user = await getUser(tx, session.userId);
  if (session.isNewest) return { tokens: await renewSession(tx, session.id, refreshToken), user };
  await endSession(tx, session.id);
  await insertAudit(tx, personOf(user), [
    {
      action: 'session.end',
      entity: 'session',
      entityId: session.id,
      after: { reason: 'a refresh token was used twice' },
    },
  ]);
  return null;
}

/** One's own, or of somebody over whom the actor has power. @throws Problem not_found, forbidden */
export async function revokeSession(tx: Db, actor: Actor, id: string): Promise<void> {
  const session = await findLiveSession(tx, id);
  const isOwn = session !== null && session.userId === actor.userId;
  if (!session || !(isOwn || actor.scopes.has('users:manage'))) throw new Problem('not_found');
  if (!isOwn) await checkPower(tx, actor, rightsOf(await getUser(tx, session.userId)));
  if (!(await endSession(tx, session.id))) throw new Problem('not_found');
  await insertAudit(tx, actor, [{ action: 'session.end', entity: 'session', entityId: session.id }]);
}

const personOf = (user: UserRow): Actor => {
  const { scopes, ...rights } = rightsOf(user);
  return { keyId: null, userId: user.id, name: user.name, scopes: new Set(scopes), ...rights };
};
