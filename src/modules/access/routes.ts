// Routes of API keys: list, make, revoke. A key itself is told once, by the answer that makes it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from '@sinclair/typebox';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, problems, writeProblems } from '../../responses.ts';
import { closed, Id } from '../../schemas.ts';
import { listKeys } from './queries.ts';
import { type ApiKey, ApiKeyInput, ApiKeyListAnswer, NewApiKeyAnswer } from './schemas.ts';
import type { Scope } from './scopes.ts';
import { createKey, endKey } from './workflow.ts';

const listed: Static<typeof ApiKey> = {
  id: '01931f5e-8c00-7a10-8000-000000000004',
  name: 'Night desk',
  prefix: 'dl_3f9c',
  scopes: ['articles:read', 'articles:write', 'articles:publish'],
  createdAt: '2026-09-01T07:30:00.000Z',
  expiresAt: '2027-09-01T00:00:00.000Z',
  revokedAt: null,
  lastUsedAt: '2026-09-14T17:40:00.000Z',
};
const input: Static<typeof ApiKeyInput> = { name: listed.name, scopes: listed.scopes, expiresAt: listed.expiresAt };

const toWire = ({
  scopes,
  createdAt,
  expiresAt,
  revokedAt,
  lastUsedAt,
  ...key
}: Awaited<ReturnType<typeof listKeys>>[number]): Static<typeof ApiKey> => ({
  ...key,
  scopes: scopes as Scope[],
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export const keyRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'keys:manage' } as const;
  const tags = ['Keys'];
  const links = { self: `${baseUrl}/v1/desk/keys` };

  app.get(
    '/keys',
    {
      config,
      schema: {
        operationId: 'listKeys',
        tags,
        summary: 'List API keys, revoked ones included',
        description: 'The keys themselves are not among it: nobody can read them, they can only be revoked.',
        security: keyed,
        response: { 200: answer(ApiKeyListAnswer, { data: [listed], meta: {}, links }), ...problems(403) },
      },
    },
    async () => ({ data: (await listKeys(db)).map(toWire), meta: {}, links }),
  );

  app.post(
    '/keys',
    {
      config,
      schema: {
        operationId: 'createKey',
        tags,
        summary: 'Make an API key',
        security: keyed,
        description: 'With scopes that your own key holds. The answer holds the key: it is told now and never again.',
        body: body(ApiKeyInput, input),
        response: {
          201: answer(
            NewApiKeyAnswer,
            {
              data: {
                id: listed.id,
                name: listed.name,
                scopes: listed.scopes,
                key: `${listed.prefix}${'0'.repeat(52)}`,
              },
              meta: {},
              links,
            },
            { description: 'It is made' },
          ),
          ...writeProblems(),
        },
      },
    },
    async (request, reply) => {
      const { name, scopes, expiresAt } = request.body;
      const { id, secret } = await db.transaction((tx) =>
        createKey(tx, actorOf(request), { name, scopes, expiresAt: expiresAt ? new Date(expiresAt) : null }),
      );
      return reply.code(201).send({ data: { id, name, scopes, key: secret }, meta: {}, links });
    },
  );

  app.delete(
    '/keys/:id',
    {
      config,
      schema: {
        operationId: 'revokeKey',
        tags,
        summary: 'Revoke an API key',
        params: closed({ id: Id }),
        security: keyed,
        description: 'It is refused from the next request on, by every node.',
        response: { 204: empty('It is revoked'), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      await db.transaction((tx) => endKey(tx, actorOf(request), request.params.id));
      return reply.code(204).send();
    },
  );
};
