// Runs the jobs that transactions enqueue (graphile-worker) on nodes with the role `jobs`. It makes none itself.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { run } from 'graphile-worker';
import { deskDb } from '../db/client.ts';
import { failedCrontab, failedJobs } from '../db/failed.ts';
import { tellingNoValues } from '../db/told.ts';
import { articleJobs } from '../modules/articles/jobs.ts';
import { changeCrontab, changeJobs } from '../modules/changes/jobs.ts';
import { storeAllDraftWords } from '../modules/desk/finding.ts';
import { idempotencyCrontab, idempotencyJobs } from '../modules/idempotency/jobs.ts';
import { importCrontab, importTasks } from '../modules/imports/jobs.ts';
import { lockCrontab, lockJobs } from '../modules/locks/jobs.ts';
import type { MediaStore } from '../modules/media/store.ts';
import { partnerCrontab, partnerJobs } from '../modules/partners/jobs.ts';
import { previewCrontab, previewJobs } from '../modules/previews/jobs.ts';
import { revisionCrontab, revisionJobs } from '../modules/revisions/jobs.ts';
import { forgettingJobs } from '../modules/search/forgetting.ts';
import { searchJobs } from '../modules/search/reindexing.ts';
import { sessionCrontab, sessionJobs } from '../modules/sessions/jobs.ts';
import { refreshAtStart, trendingCrontab, trendingJobs } from '../modules/trending/jobs.ts';
import { viewCrontab, viewJobs } from '../modules/views/jobs.ts';
import { webhookCrontab, webhookJobs } from '../modules/webhooks/jobs.ts';
import { ENDING, keepWorking, openOwnPool, quiet } from '../working.ts';

/** Two tasks at once, what they write beside a transaction, and one that listens. */
const CONNECTIONS = 6;
/** Milliseconds; what is read most may take a minute to be counted. */
const PATIENCE = 75_000;

export const jobs = fp<{ enabled: boolean; databaseUrl: string; baseUrl: string; store: MediaStore }>(
  async (app: FastifyInstance, { enabled, databaseUrl, baseUrl, store }) => {
    if (!enabled) return;
    // Of its own: a job that is slow takes no connection from the desk.
    const pool = openOwnPool(app, databaseUrl, { name: 'dateline jobs', max: CONNECTIONS, patience: PATIENCE });
    const db = deskDb(pool);
    keepWorking(app, 'jobs', async (events) => {
      const taskList = tellingNoValues({
        ...articleJobs(db),
        ...changeJobs(db),
        ...failedJobs(db),
        ...idempotencyJobs(db),
        ...importTasks(db, pool, { outbound: app.outbound, store, baseUrl }),
        ...lockJobs(db),
        ...partnerJobs(db),
        ...previewJobs(db),
        ...revisionJobs(db),
        ...forgettingJobs(db),
        ...searchJobs(db, storeAllDraftWords),
        ...sessionJobs(db),
        ...trendingJobs(db),
        ...viewJobs(pool),
        ...webhookJobs(db),
      });
      const runner = await run({
        pgPool: pool,
        events,
        taskList,
        crontab: [
          viewCrontab,
          changeCrontab,
          failedCrontab,
          trendingCrontab,
          idempotencyCrontab,
          importCrontab,
          lockCrontab,
          partnerCrontab,
          previewCrontab,
          revisionCrontab,
          sessionCrontab,
          webhookCrontab,
        ].join('\n'),
        concurrency: 2,
        noHandleSignals: true,
        logger: quiet(app),
        preset: { worker: ENDING },
      });
      await runner.addJob(...refreshAtStart);
      return runner;
    });
  },
  { name: 'jobs', dependencies: ['database'] },
);
