// Desk route for up to a hundred changes in one request. Each is checked and answered as the single request is.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { answer, body, keyed, writeProblems } from '../../responses.ts';
import { carryOut, prepare } from './carrying-out.ts';
import { BulkAnswer, BulkInput, type BulkRequest } from './schemas.ts';

const operations: BulkRequest['operations'] = [
  { method: 'PATCH', path: '/v1/desk/regions/caspian', ifMatch: 3, body: { position: 2 } },
  { method: 'DELETE', path: '/v1/desk/tags/harvest', ifMatch: 1 },
];

export const bulkRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const links = { self: `${baseUrl}/v1/desk/bulk` };
  app.post(
    '/bulk',
    {
      config: {
        access: 'signed-in',
        ahead: (request) => prepare(app, request, (request.body as BulkRequest).operations),
      },
      schema: {
        operationId: 'bulk',
        tags: ['Desk'],
        summary: 'Carry out up to 100 changes',
        description:
          'Each operation needs the rights that it needs alone, and is answered as it is answered alone. With `atomic`, the first ' +
          'that is refused takes all others back: a 409 that names it.',
        body: body(BulkInput, { mode: 'each', operations }),
        security: keyed,
        response: {
          200: answer(BulkAnswer, {
            data: [
              { status: 412, headers: {}, body: { type: 'urn:dateline:problem:version_mismatch', status: 412 } },
              { status: 204, headers: {}, body: null },
            ],
            meta: { mode: 'each', done: 1, refused: 1 },
            links,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request) => {
      const asked = request.body as BulkRequest;
      const data = await carryOut(app, request, asked);
      const refused = data.filter(({ status }) => status >= 400).length;
      return { data, meta: { mode: asked.mode, done: data.length - refused, refused }, links };
    },
  );
};
