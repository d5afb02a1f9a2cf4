// Sends messages to webhooks on nodes with the role `jobs`: a worker beside that of the other jobs, with a few connections of its own, so
// that a receiver that hangs delays neither a job nor a request.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type Runner, run } from 'graphile-worker';
import { deskDb, openPool } from '../db/client.ts';
import { deliveryCrontab, deliveryJobs } from '../modules/webhooks/jobs.ts';
import { quiet } from './jobs.ts';

/** Receivers that are sent to at once. A slot costs a promise: what a receiver sends back is bounded to 64 KiB for each request. */
const SLOTS = 32;
/** One listens for jobs; statements are short, and the waiting is done without a connection. */
const CONNECTIONS = 4;

export const deliveries = fp<{ enabled: boolean; databaseUrl: string; baseUrl: string }>(
  async (app: FastifyInstance, { enabled, databaseUrl, baseUrl }) => {
    if (!enabled) return;
    const closing = new AbortController();
    let runner: Runner | undefined;
    const pool = openPool(databaseUrl, { name: 'dateline webhooks', max: CONNECTIONS }, (error) =>
      app.log.warn({ err: error }, 'a database connection was lost'),
    );
    app.addHook('onReady', async () => {
      runner = await run({
        pgPool: pool,
        taskList: deliveryJobs({
          db: deskDb(pool),
          outbound: app.outbound,
          baseUrl,
          signal: closing.signal,
          onDisabled: (webhook, reason) => app.log.warn({ webhook, reason }, 'a webhook was disabled'),
        }),
        crontab: deliveryCrontab,
        noHandleSignals: true,
        logger: quiet(app, /maxPoolSize .* smaller than concurrency/),
        // All slots ask for jobs with one question; each by itself, they would ask sixteen times a second.
        preset: { worker: { concurrentJobs: SLOTS, localQueue: { size: SLOTS } } },
      });
      runner.promise.catch((error: unknown) => app.log.error({ err: error }, 'the worker of webhooks stopped'));
    });
    app.addHook('onClose', async () => {
      closing.abort();
      await runner
        ?.stop()
        .catch((error: unknown) => app.log.error({ err: error }, 'the worker of webhooks did not stop in order'));
      await pool.end();
    });
  },
  { name: 'deliveries', dependencies: ['database', 'outbound', 'jobs'] },
);
