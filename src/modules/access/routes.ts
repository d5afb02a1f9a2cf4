// Routes of API keys: list, make, change, rotate, revoke. A key itself is told once, by the answer that makes it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, MERGE_PATCH, problems, writeProblems } from '../../responses.ts';
import { closed, Id } from '../../schemas.ts';
import * as examples from './examples.ts';
import { type KeyRow, listKeys } from './queries.ts';
import {
  type ApiKey,
  ApiKeyAnswer,
  ApiKeyInput,
  ApiKeyListAnswer,
  ApiKeyPatch,
  type NewApiKey,
  NewApiKeyAnswer,
  RotationInput,
} from './schemas.ts';
import { changeKey, createKey, endKey, type MadeKey, rotateKey } from './workflow.ts';

const iso = (date: Date | null) => date?.toISOString() ?? null;
const keyOf = ({
  regionIds: _r,
  partnerId: _p,
  createdAt,
  expiresAt,
  revokedAt,
  lastUsedAt,
  ...key
}: KeyRow): ApiKey => ({
  ...key,
  createdAt: createdAt.toISOString(),
  expiresAt: iso(expiresAt),
  revokedAt: iso(revokedAt),
  lastUsedAt: iso(lastUsedAt),
});
const newKeyOf = ({ row: { id, name, scopes, locales, regions, partner, expiresAt }, secret }: MadeKey): NewApiKey => ({
  ...{ id, name, scopes, locales, regions, partner },
  expiresAt: iso(expiresAt),
  key: secret,
});
/** Absent stays absent, which means something else than null. */
const dated = <T extends { expiresAt?: string | null }>({ expiresAt, ...rest }: T) => ({
  ...rest,
  ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
});

export const keyRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'keys:manage' } as const;
  const tags = ['Keys'];
  const params = closed({ id: Id });
  const links = { self: `${baseUrl}/v1/desk/keys` };
  const wrap = <T>(data: T) => ({ data, meta: {}, links });
  const made = (description: string) => answer(NewApiKeyAnswer, wrap(examples.made), { description });

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
        response: { 200: answer(ApiKeyListAnswer, wrap([examples.key])), ...problems(403) },
      },
    },
    async () => wrap((await listKeys(db)).map(keyOf)),
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
        description:
          'With scopes that you hold yourself, and within your own limits; for a partner, with the scope `syndicate` alone. The answer holds the key: it is told now and never again.',
        body: body(ApiKeyInput, examples.keyInput),
        response: { 201: made('It is made'), ...writeProblems() },
      },
    },
    async (request, reply) => {
      const key = await db.transaction((tx) => createKey(tx, actorOf(request), dated(request.body)));
      return reply.code(201).send(wrap(newKeyOf(key)));
    },
  );

  app.patch(
    '/keys/:id',
    {
      config,
      schema: {
        operationId: 'changeKey',
        tags,
        summary: 'Rename an API key, or let it expire at another time',
        security: keyed,
        description:
          'JSON Merge Patch (RFC 7396). What a key may do never changes: make another one. One that has expired stays so.',
        params,
        consumes: MERGE_PATCH,
        body: body(ApiKeyPatch, examples.keyPatch),
        response: { 200: answer(ApiKeyAnswer, wrap(examples.key)), ...writeProblems(404, 409) },
      },
    },
    async (request) => {
      const { id } = request.params;
      return wrap(keyOf(await db.transaction((tx) => changeKey(tx, actorOf(request), id, dated(request.body)))));
    },
  );

  app.post(
    '/keys/:id/rotate',
    {
      config,
      schema: {
        operationId: 'rotateKey',
        tags,
        summary: 'Make a new API key in place of one',
        security: keyed,
        description:
          'With the same name, scopes and limits. The old one holds for the overlap, so that nothing stands still meanwhile, and never longer than it would have.',
        params,
        body: body(RotationInput, examples.rotation),
        response: { 201: made('The new key is made, and the old one expires'), ...writeProblems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const key = await db.transaction((tx) => rotateKey(tx, actorOf(request), id, dated(request.body)));
      return reply.code(201).send(wrap(newKeyOf(key)));
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
        params,
        security: keyed,
        description:
          'It is refused from the next request on, by every node, and the previews that it made are revoked. The last key or person that can administer the newsroom stays.',
        response: { 204: empty('It is revoked'), ...problems(400, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      await db.transaction((tx) => endKey(tx, actorOf(request), request.params.id));
      return reply.code(204).send();
    },
  );
};
