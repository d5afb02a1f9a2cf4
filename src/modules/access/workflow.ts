// How API keys are made, changed, rotated and revoked: each function is given an open transaction. Nobody gives away a right that they do not hold.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem, unknownReference } from '../../errors.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { findPartnerId } from '../partners/queries.ts';
import { revokePreviews } from '../previews/queries.ts';
import { lockAdministrators, requireAdministrator } from './administrators.ts';
import { checkGrant, checkPower } from './granting.ts';
import { checkUnlimited, type GivenLimits, resolveLimits } from './limits.ts';
import { type Actor, getKeyForUpdate, insertKey, type KeyRow, updateKey } from './queries.ts';
import type { Scope } from './scopes.ts';

export interface NewKey extends GivenLimits {
  name: string;
  scopes: readonly Scope[];
  /** Key or id of the partner it is for. */
  partner?: string;
  expiresAt?: Date | null;
}
/** A key in the only moment in which it is known. */
export interface MadeKey {
  row: KeyRow;
  secret: string;
}

/** Limits that are not given are those of the maker. @throws Problem forbidden, unknown_reference, or validation_failed for a time that has passed */
export async function createKey(tx: Db, actor: Actor, input: NewKey): Promise<MadeKey> {
  const { name, scopes, expiresAt = null } = input;
  await lockSurroundings(tx);
  const limits = { locales: actor.locales, regionIds: actor.regionIds, ...(await resolveLimits(tx, input)) };
  await checkGrant(
    tx,
    actor,
    { scopes, ...limits, ownOnly: false },
    (scope) => `/scopes/${Math.max(0, scopes.indexOf(scope as Scope))}`,
  );
  await checkFuture(tx, expiresAt);
  const partnerId = await resolvePartner(tx, input);
  // What it reads is its partner's, whatever the limits of the key.
  if (partnerId) checkUnlimited(actor, 'A partner');
  const { id, secret } = await insertKey(tx, { name, scopes, expiresAt, partnerId, ...limits });
  await insertAudit(tx, actor, [
    { action: 'key.create', entity: 'key', entityId: id, after: { name, scopes, ...limits, partnerId, expiresAt } },
  ]);
  return { row: await getKeyForUpdate(tx, id), secret };
}

/** A partner reads what is public, and nobody else needs a scope for that. */
async function resolvePartner(tx: Db, { scopes, partner }: NewKey): Promise<string | null> {
  if (partner === undefined) {
    if (scopes.includes('syndicate'))
      throw invalid({ pointer: '/partner' }, 'is whom the scope syndicate is for', 'missing');
    return null;
  }
  if (scopes.some((scope) => scope !== 'syndicate'))
    throw invalid({ pointer: '/scopes' }, 'is ["syndicate"] for a partner', 'not_syndicate');
  const id = await findPartnerId(tx, partner);
  if (id) return id;
  throw unknownReference({ pointer: '/partner' }, `${partner} does not exist`);
}

/** @throws Problem not_found, forbidden, conflict for one that has expired, validation_failed for a time that has passed */
export async function changeKey(
  tx: Db,
  actor: Actor,
  id: string,
  change: { name?: string; expiresAt?: Date | null },
): Promise<KeyRow> {
  if (change.expiresAt) await lockAdministrators(tx);
  const before = await getOwnOrLesser(tx, actor, id);
  await checkAlive(tx, before);
  await checkFuture(tx, change.expiresAt ?? null);
  // One that was replaced ends when it was told to: its successor is there.
  if (before.replacedBy && change.expiresAt !== undefined) throw new Problem('conflict', { detail: REPLACED });
  const after = await updateKey(tx, id, change);
  await checkEnd(tx, before, change.expiresAt);
  await insertAudit(tx, actor, [
    {
      action: 'key.change',
      entity: 'key',
      entityId: before.id,
      before: { name: before.name, expiresAt: before.expiresAt },
      after: { name: after.name, expiresAt: after.expiresAt },
    },
  ]);
  return after;
}

