// Forgets locks that have run out. What counts is asked by time, so nothing waits for it.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { deletePastLocks } from './queries.ts';

export const lockJobs = (db: Db): TaskList => ({
  forget_locks: async () => {
    await deletePastLocks(db);
  },
});

/** UTC. */
export const lockCrontab = '37 * * * * forget_locks';
