// Desk routes of webhooks: list, make, read, change, delete, give a new secret, try out. A secret is told once, by the answer that makes it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../errors.ts';
import { checkAddress } from '../../outbound/refusing.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  empty,
  keyed,
  located,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { ping } from './attempting.ts';
import { findReceiver } from './claiming.ts';
import * as examples from './examples.ts';
import { listWebhooks } from './queries.ts';
import {
  NewWebhookAnswer,
  PingAnswer,
  SecretRotation,
  type Webhook,
  WebhookAnswer,
  WebhookInput,
  WebhookListAnswer,
  WebhookParams,
  WebhookPatch,
} from './schemas.ts';
import { writtenSecret } from './signing.ts';
import { changeWebhook, createWebhook, getWebhook, type MadeWebhook, removeWebhook, rotateSecret } from './workflow.ts';

export const webhookRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'webhooks:write' } as const;
  const reading = { access: 'webhooks:read' } as const;
  const ahead = async ({ body }: FastifyRequest) => {
    const { url } = body as WebhookPatch;
    if (url !== undefined) await checkAddress(app.outbound, url, '/url');
  };
  const tags = ['Webhooks'];
  const all = `${baseUrl}/v1/desk/webhooks`;
  const wrap = <T>(data: T, self: string) => ({ data, meta: {}, links: { self } });
  const one = answer(WebhookAnswer, wrap(examples.webhook, `${all}/${examples.webhook.id}`), { headers: versioned });
  const made = (description: string) =>
    answer(NewWebhookAnswer, wrap(examples.made, `${all}/${examples.made.id}`), {
      description,
      headers: located,
    });
  const send = (reply: FastifyReply, webhook: Webhook) =>
    reply.header('etag', `"${webhook.version}"`).send(wrap(webhook, `${all}/${webhook.id}`));
  const sendMade = (reply: FastifyReply, { webhook, secret }: MadeWebhook) => {
    const self = `${all}/${webhook.id}`;
    reply.code(201).header('location', self).header('etag', `"${webhook.version}"`);
    return reply.send(wrap({ ...webhook, secret: writtenSecret(secret) }, self));
  };

  app.get(
    '/webhooks',
    {
      config: reading,
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: 'List webhooks',
        description: 'Oldest first; there are a hundred at most.',
        security: keyed,
        response: { 200: answer(WebhookListAnswer, wrap([examples.webhook], all)), ...problems(403) },
      },
    },
    async () => wrap(await listWebhooks(db), all),
  );

  app.post(
    '/webhooks',
    {
      config: { ...config, ahead },
      schema: {
        operationId: 'createWebhook',
        tags,
        summary: 'Make a webhook',
        description:
          'From now on, messages on what becomes public, changes or goes are sent there, signed as Standard Webhooks says. The answer ' +
          'holds the secret: it is told now and never again. An address that is not public is refused, now and at every message.',
        body: body(WebhookInput, examples.input),
        security: keyed,
        response: { 201: made('It is made'), ...writeProblems(409) },
      },
    },
    async (request, reply) => {
      await checkAddress(app.outbound, request.body.url, '/url');
      return sendMade(reply, await db.transaction((tx) => createWebhook(tx, actorOf(request), request.body)));
    },
  );

  app.get(
    '/webhooks/:id',
    {
      config: reading,
      schema: {
        operationId: 'getWebhook',
        tags,
        summary: 'Read a webhook',
        description: 'The ETag is the version for If-Match; deliveries do not change it.',
        params: WebhookParams,
        security: keyed,
        response: { 200: one, ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => send(reply, await getWebhook(db, request.params.id)),
  );

  app.patch(
    '/webhooks/:id',
    {
      config: { ...config, ahead },
      schema: {
        operationId: 'changeWebhook',
        tags,
        summary: 'Change a webhook, stop it or start it again',
        description:
          'JSON Merge Patch (RFC 7396). What happens while it is disabled is not kept for it: see the change log. What was waiting before is sent once it is started again.',
        params: WebhookParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(WebhookPatch, examples.patch),
        security: keyed,
        response: { 200: one, ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { url } = request.body;
      if (url !== undefined) await checkAddress(app.outbound, url, '/url');
      const { id } = request.params;
      return send(reply, await db.transaction((tx) => changeWebhook(tx, actorOf(request), id, expected, request.body)));
    },
  );

  app.delete(
    '/webhooks/:id',
    {
      config,
      schema: {
        operationId: 'deleteWebhook',
        tags,
        summary: 'Delete a webhook',
        description: 'With all that is still to be sent to it, and its log.',
        params: WebhookParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeWebhook(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );

  app.post(
    '/webhooks/:id/rotate-secret',
    {
      config,
      schema: {
        operationId: 'rotateWebhookSecret',
        tags,
        summary: 'Give a webhook a new secret',
        description: 'While both hold, each message carries a signature by each.',
        params: WebhookParams,
        body: body(SecretRotation, examples.rotation),
        security: keyed,
        response: { 201: made('The new secret is made, and the old one expires'), ...writeProblems(404) },
      },
    },
    async (request, reply) => {
      const { overlapSeconds } = request.body;
      const { id } = request.params;
      return sendMade(reply, await db.transaction((tx) => rotateSecret(tx, actorOf(request), id, overlapSeconds)));
    },
  );

  app.post(
    '/webhooks/:id/ping',
    {
      config: { ...config, waits: true },
      schema: {
        operationId: 'pingWebhook',
        tags,
        summary: 'Send a test message, and tell what came of it',
        description:
          'In the form of every message and signed alike, also while it is disabled; waits ten seconds at most. Sent again, it is done again, and not among changes that are made together.',
        params: WebhookParams,
        security: keyed,
        response: {
          200: answer(PingAnswer, wrap(examples.ping, `${all}/${examples.webhook.id}/ping`)),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request) => {
      const id = request.params.id.toLowerCase();
      const receiver = await findReceiver(db, id);
      if (!receiver) throw new Problem('not_found');
      return wrap(await ping(app.outbound, receiver, receiver.now, baseUrl), `${all}/${id}/ping`);
    },
  );
};
