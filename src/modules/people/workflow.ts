// How people come, change and are kept out: each function is given an open transaction. Nobody is deleted, and nobody shuts out themselves.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { differences, versionMismatch } from '../../preconditions.ts';
import { lockAdministrators, requireAdministrator } from '../access/administrators.ts';
import { checkGrant, checkPower } from '../access/granting.ts';
import { type Limits, resolveLimits } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { OWN_ONLY, type Role, SCOPES_OF } from '../access/roles.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { revokePreviews } from '../previews/queries.ts';
import { revokeBeyond } from '../previews/workflow.ts';
import { endSessionsOf } from '../sessions/queries.ts';
import { userOf } from './answers.ts';
import {
  getUserForUpdate,
  insertUser,
  replacePasswordHash,
  type UserChange,
  type UserRow,
  updateUser,
} from './queries.ts';
import type { UserInput, UserPatch } from './schemas.ts';

export const rightsOf = ({ role, locales, regionIds }: Limits & { role: Role }) => ({
  scopes: SCOPES_OF[role],
  ownOnly: OWN_ONLY.has(role),
  ...{ locales, regionIds },
});

/**
 * Limits that are not given are those of the actor.
 * @param passwordHash of the password that is given
 * @throws Problem forbidden, unknown_reference, conflict where the e-mail is taken
 */
export async function createUser(
  tx: Db,
  actor: Actor,
  input: UserInput,
  passwordHash: string | null,
): Promise<UserRow> {
  const { email, name, role } = input;
  await lockSurroundings(tx);
  const limits = {
    ...{ locales: actor.locales, regionIds: actor.regionIds },
    ...(await resolveLimits(tx, input)),
  };
  await checkGrant(tx, actor, rightsOf({ role, ...limits }), () => '/role');
  const user = await insertUser(tx, {
    ...{ name, role, passwordHash },
    email: email.toLowerCase(),
    locales: limits.locales && [...limits.locales],
    regionIds: limits.regionIds && [...limits.regionIds],
  });
  await insertAudit(tx, actor, [{ action: 'user.create', entity: 'user', entityId: user.id, after: userOf(user) }]);
  return user;
}

/**
 * @param of.expected the version that the change is based on
 * @param passwordHash of the password that is given
 * @throws Problem not_found, version_mismatch, forbidden, unknown_reference, conflict
 */
export async function changeUser(
  tx: Db,
  actor: Actor,
  { id, expected }: { id: string; expected: number },
  patch: UserPatch,
  passwordHash: string | null,
): Promise<UserRow> {
  // Against whoever deletes or merges a region that is named: what is found is still there when this commits.
  await lockSurroundings(tx);
  await lockAdministrators(tx);
  const before = await getUserForUpdate(tx, id);
  const { password, locales: _locales, regions: _regions, disabled, providerSubject, ...columns } = patch;
  if (before.version !== expected) {
    const { password: _, ...telling } = patch;
    throw versionMismatch(before.version, differences(telling, userOf(before)));
  }
  await checkPower(tx, actor, rightsOf(before));
  if (actor.userId === before.id) refuseOnOneself(patch);
  const limits = await resolveLimits(tx, patch);
  await checkGrant(tx, actor, rightsOf({ ...before, ...columns, ...limits }), () => '/role');
  const after = await updateUser(tx, before.id, {
    ...columns,
    ...(limits as UserChange),
    ...(disabled !== undefined && { disabledAt: disabled ? sql`coalesce(disabled_at, now())` : null }),
    ...(password !== undefined && { passwordHash }),
    ...(providerSubject !== undefined && { subject: null }),
  });
  if (disabled || password !== undefined || providerSubject !== undefined) await endSessionsOf(tx, before.id);
  // Whoever is kept from the desk would go on reading it by the links that they made.
  const isKept = !after.disabled && rightsOf(after).scopes.includes('previews:write');
  const isLimitedAnew = (['role', 'locales', 'regions'] as const).some((member) => patch[member] !== undefined);
  const revoked = !isKept
    ? await revokePreviews(tx, { userId: before.id })
    : isLimitedAnew
      ? await revokeBeyond(tx, { userId: before.id, ...rightsOf(after) })
      : [];
  if (OWN.some((member) => patch[member] !== undefined)) await requireAdministrator(tx);
  await insertAudit(tx, actor, [
    {
      action: 'user.change',
      entity: 'user',
      entityId: before.id,
      before: userOf(before),
      // Neither a password nor a subject is told: only that it is another one.
      after: {
        ...userOf(after),
        ...((password !== undefined || providerSubject !== undefined) && { signInChanged: true }),
      },
    },
    ...revoked.map((preview) => ({ action: 'preview.revoke', entity: 'preview', entityId: preview })),
  ]);
  return after;
}

/** What one may do, and how one signs in. */
const OWN = ['role', 'locales', 'regions', 'disabled', 'password', 'providerSubject'] as const;

/** One's own rights are another's business, and one's own password is changed by whoever knows it. */
function refuseOnOneself(patch: UserPatch): void {
  const refused = OWN.filter((member) => patch[member] !== undefined);
  if (refused.length === 0) return;
  throw new Problem('conflict', {
    detail:
      'Nobody changes their own rights or ways in here: another administrator does; the password at /v1/desk/me/password.',
    errors: refused.map((member) => ({ pointer: `/${member}`, code: 'oneself', message: 'is your own' })),
  });
}

/**
 * Ends all other sessions.
 * @param from the hash that the current password was verified against
 * @throws Problem conflict where the password was changed meanwhile
 */
export async function changeOwnPassword(
  tx: Db,
  actor: Actor & { userId: string },
  from: string,
  to: string,
): Promise<void> {
  const { userId, sessionId } = actor;
  await getUserForUpdate(tx, userId);
  if (!(await replacePasswordHash(tx, userId, from, to)))
    throw new Problem('conflict', { detail: 'The password was changed meanwhile.' });
  await updateUser(tx, userId, {});
  await endSessionsOf(tx, userId, sessionId);
  await insertAudit(tx, actor, [{ action: 'user.password', entity: 'user', entityId: userId }]);
}
