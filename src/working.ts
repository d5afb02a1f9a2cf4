// Keeps workers of jobs at work until the node closes: their connections, what they log, and another one where one gave up. It knows no job.
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Logger, type Runner, type WorkerEvents } from 'graphile-worker';
import type { Pool } from 'pg';
import { openPool } from './db/client.ts';
import { SIGN_OF_LIFE, showAlive } from './db/workers.ts';

/** Ends after the workers that are started with it, since hooks of the end run in reverse. */
export function openOwnPool(app: FastifyInstance, databaseUrl: string, options: Parameters<typeof openPool>[1]): Pool {
  const pool = openPool(databaseUrl, options, (error) =>
    app.log.warn({ err: error }, 'a database connection was lost'),
  );
  app.addHook('onClose', () => pool.end());
  return pool;
}

/**
 * How a worker notes that a job is done. By itself it does so without waiting: where the database was away at that moment, nobody heard
 * that it could not, which ended the whole process (graphile-worker 0.18.0, worker.js line 283; tried).
 */
export const ENDING = { completeJobBatchDelay: 0, failJobBatchDelay: 0 } as const;

/** Milliseconds. */
const AGAIN = 1_000;
/**
 * Milliseconds for the workers of a node to end, all at once; main.ts gives up after 9,500. Where the database was restarted, half of the
 * nodes had one that never ended (graphile-worker 0.18.0, its stop() waits for what was lost). What it held is taken up by others (db/workers.ts).
 */
export const STOPPING = 7_000;

/** Runs a worker until the node closes: one that gave up, since the database was away, is started anew. */
export function keepWorking(
  app: FastifyInstance,
  name: string,
  start: (events: WorkerEvents) => Promise<Runner>,
): void {
  let running: Promise<Runner> | undefined;
  let isClosing = false;
  const begin = async (): Promise<void> => {
    const events: WorkerEvents = new EventEmitter();
    let signs: NodeJS.Timeout | undefined;
    events.once('pool:create', ({ workerPool: { id } }) => {
      const show = () =>
        showAlive(app.db.desk, id).catch(
          (error: unknown) =>
            isClosing ||
            app.log.warn({ err: error, worker: name }, 'a worker could give no sign of life; it is tried anew'),
        );
      signs = setInterval(show, SIGN_OF_LIFE).unref();
      void show();
    });
    events.on('job:failed', ({ job: { id, task_identifier: task }, error }) =>
      app.log.warn(
        { err: error, worker: name, job: id, task },
        'a job failed for the last time; it is forgotten in a week',
      ),
    );
    running = start(events);
    const runner = await running.catch((error: unknown) => {
      clearInterval(signs);
      throw error;
    });
    const ended = (error?: unknown) => {
      clearInterval(signs);
      if (isClosing) return;
      app.log.error({ err: error, worker: name }, 'a worker stopped; it is started anew');
      void again();
    };
    // It also ends in peace where it gives up.
    runner.promise.then(() => ended(), ended);
  };
  const again = async (): Promise<void> => {
    await sleep(AGAIN, undefined, { ref: false });
    if (isClosing) return;
    await begin().catch((error: unknown) => {
      app.log.error({ err: error, worker: name }, 'a worker could not be started; it is tried anew');
      void again();
    });
  };
  app.addHook('onReady', begin);
  const stop = async (): Promise<boolean> => {
    const runner = await running?.catch(() => undefined);
    // One that gave up refuses to be stopped; the rest has to close all the same.
    await runner
      ?.stop()
      .catch((error: unknown) => app.log.error({ err: error, worker: name }, 'a worker did not stop in order'));
    return true;
  };
  let stopped: Promise<boolean> | undefined;
  // Beside the requests that are finished first, and the other workers: for one after the other there is no time.
  app.addHook('preClose', async () => {
    isClosing = true;
    stopped = Promise.race([stop(), sleep(STOPPING, false, { ref: false })]);
  });
  app.addHook('onClose', async () => {
    if ((await stopped) === false) app.log.warn({ worker: name }, 'a worker did not stop in time, and is left behind');
  });
}

/** @param expected warnings of what is meant to be so */
export const quiet = (app: FastifyInstance, expected?: RegExp) =>
  new Logger(() => (level, message) => {
    if (level === 'error') app.log.error(message);
    else if (level === 'warning' && !expected?.test(message)) app.log.warn(message);
    else app.log.debug(message);
  });
