// Health checks for whoever runs the service: is the process alive, may it be sent requests. They tell nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { isMigrated } from '../../db/migrate.ts';
import { Problem } from '../../errors.ts';
import { answer, open, problems } from '../../responses.ts';
import { ref } from '../../schemas.ts';
import { Health } from './schemas.ts';

const PATIENCE_MS = 2_000;

export const healthRoutes = async (app: FastifyInstance): Promise<void> => {
  const config = { access: 'public' } as const;
  const tags = ['Service'];
  const response = { 200: answer(ref(Health), { status: 'ok' }), ...problems(503) };
  // Checks share one question to the database, so that a flood of them cannot take the connections of the desk.
  let asking: Promise<boolean> | undefined;
  const ask = () => {
    asking ??= isMigrated(app.db.pool, PATIENCE_MS)
      .catch(() => false)
      .finally(() => {
        asking = undefined;
      });
    return Promise.race([asking, sleep(PATIENCE_MS, false, { ref: false })]);
  };

  app.get(
    '/health/live',
    {
      config,
      schema: {
        operationId: 'getLiveness',
        tags,
        summary: 'Whether the process runs',
        description: 'Answers 200 for as long as the process can answer at all; it asks nobody.',
        security: open,
        response,
      },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );

  app.get(
    '/health/ready',
    {
      config,
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Whether it may be sent requests',
        description:
          '200 when the database answers within two seconds and has the schema of this version; 503 else, and while the service stops.',
        security: open,
        response,
      },
    },
    async (_request, reply) => {
      // Of a node that stops, plugins/problems.ts has refused it by now.
      if (!(await ask())) throw new Problem('service_unavailable', { headers: { 'retry-after': '2' } });
      return reply.header('cache-control', 'no-store').send({ status: 'ok' });
    },
  );
};
