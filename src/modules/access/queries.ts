// SQL of who acts, of API keys and of the server's secrets; keys and tokens go in and out as digests only.
import { randomBytes } from 'node:crypto';
import { and, eq, gt, isNull, or, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { type Db, isWithin } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { Partner } from '../partners/entitlements.ts';
import { PARTNER_OF_KEY } from '../partners/queries.ts';
import { partners } from '../partners/tables.ts';
import { regionKeys } from './limits.ts';
import { OWN_ONLY, SCOPES_OF } from './roles.ts';
import type { Scope } from './scopes.ts';
import { isAccessToken, newSecret, secretDigest, visiblePrefix } from './secret.ts';
import { apiKeys, secrets, sessions, users } from './tables.ts';

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
  /** The session of a person who has signed in. */
  sessionId?: string;
  /** Whose key it is, where it is not one of the newsroom: what it reads is narrowed to this. */
  partner?: Partner | null;
}

/** Asked on every request with a key or token, so that whatever ends or narrows it counts at once on every node. */
export function findActor(db: Db, secret: string): Promise<Actor | null> {
  return isAccessToken(secret) ? findPerson(db, secret) : findKeyHolder(db, secret);
}

async function findPerson(db: Db, accessToken: string): Promise<Actor | null> {
  const [row] = await db
    .select({
      sessionId: sessions.id,
      userId: users.id,
      name: users.name,
      role: users.role,
      locales: users.locales,
      regionIds: users.regionIds,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.accessDigest, secretDigest(accessToken)),
        isNull(sessions.revokedAt),
        gt(sessions.accessExpiresAt, sql`now()`),
        isNull(users.disabledAt),
      ),
    );
  if (!row) return null;
  const { role, ...person } = row;
  return { ...person, keyId: null, scopes: new Set(SCOPES_OF[role]), ownOnly: OWN_ONLY.has(role) };
}

const findKeyHolder = (db: Db, secret: string) => findByKey(db, eq(apiKeys.digest, secretDigest(secret)));

/** For whoever is told something for longer than one request: whether the key still is what it was. */
export const findActorOfKey = (db: Db, keyId: string): Promise<Actor | null> => findByKey(db, eq(apiKeys.id, keyId));

async function findByKey(db: Db, isKey: SQL): Promise<Actor | null> {
  const [row] = await db
    .select({
      keyId: apiKeys.id,
      name: apiKeys.name,
      scopes: apiKeys.scopes,
      locales: apiKeys.locales,
      regionIds: apiKeys.regionIds,
      partner: PARTNER_OF_KEY,
      // To the minute is enough, and spares a write on every request.
      isStale: sql<boolean>`coalesce(${apiKeys.lastUsedAt} < now() - interval '1 minute', true)`,
    })
    .from(apiKeys)
    .leftJoin(partners, eq(partners.id, apiKeys.partnerId))
    .where(
      and(
        isNull(partners.disabledAt),
        isKey,
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
      ),
    );
  if (!row) return null;
  const { isStale, scopes, ...key } = row;
  if (isStale && !isWithin()) await touch(db, row.keyId);
  return { ...key, userId: null, scopes: new Set(scopes), ownOnly: false };
}

/** For whoever looks at the keys: where nothing can be written, what is asked with one is answered all the same. */
const touch = (db: Db, keyId: string): Promise<unknown> =>
  db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(eq(apiKeys.id, keyId))
    .catch(() => {});

export interface KeyValues {
  name: string;
  scopes: readonly Scope[];
  locales?: readonly string[] | null;
  regionIds?: readonly string[] | null;
  partnerId?: string | null;
  expiresAt?: Date | null;
  /** One of the operator's choosing. */
  secret?: string;
}

export async function insertKey(db: Db, key: KeyValues): Promise<{ id: string; secret: string }> {
  const { name, scopes, locales, regionIds, partnerId = null, expiresAt = null, secret = newSecret() } = key;
  const id = uuidv7();
  await db.insert(apiKeys).values({
    id,
    name,
    prefix: visiblePrefix(secret),
    digest: secretDigest(secret),
    scopes: [...scopes],
    locales: locales ? [...locales] : null,
    regionIds: regionIds ? [...regionIds] : null,
    partnerId,
    expiresAt,
  });
  return { id, secret };
}

const KEY = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: sql<Scope[]>`${apiKeys.scopes}`,
  locales: apiKeys.locales,
  regionIds: apiKeys.regionIds,
  regions: regionKeys(apiKeys.regionIds),
  partnerId: apiKeys.partnerId,
  partner: sql<string | null>`(select p.key from partners p where p.id = ${apiKeys.partnerId})`,
  replacedBy: apiKeys.replacedBy,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
};
export type KeyRow = Awaited<ReturnType<typeof listKeys>>[number];

export const listKeys = (db: Db) => db.select(KEY).from(apiKeys).orderBy(apiKeys.createdAt, apiKeys.id);

/** Locks it until the transaction ends. @throws Problem not_found where there is no such key, or it was revoked */
export async function getKeyForUpdate(tx: Db, id: string): Promise<KeyRow> {
  const [row] = await tx
    .select(KEY)
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

export async function updateKey(
  tx: Db,
  id: string,
  change: { name?: string; expiresAt?: Date | null | SQL; replacedBy?: string; revokedAt?: SQL },
): Promise<KeyRow> {
  await tx.update(apiKeys).set(change).where(eq(apiKeys.id, id));
  const [row] = await tx.select(KEY).from(apiKeys).where(eq(apiKeys.id, id));
  if (!row) throw new Error('a locked row vanished');
  return row;
}

/** Whoever comes first makes it; all nodes then use the same. */
export async function getOrCreateSecret(db: Db, name: string): Promise<Buffer> {
  const find = () => db.select({ value: secrets.value }).from(secrets).where(eq(secrets.name, name));
  const [found] = await find();
  // Written only where there is none: a database that has no room left still answers lists.
  if (found) return found.value;
  await db
    .insert(secrets)
    .values({ name, value: randomBytes(32) })
    .onConflictDoNothing();
  const [made] = await find();
  if (!made) throw new Error(`secret ${name} vanished while it was read`);
  return made.value;
}
