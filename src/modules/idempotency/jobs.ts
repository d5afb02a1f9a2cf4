// Forgets answers that nobody may ask for again.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { pruneAnswered } from './queries.ts';

export const idempotencyJobs = (db: Db): TaskList => ({
  prune_answered: async () => {
    await pruneAnswered(db);
  },
});

/** UTC. */
export const idempotencyCrontab = '17 * * * * prune_answered';
