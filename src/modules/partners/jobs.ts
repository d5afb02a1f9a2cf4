// Forgets once a day what partners took too long ago to be reported. It never touches what was counted of views.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { KEPT_DAYS } from './usage.ts';

const BATCH = 10_000;

/** In batches, so that nobody who writes waits for long. @returns rows deleted */
export async function pruneTakings(db: Db): Promise<number> {
  for (let deleted = 0; ; ) {
    const { rowCount } = await db.execute(sql`
      delete from partner_takings where ctid = any(array(
        select ctid from partner_takings where day <= (now() at time zone 'UTC')::date - ${KEPT_DAYS}::int limit ${BATCH}))`);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return deleted;
  }
}

export const partnerJobs = (db: Db): TaskList => ({
  prune_takings: async () => {
    await pruneTakings(db);
  },
});

/** UTC. */
export const partnerCrontab = '17 2 * * * prune_takings';
