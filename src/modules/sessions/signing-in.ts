// Judges who signs in, by password or by ID token; all that is wrong gets the same answer, after the same work.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid } from '../../errors.ts';
import { CHALLENGE } from '../../plugins/access.ts';
import { hashPassword, isOutdated, verifyPassword } from '../people/passwords.ts';
import { findCredentials, findEnabledBySubject, getUser } from '../people/queries.ts';
import { type Attempt, claimAttempt } from './failures.ts';
import type { Provider } from './provider.ts';
import { beginSession, type SignedIn } from './workflow.ts';

/** @throws Problem sign_in_failed, too_many_requests, service_unavailable */
export async function signInByPassword(
  db: Db,
  { email, password }: { email: string; password: string },
  ip: string,
): Promise<SignedIn> {
  const account = email.toLowerCase();
  return judge(await claimAttempt(db, { ip, account }), async () => {
    const found = await findCredentials(db, account);
    const matches = await verifyPassword(found?.passwordHash ?? null, password);
    if (!found?.passwordHash || !matches || found.isDisabled) return null;
    const renewed = isOutdated(found.passwordHash) ? { passwordHash: await hashPassword(password) } : {};
    return db.transaction((tx) => beginSession(tx, found, renewed));
  });
}

/** @throws Problem sign_in_failed, too_many_requests, service_unavailable */
export async function signInByProvider(db: Db, provider: Provider, idToken: string, ip: string): Promise<SignedIn> {
  return judge(await claimAttempt(db, { ip }), async () => {
    const identity = await provider.verify(idToken, await getNow(db));
    const found = identity && (await findEnabledBySubject(db, identity));
    return found && db.transaction((tx) => beginSession(tx, found, { subject: identity.subject }));
  });
}

/**
 * Whether somebody who has signed in knows their password, under the limits of signing in.
 * @returns the hash that it was verified against
 * @throws Problem validation_failed, too_many_requests, service_unavailable
 */
export async function confirmPassword(db: Db, userId: string, password: string, ip: string): Promise<string> {
  const { email } = await getUser(db, userId);
  const confirm = async () => {
    const hash = (await findCredentials(db, email))?.passwordHash ?? null;
    return (await verifyPassword(hash, password)) ? hash : null;
  };
  const wrong = () => invalid({ pointer: '/current' }, 'is not your password', 'wrong');
  return judge(await claimAttempt(db, { ip, account: email }), confirm, wrong);
}

/** What could not be judged is no failure. */
async function judge<T>(
  attempt: Attempt,
  work: () => Promise<T | null>,
  refusal = () => attempt.refusal('sign_in_failed', CHALLENGE),
): Promise<T> {
  let verdict: T | null;
  try {
    verdict = await work();
  } catch (error) {
    await attempt.release();
    throw error;
  }
  if (verdict === null) throw refusal();
  await attempt.release();
  return verdict;
}

async function getNow(db: Db): Promise<Date> {
  const { rows } = await db.execute<{ now: number }>(sql`select (extract(epoch from now()) * 1000)::float8 as now`);
  return new Date(rows[0]?.now ?? Number.NaN);
}
