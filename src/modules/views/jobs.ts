// Keeps the view counter's memory short: forgets visitors after a minute, destroys salts after their day.
import type { TaskList } from 'graphile-worker';
import type pg from 'pg';
import { destroySalts, pruneVisitors } from './pruning.ts';

export const viewJobs = (pool: pg.Pool): TaskList => ({
  prune_visitors: async () => {
    await pruneVisitors(pool);
  },
  destroy_salts: async () => {
    await destroySalts(pool);
  },
});

/** UTC. A run that was missed while no node was up is not made up for: the next one does the work of both. */
export const viewCrontab = `
* * * * * prune_visitors
6,36 * * * * destroy_salts
`;
