// Publishes and takes back what is scheduled, on nodes with the role `jobs`. It schedules nothing.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type Sweeper, startSweeper } from '../modules/schedules/sweeper.ts';

export const sweeper = fp<{ enabled: boolean }>(
  async (app: FastifyInstance, { enabled }) => {
    if (!enabled) return;
    let running: Sweeper | undefined;
    app.addHook('onReady', async () => {
      running = startSweeper(app.db.desk, {
        refusal: ({ error, ...story }) => app.log.warn({ err: error, ...story }, 'a scheduled story was refused'),
        error: (error) => app.log.error({ err: error }, 'what is due could not be carried out; it is tried anew'),
      });
    });
    app.addHook('onClose', () => running?.stop());
  },
  { name: 'sweeper', dependencies: ['database'] },
);