/** A life that becomes longer takes nobody's away. @throws Problem conflict where nobody could administer from then on */
async function checkEnd(tx: Db, { scopes, locales, regionIds, expiresAt }: KeyRow, at?: Date | null): Promise<void> {
  if (!at || (expiresAt && at >= expiresAt)) return;
  const isAdministrators = scopes.includes('keys:manage') && scopes.includes('users:manage') && !locales && !regionIds;
  if (isAdministrators) await requireAdministrator(tx, at);
}

const REPLACED = 'The key was replaced by another one already.';

/**
 * A new key with the same name, scopes and limits; the old one holds for the overlap, and never longer than it would have.
 * @throws Problem not_found, forbidden, conflict for one that was replaced before or has expired, validation_failed
 */
export async function rotateKey(
  tx: Db,
  actor: Actor,
  id: string,
  { overlapSeconds, expiresAt }: { overlapSeconds: number; expiresAt?: Date | null },
): Promise<MadeKey> {
  if (expiresAt) await lockAdministrators(tx);
  const before = await getOwnOrLesser(tx, actor, id);
  if (before.replacedBy) throw new Problem('conflict', { detail: REPLACED });
  await checkAlive(tx, before);
  await checkFuture(tx, expiresAt ?? null);
  const { name, scopes, locales, regionIds, partnerId } = before;
  const made = await insertKey(tx, {
    ...{ name, scopes, locales, regionIds, partnerId },
    expiresAt: expiresAt === undefined ? before.expiresAt : expiresAt,
  });
  const old = await updateKey(tx, id, {
    replacedBy: made.id,
    // Cut to the column's milliseconds: rounded up, a key without overlap would hold for one more.
    expiresAt: sql`least(expires_at, date_trunc('milliseconds', now()) + ${overlapSeconds}::int * interval '1 second')`,
  });
  await checkEnd(tx, before, expiresAt);
  const row = await getKeyForUpdate(tx, made.id);
  await insertAudit(tx, actor, [
    {
      action: 'key.rotate',
      entity: 'key',
      entityId: before.id,
      after: { replacedBy: made.id, expiresAt: old.expiresAt },
    },
    {
      action: 'key.create',
      entity: 'key',
      entityId: made.id,
      after: { name, scopes, locales, regionIds, partnerId, expiresAt: row.expiresAt },
    },
  ]);
  return { row, secret: made.secret };
}

/** With the links that were made by it. @throws Problem not_found where there is no such key, or it was revoked before; forbidden; conflict for the last administrator's */
export async function endKey(tx: Db, actor: Actor, id: string): Promise<void> {
  await lockAdministrators(tx);
  const before = await getOwnOrLesser(tx, actor, id);
  await updateKey(tx, id, { revokedAt: sql`now()` });
  await requireAdministrator(tx);
  const revoked = await revokePreviews(tx, { keyId: before.id });
  await insertAudit(tx, actor, [
    { action: 'key.revoke', entity: 'key', entityId: before.id },
    ...revoked.map((preview) => ({ action: 'preview.revoke', entity: 'preview', entityId: preview })),
  ]);
}

async function getOwnOrLesser(tx: Db, actor: Actor, id: string): Promise<KeyRow> {
  const row = await getKeyForUpdate(tx, id);
  await checkPower(tx, actor, { ...row, ownOnly: false });
  return row;
}

/** An expired key stays expired: nobody counts on it any more, but somebody may still have it. */
async function checkAlive(tx: Db, { expiresAt }: KeyRow): Promise<void> {
  if (expiresAt && !(await isFuture(tx, expiresAt))) throw new Problem('conflict', { detail: 'The key has expired.' });
}

async function checkFuture(tx: Db, expiresAt: Date | null): Promise<void> {
  if (expiresAt && !(await isFuture(tx, expiresAt)))
    throw invalid({ pointer: '/expiresAt' }, 'must be in the future', 'past');
}

/** By the database's clock, which also decides when the key expires. */
async function isFuture(tx: Db, time: Date): Promise<boolean> {
  const { rows } = await tx.execute<{ future: boolean }>(
    sql`select ${time.toISOString()}::timestamptz > now() as future`,
  );
  return rows[0]?.future ?? false;
}
