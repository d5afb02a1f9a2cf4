// Takes out of the change log once a day what nobody has to be told any more, and says once a minute what holds it back.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { findObstacle, trimLog } from './keeping.ts';

export const changeJobs = (db: Db): TaskList => ({
  trim_changes: async () => {
    await trimLog(db);
  },
  watch_changes: async (_payload, { logger }) => {
    const found = await findObstacle(db);
    if (!found) return;
    const { pid, application, open } = found;
    const who =
      pid === null ? 'a prepared transaction' : `a transaction of ${application || 'another program'} (pid ${pid})`;
    const since = open === null ? '' : ` for ${open} s`;
    logger.warn(`the change feed is held back for more than a minute: ${who} is open${since}`);
  },
});

/** UTC. */
export const changeCrontab = ['41 3 * * * trim_changes', '* * * * * watch_changes ?max=1'].join('\n');
