// Takes out of the change log once a day what nobody has to be told any more.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { trimLog } from './keeping.ts';

export const changeJobs = (db: Db): TaskList => ({
  trim_changes: async () => {
    await trimLog(db);
  },
});

/** UTC. */
export const changeCrontab = '41 3 * * * trim_changes';
