// SQL of sessions: tokens go in as digests only. It checks no rule.
import { and, desc, eq, gt, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { beginningOf, newAccessToken, newRefreshToken, secretDigest } from '../access/secret.ts';
import { sessions, users } from '../access/tables.ts';

/** What a session's two tokens are, in the only moment in which they are known. */
export interface Tokens {
  sessionId: string;
  accessToken: string;
  refreshToken: string;
  accessExpiresAt: Date;
  refreshExpiresAt: Date;
}

const LIFE = {
  accessExpiresAt: sql`now() + interval '15 minutes'`,
  refreshExpiresAt: sql`now() + interval '30 days'`,
};
const EXPIRY = { accessExpiresAt: sessions.accessExpiresAt, refreshExpiresAt: sessions.refreshExpiresAt };
const digestsOf = (accessToken: string, refreshToken: string) => ({
  accessDigest: secretDigest(accessToken),
  refreshDigest: secretDigest(refreshToken),
  usedRefreshDigest: secretDigest(beginningOf(refreshToken)),
});

export async function insertSession(tx: Db, userId: string): Promise<Tokens> {
  const sessionId = uuidv7();
  const [accessToken, refreshToken] = [newAccessToken(), newRefreshToken()];
  const [row] = await tx
    .insert(sessions)
    .values({ id: sessionId, userId, ...digestsOf(accessToken, refreshToken), ...LIFE })
    .returning(EXPIRY);
  if (!row) throw new Error('an insert returned no row');
  return { sessionId, accessToken, refreshToken, ...row };
}

/** Both tokens are other ones from now on. */
export async function renewSession(tx: Db, sessionId: string, refreshToken: string): Promise<Tokens> {
  const [accessToken, next] = [newAccessToken(), newRefreshToken(beginningOf(refreshToken))];
  const [row] = await tx
    .update(sessions)
    .set({ ...digestsOf(accessToken, next), ...LIFE })
    .where(eq(sessions.id, sessionId))
    .returning(EXPIRY);
  if (!row) throw new Error('a locked row vanished');
  return { sessionId, accessToken, refreshToken: next, ...row };
}

export interface RefreshedSession {
  id: string;
  userId: string;
  /** False for a token that was used before. */
  isNewest: boolean;
}
/** The live session that a refresh token is of; locks it until the transaction ends. */
export async function findByRefreshToken(tx: Db, refreshToken: string): Promise<RefreshedSession | null> {
  const [row] = await tx
    .select({
      id: sessions.id,
      userId: sessions.userId,
      isNewest: sql<boolean>`${sessions.refreshDigest} = ${secretDigest(refreshToken)}`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(eq(sessions.usedRefreshDigest, secretDigest(beginningOf(refreshToken))), IS_LIVE, isNull(users.disabledAt)),
    )
    .for('update', { of: sessions });
  return row ?? null;
}

const IS_LIVE = and(isNull(sessions.revokedAt), gt(sessions.refreshExpiresAt, sql`now()`));

const SESSION = {
  id: sessions.id,
  userId: sessions.userId,
  createdAt: sessions.createdAt,
  expiresAt: sessions.refreshExpiresAt,
};
export type SessionRow = Awaited<ReturnType<typeof listSessionsOf>>[number];

/** Live ones, newest first: MOST_SESSIONS at most. */
export const listSessionsOf = (db: Db, userId: string) =>
  db
    .select(SESSION)
    .from(sessions)
    .where(and(eq(sessions.userId, userId), IS_LIVE))
    .orderBy(desc(sessions.createdAt), desc(sessions.id));

export async function findLiveSession(db: Db, id: string): Promise<SessionRow | null> {
  const [row] = await db
    .select(SESSION)
    .from(sessions)
    .where(and(eq(sessions.id, id), IS_LIVE));
  return row ?? null;
}

/** @returns false where it had ended before */
export async function endSession(tx: Db, id: string): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt)))
    .returning({ id: sessions.id });
  return rows.length > 0;
}

/** All of a person, or all but one. */
export async function endSessionsOf(tx: Db, userId: string, butOne?: string): Promise<void> {
  await tx
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), butOne ? ne(sessions.id, butOne) : undefined));
}

/** Whoever signs in anew each time leaves no endless trail. */
const MOST_SESSIONS = 50;
export async function endOldestSessionsOf(tx: Db, userId: string): Promise<void> {
  const oldest = tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), IS_LIVE))
    .orderBy(desc(sessions.createdAt), desc(sessions.id))
    .offset(MOST_SESSIONS);
  await tx.update(sessions).set({ revokedAt: sql`now()` }).where(inArray(sessions.id, oldest));
}

/** A day after their end nobody asks about them any more. */
export async function deleteEndedSessions(db: Db): Promise<void> {
  const yesterday = sql`now() - interval '1 day'`;
  await db
    .delete(sessions)
    .where(or(sql`${sessions.refreshExpiresAt} < ${yesterday}`, sql`${sessions.revokedAt} < ${yesterday}`));
}
