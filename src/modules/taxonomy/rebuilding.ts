// Has public texts built anew after a name or rule that they show has changed. It rebuilds nothing itself.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import type { RebuildPayload } from '../articles/jobs.ts';
import { SURROUNDINGS_LOCK } from '../articles/surroundings.ts';

/**
 * Waits for publishing that may have read what is to be changed, and keeps further publishing waiting. To be called
 * before any row is locked: publishing holds its share of the lock while it locks rows.
 */
export async function lockSurroundingsAlone(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${SURROUNDINGS_LOCK})`);
}

export async function enqueueRebuild(tx: Db, payload: RebuildPayload): Promise<void> {
  await enqueue(
    tx,
    'rebuild',
    payload,
    `rebuild:${payload.noun}${'id' in payload ? `:${payload.id}` : 'key' in payload ? `:${payload.key}` : ''}`,
  );
}
