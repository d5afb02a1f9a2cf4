// Has public texts built anew after a name or rule that they show has changed. It rebuilds nothing itself.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';

/** `field`: one that lists can be filtered by now. `article`: one that is public now, and can be linked to. */
export type RebuildPayload =
  | { noun: 'region' | 'tag' | 'contributor' | 'article' | 'media'; id: string }
  | { noun: 'field'; key: string }
  | { noun: 'site' };

/** What is left of it. */
export type RebuildRest = RebuildPayload & {
  /** Id of the last story that is built. */
  before?: string;
};

const TASK = 'rebuild';
const keyOf = ({ noun, ...which }: RebuildPayload) => [TASK, noun, ...Object.values(which)].join(':');

/**
 * One at a time, in a queue: stories are named by several things that change, and two jobs waited for each other's rows, batch by batch,
 * with the editors of these stories behind both.
 */
export async function enqueueRebuild(tx: Db, payload: RebuildPayload): Promise<void> {
  await enqueue(tx, TASK, payload, { key: keyOf(payload), queue: TASK });
}

/** Behind what waits already. Where another job is to build all of it anyway, nothing is left; it has a key, whose place this must not take. */
export async function enqueueRest(db: Db, what: RebuildPayload, before: string, ownId: string): Promise<void> {
  const { rows } = await db.execute(sql`
    select from graphile_worker.jobs where key = ${keyOf(what)} and id <> ${ownId}::bigint and attempts < max_attempts`);
  if (rows.length === 0) await enqueue(db, TASK, { ...what, before }, { queue: TASK });
}
