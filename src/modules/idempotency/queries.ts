// SQL of answered requests: found by the digest of their key, forgotten after a day.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';

export interface Answered {
  requestDigest: Buffer;
  answer: Buffer;
  [column: string]: unknown;
}

/** Until the transaction ends. @returns false where another one holds it */
export async function lockKey(tx: Db, actorId: string, digest: Buffer): Promise<boolean> {
  const name = `${actorId}:${digest.toString('hex')}`;
  const { rows } = await tx.execute<{ held: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as held`,
  );
  return rows[0]?.held ?? false;
}

export async function findAnswered(tx: Db, actorId: string, digest: Buffer): Promise<Answered | null> {
  const { rows } = await tx.execute<Answered>(sql`
    select request_digest as "requestDigest", answer from idempotency_keys
    where actor_id = ${actorId} and digest = ${digest} and created_at > now() - interval '24 hours'`);
  return rows[0] ?? null;
}

/** Takes the place of one that is older than a day. */
export async function insertAnswered(
  tx: Db,
  row: { actorId: string; digest: Buffer; requestDigest: Buffer; answer: Buffer },
): Promise<void> {
  await tx.execute(sql`
    insert into idempotency_keys (actor_id, digest, request_digest, answer)
    values (${row.actorId}, ${row.digest}, ${row.requestDigest}, ${row.answer})
    on conflict (actor_id, digest) do update
      set request_digest = excluded.request_digest, answer = excluded.answer, created_at = now()`);
}

/** @returns rows deleted */
export async function pruneAnswered(db: Db): Promise<number> {
  const { rowCount } = await db.execute(
    sql`delete from idempotency_keys where created_at < now() - interval '24 hours'`,
  );
  return rowCount ?? 0;
}
