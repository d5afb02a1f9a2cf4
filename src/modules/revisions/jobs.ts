// Forgets old revisions once a day, at night where most newsrooms are.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { pruneRevisions } from './pruning.ts';

export const revisionJobs = (db: Db): TaskList => ({
  prune_revisions: async () => {
    await pruneRevisions(db);
  },
});

/** UTC. */
export const revisionCrontab = '43 1 * * * prune_revisions';
