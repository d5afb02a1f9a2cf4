// Hashes and verifies passwords: argon2id (RFC 9106), a few at once. It never says why a password does not match.
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Problem } from '../../errors.ts';

interface Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}
/**
 * The minimum of OWASP's password storage cheat sheet: 19 MiB, two passes, one lane; 40 to 85 ms on two cores. The 64 MiB
 * of RFC 9106 section 4 would take two thirds of the memory that this server is meant to run in (200 MiB) for two at once.
 */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT = 16;
const TAG = 32;
/** Two of libuv's four threads, so that files and names are still looked up meanwhile. */
const AT_ONCE = 2;
/** The last of them waits for about a second. */
const WAITING = 24;

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

/** PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
const costText = ({ memory, passes, parallelism }: Cost) => `m=${memory},t=${passes},p=${parallelism}`;

/** @throws Problem service_unavailable when too many are waiting already */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT);
  const tag = await inTurn(() => hash(password, nonce, COST, TAG));
  return `$argon2id$v=19$${costText(COST)}$${base64(nonce)}$${base64(tag)}`;
}

/** Verified where there is nothing to verify, so that it takes as long. Its password is known to nobody. */
const nothing = `$argon2id$v=19$${costText(COST)}$${base64(randomBytes(SALT))}$${base64(randomBytes(TAG))}`;

/**
 * @param stored null where there is no account or no password: false, after the same work
 * @throws Problem service_unavailable when too many are waiting already
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', tag = ''] = PHC.exec(stored ?? nothing) ?? [];
  if (memory === undefined) throw new Error('a stored password hash is no PHC string of argon2id');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(tag, 'base64');
  const actual = await inTurn(() => hash(password, Buffer.from(salt, 'base64'), cost, expected.length));
  return timingSafeEqual(actual, expected) && stored !== null;
}

/** Whether the hash was made at another cost than is asked for now. */
export const isOutdated = (stored: string): boolean => !stored.startsWith(`$argon2id$v=19$${costText(COST)}$`);

/** NFC, as RFC 8265 section 4.2 prepares passwords: keyboards differ in how they compose letters. */
const hash = (password: string, nonce: Buffer, { memory, passes, parallelism }: Cost, tagLength: number) =>
  derive('argon2id', { message: password.normalize('NFC'), nonce, memory, passes, parallelism, tagLength });

let running = 0;
const waiting: (() => void)[] = [];

/** Whoever tries to sign in by the thousand gets neither all cores nor all memory. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running += 1;
  else if (waiting.length < WAITING) await new Promise<void>((go) => waiting.push(go));
  else {
    throw new Problem('service_unavailable', {
      detail: 'Too many people are signing in at the moment.',
      headers: { 'retry-after': '2' },
    });
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    // The turn is handed on, not given back: nobody comes in between.
    if (next) next();
    else running -= 1;
  }
}
