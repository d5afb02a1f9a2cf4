// Forgets jobs that failed for good: graphile-worker leaves them where they are, for ever. It tries none of them again.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from './client.ts';

/**
 * Those without a try left, a week after the last: an operator finds there why, until then. So does what was at work when another job of
 * its name took its place, and failed, or died with its node.
 */
async function forgetFailed(db: Db): Promise<void> {
  await db.execute(sql`
    select graphile_worker.complete_jobs(ids) from (
      select array_agg(id) as ids from graphile_worker.jobs
      where attempts >= max_attempts and locked_at is null and run_at < now() - interval '7 days') failed
    where ids is not null`);
}

export const failedJobs = (db: Db): TaskList => ({
  forget_failed_jobs: async () => {
    await forgetFailed(db);
  },
});

/** UTC. */
export const failedCrontab = '53 * * * * forget_failed_jobs';
