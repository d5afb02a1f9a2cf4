// Forgets links of previews that have been over for a month. What one opens is asked by time, so nothing waits for it.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { deletePastPreviews } from './queries.ts';

export const previewJobs = (db: Db): TaskList => ({
  forget_previews: async () => {
    await deletePastPreviews(db);
  },
});

/** UTC. */
export const previewCrontab = '33 2 * * * forget_previews';
