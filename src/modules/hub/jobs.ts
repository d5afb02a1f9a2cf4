// Jobs of the WebSub hub. What cannot be reached is tried again by graphile-worker, later each time.
import type { FastifyInstance } from 'fastify';
import type { TaskList } from 'graphile-worker';
import { deliver, ping } from './sending.ts';
import { spreadChanges, spreadTopic } from './spreading.ts';
import { verifyIntent } from './verifying.ts';

export const hubJobs = (app: FastifyInstance, baseUrl: string): TaskList => ({
  hub_changes: async (payload) => spreadChanges(app, (payload as { locale: string }).locale),
  hub_topic: async (payload) => spreadTopic(app, baseUrl, (payload as { topic: string }).topic),
  hub_verify: async (payload) => verifyIntent(app, baseUrl, (payload as { intent: string }).intent),
  hub_deliver: async (payload) => deliver(app, baseUrl, payload as { content: string; subscription: string }),
  hub_ping: async (payload) => ping(app, baseUrl, payload as { hub: string; locale: string }),
});
