// Forgets sessions that have ended and windows of failed sign-ins that have passed. What counts is asked by time, so nothing waits for it.
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { deletePastWindows } from './failures.ts';
import { deleteEndedSessions } from './queries.ts';

export const sessionJobs = (db: Db): TaskList => ({
  forget_sign_ins: async () => {
    await deleteEndedSessions(db);
    await deletePastWindows(db);
  },
});

/** UTC. */
export const sessionCrontab = '27,57 * * * * forget_sign_ins';
