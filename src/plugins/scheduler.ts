// Publishes and takes back what is scheduled, on nodes with the role `jobs`. It makes no schedules.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { deskDb } from '../db/client.ts';
import { type Loop, startLoop } from '../modules/schedules/loop.ts';
import { openOwnPool, STOPPING } from '../working.ts';

export const scheduler = fp<{ enabled: boolean; databaseUrl: string }>(
  async (app: FastifyInstance, { enabled, databaseUrl }) => {
    if (!enabled) return;
    // Of its own: what has a time does not wait behind ten requests that hold those of the desk, for as long as they take.
    const pool = openOwnPool(app, databaseUrl, { name: 'dateline schedules', max: 1 });
    let running: Loop | undefined;
    app.addHook('onReady', async () => {
      running = startLoop(deskDb(pool), {
        refusal: ({ error, ...story }) => app.log.warn({ err: error, ...story }, 'a scheduled story was refused'),
        error: (error) => app.log.error({ err: error }, 'what is due could not be carried out; it is tried anew'),
      });
    });
    let stopped: Promise<unknown> | undefined;
    app.addHook('preClose', async () => {
      stopped = Promise.race([running?.stop(), sleep(STOPPING, undefined, { ref: false })]);
    });
    app.addHook('onClose', () => stopped);
  },
  { name: 'scheduler', dependencies: ['database'] },
);
