// Desk routes of the log of deliveries: what was sent to a webhook and what came of it, and sending it again.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, keyed, problems, writeProblems } from '../../responses.ts';
import * as examples from './examples.ts';
import { listDeliveries } from './log.ts';
import { replayOne, replaySpan } from './replaying.ts';
import {
  DeliveryAnswer,
  DeliveryListAnswer,
  DeliveryListQuery,
  DeliveryParams,
  ReplayAnswer,
  ReplayInput,
  WebhookParams,
} from './schemas.ts';
import { getWebhook } from './workflow.ts';

export const deliveryRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'webhooks:write' } as const;
  const tags = ['Webhooks'];
  const deliveriesOf = (id: string) => `${baseUrl}/v1/desk/webhooks/${id}/deliveries`;
  const example = deliveriesOf(examples.webhook.id);

  app.get(
    '/webhooks/:id/deliveries',
    {
      config: { access: 'webhooks:read' },
      schema: {
        operationId: 'listWebhookDeliveries',
        tags,
        summary: 'List what was sent to a webhook, and what is to be sent',
        description: 'Newest first, for 30 days.',
        params: WebhookParams,
        querystring: DeliveryListQuery,
        security: keyed,
        response: {
          200: answer(DeliveryListAnswer, {
            data: [examples.delivery],
            meta: {},
            links: { self: example, next: null, prev: null },
          }),
          ...problems(400, 403, 404),
        },
      },
    },
    async ({ params, query: { status, limit = 20, cursor }, url }) => {
      const { id } = await getWebhook(db, params.id);
      const statuses = status && [...new Set(status)].sort();
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, JSON.stringify(['deliveries', id, statuses]), cursor);
      const after = walk.after?.[1] ?? null;
      const rows = await listDeliveries(db, id, { statuses, after, backward: walk.backward, limit });
      const { page, turned } = turnPage(rows, walk, limit, (row) => [0, row.id.slice('msg_'.length)]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + url, walk, turned) };
    },
  );

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/replay',
    {
      config,
      schema: {
        operationId: 'replayWebhookDelivery',
        tags,
        summary: 'Send a message again',
        description: 'Under its old id, and with ten tries anew. One that is waiting is tried at once.',
        params: DeliveryParams,
        security: keyed,
        response: {
          200: answer(DeliveryAnswer, {
            data: examples.delivery,
            meta: {},
            links: { self: `${example}/${examples.delivery.id}/replay` },
          }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request) => {
      const { id, deliveryId } = request.params;
      const delivery = await db.transaction((tx) => replayOne(tx, actorOf(request), id, deliveryId));
      return { data: delivery, meta: {}, links: { self: `${deliveriesOf(id.toLowerCase())}/${delivery.id}/replay` } };
    },
  );

  app.post(
    '/webhooks/:id/replay',
    {
      config,
      schema: {
        operationId: 'replayWebhook',
        tags,
        summary: 'Send all messages of a span of time again',
        description: 'Those that were delivered or given up, under their old ids; those of one story in their order.',
        params: WebhookParams,
        body: body(ReplayInput, examples.replay),
        security: keyed,
        response: {
          200: answer(ReplayAnswer, {
            data: { replayed: 12 },
            meta: {},
            links: { self: `${baseUrl}/v1/desk/webhooks/${examples.webhook.id}/replay` },
          }),
          ...writeProblems(404),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const replayed = await db.transaction((tx) => replaySpan(tx, actorOf(request), id, request.body));
      return {
        data: { replayed },
        meta: {},
        links: { self: `${baseUrl}/v1/desk/webhooks/${id.toLowerCase()}/replay` },
      };
    },
  );
};
