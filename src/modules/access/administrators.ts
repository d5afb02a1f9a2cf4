// Keeps somebody there who can administer the newsroom: an active person or key that manages keys and people, without limits.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';

/** Held by whoever takes rights away, so that two who disable each other do not both succeed. */
const LOCK = 0x61_64_6d_69;
export async function lockAdministrators(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
}

/** A person counts who has a way of signing in, and no key that was replaced: it ends by itself. @param at when a key must still hold; now unless it is given */
export async function hasAdministrator(db: Db, at: Date | null = null): Promise<boolean> {
  const { rows } = await db.execute<{ found: boolean }>(sql`
    select exists (
      select from api_keys where revoked_at is null and replaced_by is null and coalesce(expires_at > greatest(now(), ${at?.toISOString() ?? null}::timestamptz), true)
        and scopes @> array['keys:manage', 'users:manage'] and locales is null and region_ids is null
    ) or exists (
      select from users where role = 'administrator' and disabled_at is null
        and locales is null and region_ids is null and coalesce(password_hash, subject) is not null
    ) as found`);
  return rows[0]?.found ?? false;
}

/** To be asked after the change, in its transaction. @param at when it has its effect, where that is later. @throws Problem conflict, which undoes it */
export async function requireAdministrator(tx: Db, at: Date | null = null): Promise<void> {
  if (!(await hasAdministrator(tx, at)))
    throw new Problem('conflict', { detail: 'Then nobody could administer the newsroom any more.' });
}
