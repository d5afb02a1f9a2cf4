// SQL of people; of a password it hands out the hash to those alone who verify it.
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { regionKeys } from '../access/limits.ts';
import { users } from '../access/tables.ts';

const USER = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  locales: users.locales,
  regionIds: users.regionIds,
  regions: regionKeys(users.regionIds),
  hasPassword: sql<boolean>`${users.passwordHash} is not null`,
  providerSubject: users.subject,
  disabled: sql<boolean>`${users.disabledAt} is not null`,
  lastSignedInAt: users.lastSignedInAt,
  version: users.version,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
};
export type UserRow = Awaited<ReturnType<typeof getUser>>;

export interface UserPage {
  /** Go on behind this one: milliseconds since 1970, and id. */
  after: [at: number, id: string] | null;
  /** Towards the first that was made. */
  backward: boolean;
  limit: number;
}
/** In order of making. @returns one more than the limit where there are more */
export async function listUsers(db: Db, { after, backward, limit }: UserPage): Promise<UserRow[]> {
  const [order, beyond] = backward ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  return db
    .select(USER)
    .from(users)
    .where(
      after
        ? sql`(${users.createdAt}, ${users.id}) ${beyond} (${new Date(after[0]).toISOString()}, ${after[1]}::uuid)`
        : sql`true`,
    )
    .orderBy(sql`${users.createdAt} ${order}`, sql`${users.id} ${order}`)
    .limit(limit + 1);
}

/** @throws Problem not_found */
export async function getUser(db: Db, id: string) {
  const [row] = await db.select(USER).from(users).where(eq(users.id, id));
  if (!row) throw new Problem('not_found');
  return row;
}

/** Locks the row until the transaction ends. @throws Problem not_found */
export async function getUserForUpdate(tx: Db, id: string): Promise<UserRow> {
  const [row] = await tx.select(USER).from(users).where(eq(users.id, id)).for('update');
  if (!row) throw new Problem('not_found');
  return row;
}

export interface Credentials {
  id: string;
  passwordHash: string | null;
  subject: string | null;
  isDisabled: boolean;
}
const CREDENTIALS = {
  id: users.id,
  passwordHash: users.passwordHash,
  subject: users.subject,
  isDisabled: sql<boolean>`${users.disabledAt} is not null`,
};

/** @param email in small letters, as it is kept */
export async function findCredentials(db: Db, email: string): Promise<Credentials | null> {
  const [row] = await db.select(CREDENTIALS).from(users).where(sql`lower(${users.email}) = ${email}`);
  return row ?? null;
}

/** The enabled person whom the provider means by the subject, or by the e-mail as long as none of its subjects is bound. */
export async function findEnabledBySubject(
  db: Db,
  { issuer, subject, email }: { issuer: string; subject: string; email: string },
): Promise<Credentials | null> {
  const [row] = await db
    .select(CREDENTIALS)
    .from(users)
    .where(
      sql`${users.disabledAt} is null and (${users.subject} = ${subject} or (lower(${users.email}) = ${email}
        and (${users.subject} is null or not starts_with(${users.subject}, ${`${issuer} `}))
        and not exists (select from users other where other.subject = ${subject})))`,
    );
  return row ?? null;
}

type NewUser = Omit<typeof users.$inferInsert, 'id'>;
export async function insertUser(tx: Db, user: NewUser): Promise<UserRow> {
  const id = uuidv7();
  await tx.insert(users).values({ id, ...user });
  return getUser(tx, id);
}

export interface UserChange extends Partial<Pick<NewUser, 'name' | 'role' | 'locales' | 'regionIds'>> {
  passwordHash?: string | null;
  subject?: string | null;
  disabledAt?: SQL | null;
}
export async function updateUser(tx: Db, id: string, change: UserChange): Promise<UserRow> {
  await tx
    .update(users)
    .set({ ...change, version: sql`${users.version} + 1`, updatedAt: sql`now()` })
    .where(eq(users.id, id));
  return getUser(tx, id);
}

/** @returns false where the hash is another one by now */
export async function replacePasswordHash(tx: Db, id: string, from: string, to: string): Promise<boolean> {
  const rows = await tx
    .update(users)
    .set({ passwordHash: to })
    .where(and(eq(users.id, id), eq(users.passwordHash, from)))
    .returning({ id: users.id });
  return rows.length > 0;
}
