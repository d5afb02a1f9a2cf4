// Runs the jobs that transactions enqueue (graphile-worker) on nodes with the role `jobs`. It makes none itself.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Logger, type Runner, run, type TaskList } from 'graphile-worker';
import { articleJobs } from '../modules/articles/jobs.ts';
import { changeCrontab, changeJobs } from '../modules/changes/jobs.ts';
import { idempotencyCrontab, idempotencyJobs } from '../modules/idempotency/jobs.ts';
import { importCrontab, importTasks } from '../modules/imports/jobs.ts';
import { lockCrontab, lockJobs } from '../modules/locks/jobs.ts';
import type { MediaStore } from '../modules/media/store.ts';
import { partnerCrontab, partnerJobs } from '../modules/partners/jobs.ts';
import { revisionCrontab, revisionJobs } from '../modules/revisions/jobs.ts';
import { searchJobs } from '../modules/search/reindexing.ts';
import { sessionCrontab, sessionJobs } from '../modules/sessions/jobs.ts';
import { refreshAtStart, trendingCrontab, trendingJobs } from '../modules/trending/jobs.ts';
import { viewCrontab, viewJobs } from '../modules/views/jobs.ts';
import { webhookCrontab, webhookJobs } from '../modules/webhooks/jobs.ts';

export const jobs = fp<{ enabled: boolean; baseUrl: string; store: MediaStore }>(
  async (app: FastifyInstance, { enabled, baseUrl, store }) => {
    if (!enabled) return;
    let runner: Runner | undefined;
    app.addHook('onReady', async () => {
      const taskList: TaskList = {
        ...articleJobs(app.db.desk),
        ...changeJobs(app.db.desk),
        ...idempotencyJobs(app.db.desk),
        ...importTasks(app.db.desk, app.db.pool, { outbound: app.outbound, store, baseUrl }),
        ...lockJobs(app.db.desk),
        ...partnerJobs(app.db.desk),
        ...revisionJobs(app.db.desk),
        ...searchJobs(app.db.desk),
        ...sessionJobs(app.db.desk),
        ...trendingJobs(app.db.desk),
        ...viewJobs(app.db.pool),
        ...webhookJobs(app.db.desk),
      };
      runner = await run({
        pgPool: app.db.pool,
        taskList,
        crontab: [
          viewCrontab,
          changeCrontab,
          trendingCrontab,
          idempotencyCrontab,
          importCrontab,
          lockCrontab,
          partnerCrontab,
          revisionCrontab,
          sessionCrontab,
          webhookCrontab,
        ].join('\n'),
        concurrency: 2,
        noHandleSignals: true,
        logger: quiet(app),
      });
      await runner.addJob(...refreshAtStart);
      // The promise rejects when the worker gives up; the next one that is started takes its jobs over.
      runner.promise.catch((error: unknown) => app.log.error({ err: error }, 'the job worker stopped'));
    });
    // A worker that gave up refuses to be stopped; the rest has to close all the same.
    app.addHook('onClose', () =>
      runner?.stop().catch((error: unknown) => app.log.error({ err: error }, 'the job worker did not stop in order')),
    );
  },
  { name: 'jobs', dependencies: ['database'] },
);

/** @param expected warnings of what is meant to be so */
export const quiet = (app: FastifyInstance, expected?: RegExp) =>
  new Logger(() => (level, message) => {
    if (level === 'error') app.log.error(message);
    else if (level === 'warning' && !expected?.test(message)) app.log.warn(message);
    else app.log.debug(message);
  });
