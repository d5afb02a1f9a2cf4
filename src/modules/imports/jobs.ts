// Has files that came over HTTP worked on, and looks once a minute whether one was left behind by a node that died.
import type { TaskList } from 'graphile-worker';
import type pg from 'pg';
import type { Db } from '../../db/client.ts';
import type { Copying } from './copying.ts';
import { workOnImports } from './working.ts';

export const importTasks = (db: Db, pool: pg.Pool, copying: Copying): TaskList => ({
  import_files: async (_payload, { abortSignal }) => {
    await workOnImports(db, pool, copying, abortSignal);
  },
});

/** UTC. With a key, runs that wait are one; of those at work, one finds work to do. */
export const importCrontab = '* * * * * import_files ?jobKey=import_files&max=1';
