// SQL of API keys and of the server's secrets; keys go in and out as digests only.
import { randomBytes } from 'node:crypto';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import type { Scope } from './scopes.ts';
import { newSecret, secretDigest, visiblePrefix } from './secret.ts';
import { apiKeys, secrets } from './tables.ts';

export interface Actor {
  /** The API key it acts with; null for a person who has signed in. */
  keyId: string | null;
  /** The person; null for a key. */
  userId: string | null;
  name: string;
  scopes: ReadonlySet<string>;
  /** May write in these locales alone; null for all. */
  locales: readonly string[] | null;
  /** May write in stories of these regions, and of what lies in them, alone; null for all. */
  regionIds: readonly string[] | null;
  /** May write in stories of their own making alone. */
  ownOnly: boolean;
}

/** Asked on every request with a key, so that a revoked one is refused at once on every node. */
export async function findActor(db: Db, secret: string): Promise<Actor | null> {
  const [row] = await db
    .select({
      keyId: apiKeys.id,
      name: apiKeys.name,
      scopes: apiKeys.scopes,
      locales: apiKeys.locales,
      regionIds: apiKeys.regionIds,
      lastUsedAt: apiKeys.lastUsedAt,
    })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.digest, secretDigest(secret)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
      ),
    );
  if (!row) return null;
  // To the minute is enough, and spares a write on every request.
  if (!row.lastUsedAt || Date.now() - row.lastUsedAt.getTime() > 60_000) {
    await db.update(apiKeys).set({ lastUsedAt: sql`now()` }).where(eq(apiKeys.id, row.keyId));
  }
  const { lastUsedAt: _, scopes, ...key } = row;
  return { ...key, userId: null, scopes: new Set(scopes), ownOnly: false };
}

export async function insertKey(
  db: Db,
  key: { name: string; scopes: readonly Scope[]; expiresAt?: Date | null; secret?: string },
): Promise<{ id: string; secret: string }> {
  const secret = key.secret ?? newSecret();
  const id = uuidv7();
  await db.insert(apiKeys).values({
    id,
    name: key.name,
    prefix: visiblePrefix(secret),
    digest: secretDigest(secret),
    scopes: [...key.scopes],
    expiresAt: key.expiresAt ?? null,
  });
  return { id, secret };
}

export async function listKeys(db: Db) {
  return db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      prefix: apiKeys.prefix,
      scopes: apiKeys.scopes,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      lastUsedAt: apiKeys.lastUsedAt,
    })
    .from(apiKeys)
    .orderBy(apiKeys.createdAt, apiKeys.id);
}

/** @returns false where there is no such key, or it was revoked before */
export async function revokeKey(db: Db, id: string): Promise<boolean> {
  const rows = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.length > 0;
}

/** Whoever comes first makes it; all nodes then use the same. */
export async function getOrCreateSecret(db: Db, name: string): Promise<Buffer> {
  await db
    .insert(secrets)
    .values({ name, value: randomBytes(32) })
    .onConflictDoNothing();
  const [row] = await db.select({ value: secrets.value }).from(secrets).where(eq(secrets.name, name));
  if (!row) throw new Error(`secret ${name} vanished while it was read`);
  return row.value;
}

/** True while nobody could administer the newsroom. */
export async function hasNoKey(db: Db): Promise<boolean> {
  const rows = await db.select({ id: apiKeys.id }).from(apiKeys).where(isNull(apiKeys.revokedAt)).limit(1);
  return rows.length === 0;
}
