// Hears what transactions announce, on one connection for all of this node that wants to know. It does nothing with it itself.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { type Listener, listen } from '../db/listening.ts';

export interface Hearer {
  /** Names as in caching/groups.ts, in the order of the commits. */
  onGroups(groups: string[]): void;
  /** From now on everything is heard. */
  onListening(): void;
  /** What is announced from now on is never heard. */
  onLost(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    announcements: {
      /** To be called before the server is ready. */
      hear(hearer: Hearer): void;
      /** Resolves when all that was committed before the call has been heard, or onLost() was called. */
      catchUp(): Promise<void>;
    };
  }
}

const CHANNEL = 'dateline_cache';

export const announcements = fp<{ databaseUrl: string }>(
  async (app: FastifyInstance, { databaseUrl }) => {
    const hearers: Hearer[] = [];
    let listener: Listener | undefined;
    app.decorate('announcements', {
      hear: (hearer) => void hearers.push(hearer),
      catchUp: async () => listener?.catchUp(),
    });
    app.addHook('onReady', async () => {
      if (hearers.length === 0) return;
      listener = listen(databaseUrl, CHANNEL, {
        onPayload(payload) {
          const groups = payload.split(' ');
          for (const hearer of hearers) hearer.onGroups(groups);
        },
        onListening() {
          for (const hearer of hearers) hearer.onListening();
        },
        onLost() {
          for (const hearer of hearers) hearer.onLost();
        },
        onError: (error) =>
          app.log.warn({ err: error }, 'changes are not heard of: nothing is kept until the connection is back'),
      });
    });
    app.addHook('onClose', () => listener?.end());
  },
  { name: 'announcements' },
);
