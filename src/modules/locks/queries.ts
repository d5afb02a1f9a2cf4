// SQL of locks. The database's clock, as it is when the row is reached and not when the transaction began, decides what has run out.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Lock } from './schemas.ts';

export interface Draft {
  articleId: string;
  locale: string;
}
export interface Holder {
  id: string;
  name: string;
}

const LOCK_JSON = sql.raw(`json_build_object('articleId', k.article_id, 'locale', k.locale,
  'holder', json_build_object('id', k.holder_id, 'name', k.holder_name), 'acquiredAt', ${iso('k.acquired_at')}, 'expiresAt', ${iso('k.expires_at')})`);
const until = (leaseSeconds: number) => sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;

export async function findLock(db: Db, { articleId, locale }: Draft): Promise<Lock | null> {
  const { rows } = await db.execute<{ lock: Lock }>(sql`
    select ${LOCK_JSON} as lock from locks k
    where k.article_id = ${articleId} and k.locale = ${locale} and k.expires_at > clock_timestamp()`);
  return rows[0]?.lock ?? null;
}

/**
 * Takes what nobody holds, and renews what the holder has. The row is locked until the transaction ends, whoever holds it: of many at
 * once the first gets it, and the others see that.
 * @returns null where somebody else holds it
 */
export async function claimLock(
  tx: Db,
  { articleId, locale }: Draft,
  { id, name }: Holder,
  leaseSeconds: number,
): Promise<Lock | null> {
  const { rows } = await tx.execute<{ lock: Lock }>(sql`
    insert into locks as k (article_id, locale, holder_id, holder_name, acquired_at, expires_at)
    values (${articleId}, ${locale}, ${id}, ${name}, clock_timestamp(), ${until(leaseSeconds)})
    on conflict (article_id, locale) do update set holder_id = excluded.holder_id, holder_name = excluded.holder_name,
      acquired_at = case when k.holder_id = excluded.holder_id and k.expires_at > clock_timestamp() then k.acquired_at else clock_timestamp() end,
      expires_at = ${until(leaseSeconds)}
    where k.holder_id = excluded.holder_id or k.expires_at <= clock_timestamp()
    returning ${LOCK_JSON} as lock`);
  return rows[0]?.lock ?? null;
}

/** Whoever holds it; to be called once claimLock() has locked the row. */
export async function replaceLock(
  tx: Db,
  { articleId, locale }: Draft,
  { id, name }: Holder,
  leaseSeconds: number,
): Promise<Lock> {
  const { rows } = await tx.execute<{ lock: Lock }>(sql`
    update locks k set holder_id = ${id}, holder_name = ${name}, acquired_at = clock_timestamp(), expires_at = ${until(leaseSeconds)}
    where k.article_id = ${articleId} and k.locale = ${locale} returning ${LOCK_JSON} as lock`);
  if (!rows[0]) throw new Error('a locked row vanished');
  return rows[0].lock;
}

export async function deleteLock(db: Db, { articleId, locale }: Draft, holderId: string): Promise<void> {
  await db.execute(
    sql`delete from locks where article_id = ${articleId} and locale = ${locale} and holder_id = ${holderId}`,
  );
}

/** What ran out an hour ago tells nobody anything any more. */
export async function deletePastLocks(db: Db): Promise<void> {
  await db.execute(sql`delete from locks where expires_at < now() - interval '1 hour'`);
}
