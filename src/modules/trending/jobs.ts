// Refreshes what is read most when a node starts and once a minute; jobs of one queue run one at a time, whatever node takes them.
import type { TaskList, TaskSpec } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { refreshTrending } from './refreshing.ts';

export const trendingJobs = (db: Db): TaskList => ({
  refresh_trending: async () => {
    await refreshTrending(db);
  },
  /** After counts were set by hand: every span, even one that was made a moment ago. */
  renew_trending: async () => {
    await refreshTrending(db, { wait: true });
  },
});

/** UTC. With a key, runs that were missed or are waited for are one; one try, since the next minute brings another. */
export const trendingCrontab = '* * * * * refresh_trending ?jobKey=refresh_trending&queue=trending&max=1';

/** The first full minute may be a minute away, and views may have been counted before. Nodes that start together make one job of it. */
export const refreshAtStart: [name: string, payload: object, spec: TaskSpec] = [
  'refresh_trending',
  {},
  { jobKey: 'refresh_trending', queueName: 'trending', maxAttempts: 1 },
];
