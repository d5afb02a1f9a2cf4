// SQL of who acts, of API keys and of the server's secrets; keys and tokens go in and out as digests only.
import { randomBytes } from 'node:crypto';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { type Db, isWithin } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { Partner } from '../partners/entitlements.ts';
import { PARTNER_JSON } from '../partners/queries.ts';
import { regionKeys } from './limits.ts';
import { OWN_ONLY, type Role, SCOPES_OF } from './roles.ts';
import type { Scope } from './scopes.ts';
import { isAccessToken, newSecret, secretDigest, visiblePrefix } from './secret.ts';
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
  /** The session of a person who has signed in. */
  sessionId?: string;
  /** Whose key it is, where it is not one of the newsroom: what it reads is narrowed to this. */
  partner?: Partner | null;
}

/**
 * Asked on every request with a key or token, so that whatever ends or narrows it counts at once on every node. As SQL text: the builder of
 * drizzle makes text and mapper anew each time, and a GET /v1/desk/articles/{id} with a key cost the process 690 us of CPU instead of 390
 * (autocannon, 8 connections, six times 10 s of each).
 */
export function findActor(db: Db, secret: string): Promise<Actor | null> {
  return isAccessToken(secret) ? findPerson(db, secret) : findKeyHolder(db, secret);
}

type Found<Extra> = Pick<Actor, 'name' | 'locales' | 'regionIds'> & Extra & Record<string, unknown>;

async function findPerson(db: Db, accessToken: string): Promise<Actor | null> {
  const { rows } = await db.execute<Found<{ sessionId: string; userId: string; role: Role }>>(sql`
    select s.id as "sessionId", u.id as "userId", u.name, u.role, u.locales, u.region_ids as "regionIds"
    from sessions s join users u on u.id = s.user_id
    where s.access_digest = ${secretDigest(accessToken)} and s.revoked_at is null and s.access_expires_at > now()
      and u.disabled_at is null`);
  const [row] = rows;
  if (!row) return null;
  const { role, ...person } = row;
  return { ...person, keyId: null, scopes: new Set(SCOPES_OF[role]), ownOnly: OWN_ONLY.has(role) };
}

const findKeyHolder = (db: Db, secret: string) => findByKey(db, sql`k.digest = ${secretDigest(secret)}`);

/** For whoever is told something for longer than one request: whether the key still is what it was. */
export const findActorOfKey = (db: Db, keyId: string): Promise<Actor | null> => findByKey(db, sql`k.id = ${keyId}`);

/** To the minute is enough, and spares a write on every request. */
const IS_STALE = `coalesce(k.last_used_at < now() - interval '1 minute', true)`;
const KEY_HOLDER = sql.raw(`
  select k.id as "keyId", k.name, k.scopes, k.locales, k.region_ids as "regionIds", ${PARTNER_JSON} as partner, ${IS_STALE} as "isStale"
  from api_keys k left join partners p on p.id = k.partner_id
  where p.disabled_at is null and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`);

async function findByKey(db: Db, isKey: SQL): Promise<Actor | null> {
  const { rows } = await db.execute<
    Found<{ keyId: string; scopes: string[]; partner: Partner | null; isStale: boolean }>
  >(sql`${KEY_HOLDER} and ${isKey}`);
  const [row] = rows;
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
