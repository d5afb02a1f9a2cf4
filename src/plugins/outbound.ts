// Gives every route and job `app.outbound`, the only way in which requests leave this server for hosts that others name.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { createOutbound, type Outbound } from '../outbound/sending.ts';

declare module 'fastify' {
  interface FastifyInstance {
    outbound: Outbound;
  }
}

export const outbound = fp<{ loopback: boolean }>(
  async (app: FastifyInstance, { loopback }) => {
    const sender = createOutbound({ loopback });
    app.decorate('outbound', sender);
    app.addHook('onClose', () => sender.close());
  },
  { name: 'outbound' },
);
