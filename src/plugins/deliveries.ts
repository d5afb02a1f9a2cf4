// Sends to other hosts on nodes with the role `jobs`: to webhooks, and for the WebSub hub. Each has a worker beside that of the other jobs, with
// a few connections of its own, so that a receiver that hangs delays neither a job nor a request, and followers of feeds, whom
// anybody may name, delay no webhook.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { run, type TaskList } from 'graphile-worker';
import { type Db, deskDb } from '../db/client.ts';
import { tellingNoValues } from '../db/told.ts';
import { hubCrontab, hubJobs } from '../modules/hub/jobs.ts';
import { deliveryCrontab, deliveryJobs } from '../modules/webhooks/jobs.ts';
import { ENDING, keepWorking, openOwnPool, quiet } from '../working.ts';

/** Receivers that are sent to at once. A slot costs a promise: what a receiver sends back is bounded to 64 KiB for each request. */
const SLOTS = 32;
/** One listens for jobs; statements are short, and the waiting is done without a connection. */
const CONNECTIONS = 4;

interface Work {
  name: string;
  crontab: string;
  /** @param signal the node is closing */
  tasksOf(db: Db, signal: AbortSignal): TaskList;
}

function runBeside(app: FastifyInstance, databaseUrl: string, { name, crontab, tasksOf }: Work): void {
  const closing = new AbortController();
  const pool = openOwnPool(app, databaseUrl, { name: `dateline ${name}`, max: CONNECTIONS });
  // Hooks of the end run in reverse: sending is broken off, the worker stops, and then its connections end.
  keepWorking(app, name, (events) =>
    run({
      pgPool: pool,
      events,
      taskList: tellingNoValues(tasksOf(deskDb(pool), closing.signal)),
      crontab,
      noHandleSignals: true,
      logger: quiet(app, /maxPoolSize .* smaller than concurrency/),
      // All slots ask for jobs with one question; each by itself, they would ask sixteen times a second.
      preset: { worker: { ...ENDING, concurrentJobs: SLOTS, localQueue: { size: SLOTS } } },
    }),
  );
  app.addHook('onClose', async () => closing.abort());
}

export const deliveries = fp<{ enabled: boolean; databaseUrl: string; baseUrl: string }>(
  async (app: FastifyInstance, { enabled, databaseUrl, baseUrl }) => {
    if (!enabled) return;
    runBeside(app, databaseUrl, {
      name: 'webhooks',
      crontab: deliveryCrontab,
      tasksOf: (db, signal) =>
        deliveryJobs({
          ...{ db, baseUrl, signal, outbound: app.outbound },
          onDisabled: (webhook, reason) => app.log.warn({ webhook, reason }, 'a webhook was disabled'),
        }),
    });
    runBeside(app, databaseUrl, {
      name: 'hub',
      crontab: hubCrontab,
      tasksOf: (db, signal) => hubJobs({ app, db, baseUrl, signal }),
    });
  },
  { name: 'deliveries', dependencies: ['database', 'outbound', 'cursors'] },
);
