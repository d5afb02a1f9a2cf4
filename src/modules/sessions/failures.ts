// Counts failed sign-ins by account and by network, in the database, so that all nodes count together. It keeps digests only.
import { createHmac } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { type Db, outside } from '../../db/client.ts';
import { Problem, type ProblemCode } from '../../errors.ts';
import { networkOf } from '../../network.ts';
import { getOrCreateSecret } from '../access/queries.ts';

const SECONDS = 900;
const LIMITS = { account: 10, network: 50 } as const;
type Kind = keyof typeof LIMITS;
const KINDS = Object.keys(LIMITS) as Kind[];

interface Counted {
  kind: Kind;
  key: Buffer;
  count: number;
  /** Until its window ends. */
  seconds: number;
}
export interface Attempt {
  /** It was no failure, or no attempt at all. */
  release(): Promise<void>;
  /** A refusal that says how many tries are left; the same whoever the account belongs to, and whether there is one. */
  refusal(code: ProblemCode, headers?: Record<string, string>): Problem;
}

/**
 * Counts an attempt as failed until it is released: a hundred at once are a hundred, not one. What succeeds does not
 * wipe out what failed before it, or the counter would tell a stranger that somebody has signed in. It counts outside the
 * transaction of the request: a bulk that is taken back has guessed all the same.
 * @param from absent `account` where it is not known before the attempt is judged
 * @throws Problem too_many_requests
 */
export const claimAttempt = (db: Db, from: { ip: string; account?: string }): Promise<Attempt> =>
  outside(() => claim(db, from));

async function claim(db: Db, from: { ip: string; account?: string }): Promise<Attempt> {
  const secret = await getOrCreateSecret(db, 'sign-in');
  // Keyed, since all addresses of IPv4 can be tried; the kind goes before, so that no account is spelt like a network.
  const keyOf = (kind: Kind, text: string) => createHmac('sha256', secret).update(`${kind}\n${text}`).digest();
  const keys = new Map<Kind, Buffer>([['network', keyOf('network', networkOf(from.ip))]]);
  if (from.account !== undefined) keys.set('account', keyOf('account', from.account.toLowerCase()));
  const { rows } = await db.execute<Omit<Counted, 'kind'>>(sql`
    insert into sign_in_failures as f (key, count, window_ends_at)
    select key, 1, date_trunc('milliseconds', now()) + ${SECONDS}::int * interval '1 second' from unnest(${sql.param([...keys.values()])}::bytea[]) key order by key
    on conflict (key) do update set
      count = case when f.window_ends_at <= now() then 1 else f.count + 1 end,
      window_ends_at = case when f.window_ends_at <= now() then excluded.window_ends_at else f.window_ends_at end
    returning key, count, ceil(extract(epoch from window_ends_at - now()))::int as seconds`);
  const counted = [...keys].flatMap(([kind, key]) => {
    const row = rows.find((candidate) => candidate.key.equals(key));
    return row ? [{ ...row, kind }] : [];
  });
  const attempt: Attempt = {
    release: () => outside(() => release(db, [...keys.values()])),
    refusal: (code, headers) => new Problem(code, { headers: { ...rateLimit(counted), ...headers } }),
  };
  const exceeded = counted.filter(({ kind, count }) => count > LIMITS[kind]);
  if (exceeded.length === 0) return attempt;
  // Not judged, so not counted: the window ends when it would have ended.
  await attempt.release();
  const seconds = Math.max(...exceeded.map((one) => one.seconds));
  throw attempt.refusal('too_many_requests', { 'retry-after': String(seconds) });
}

/** Locked in the order in which attempts are claimed, so that none waits for one that waits for it. */
async function release(db: Db, keys: Buffer[]): Promise<void> {
  await db.execute(sql`
    with locked as (
      select key from sign_in_failures where key = any(${sql.param(keys)}::bytea[]) and count > 0 order by key for update
    ) update sign_in_failures f set count = f.count - 1 from locked where f.key = locked.key`);
}

/** draft-ietf-httpapi-ratelimit-headers-10. */
function rateLimit(counted: Counted[]): Record<string, string> {
  const known = KINDS.flatMap((kind) => counted.find((one) => one.kind === kind) ?? []);
  return {
    'ratelimit-policy': known.map(({ kind }) => `"${kind}";q=${LIMITS[kind]};w=${SECONDS}`).join(', '),
    ratelimit: known
      .map(({ kind, count, seconds }) => `"${kind}";r=${Math.max(0, LIMITS[kind] - count)};t=${seconds}`)
      .join(', '),
  };
}

export async function deletePastWindows(db: Db): Promise<void> {
  await db.execute(sql`delete from sign_in_failures where window_ends_at <= now()`);
}
