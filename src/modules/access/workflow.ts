// How API keys are made and revoked: each function is given an open transaction. Nobody gives away a right that they do not hold.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { insertAudit } from '../audit/queries.ts';
import { type Actor, insertKey, revokeKey } from './queries.ts';
import type { Scope } from './scopes.ts';

export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  expiresAt: Date | null;
}

/** @throws Problem forbidden, or validation_failed for a time that has passed */
export async function createKey(tx: Db, actor: Actor, key: NewKey): Promise<{ id: string; secret: string }> {
  const missing = key.scopes.filter((scope) => !actor.scopes.has(scope));
  if (missing.length > 0) {
    throw new Problem('forbidden', {
      detail: `A key can only be given scopes that yours has; it lacks ${missing.join(', ')}.`,
      errors: missing.map((scope) => ({
        pointer: `/scopes/${key.scopes.indexOf(scope)}`,
        code: 'not_held',
        message: scope,
      })),
    });
  }
  if (key.expiresAt && !(await isFuture(tx, key.expiresAt)))
    throw invalid({ pointer: '/expiresAt' }, 'must be in the future', 'past');
  const made = await insertKey(tx, key);
  await insertAudit(tx, actor, [
    {
      action: 'key.create',
      entity: 'key',
      entityId: made.id,
      after: { name: key.name, scopes: key.scopes, expiresAt: key.expiresAt },
    },
  ]);
  return made;
}

/** By the database's clock, which also decides when the key expires. */
async function isFuture(tx: Db, time: Date): Promise<boolean> {
  const { rows } = await tx.execute<{ future: boolean }>(
    sql`select ${time.toISOString()}::timestamptz > now() as future`,
  );
  return rows[0]?.future ?? false;
}

/** @throws Problem not_found where there is no such key, or it was revoked before */
export async function endKey(tx: Db, actor: Actor, id: string): Promise<void> {
  if (!(await revokeKey(tx, id))) throw new Problem('not_found');
  await insertAudit(tx, actor, [{ action: 'key.revoke', entity: 'key', entityId: id.toLowerCase() }]);
}
