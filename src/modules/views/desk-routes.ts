// Desk routes of view counts: what was counted hour by hour, a correction of it, and the counters of another system. All of it is audited.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, body, changeProblems, keyed, problems, versioned, writeProblems } from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { correctViews, findDeskViews } from './correcting.ts';
import { importCounters } from './counters.ts';
import * as examples from './examples.ts';
import {
  Correction,
  CounterImport,
  CounterImportAnswer,
  DeskViewsAnswer,
  DeskViewsQuery,
  ViewParams,
} from './schemas.ts';

export const deskViewRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const read = async (id: string, query: DeskViewsQuery) => {
    const data = await findDeskViews(db, id.toLowerCase(), query);
    if (!data) throw new Problem('not_found');
    return { data, meta: {}, links: { self: `${baseUrl}/v1/desk/articles/${id.toLowerCase()}/views` } };
  };

  app.get(
    '/articles/:id/views',
    {
      config: { access: 'views:write' },
      schema: {
        operationId: 'getDeskViews',
        tags: ['Views'],
        summary: 'Read what was counted of a story, hour by hour',
        description:
          'Of the last 24 hours, or of what is asked for. The ETag is the version that a correction is based on.',
        params: ViewParams,
        querystring: DeskViewsQuery,
        security: keyed,
        response: {
          200: answer(DeskViewsAnswer, examples.deskViews, { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const found = await read(request.params.id, request.query);
      return reply.header('etag', `"${found.data.version}"`).send(found);
    },
  );

  app.put(
    '/articles/:id/views',
    {
      config: { access: 'views:write' },
      schema: {
        operationId: 'correctViews',
        tags: ['Views'],
        summary: 'Correct what was counted of a story',
        description:
          'Sets the hours that it names, and leaves all others. Totals and series show it at once, what is read most after its next refresh, which it causes. An hour that is not over cannot be set. Readers see numbers fall only by this.',
        params: ViewParams,
        headers: IfMatch,
        body: body(Correction, examples.correction),
        security: keyed,
        response: { 200: answer(DeskViewsAnswer, examples.deskViews, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const id = request.params.id.toLowerCase();
      await db.transaction((tx) => correctViews(tx, actorOf(request), id, expected, request.body));
      const hours = request.body.buckets.map(({ hour }) => Date.parse(hour));
      const found = await read(id, {
        from: new Date(Math.min(...hours)).toISOString(),
        to: new Date(Math.max(...hours) + 1).toISOString(),
      });
      return reply.header('etag', `"${found.data.version}"`).send(found);
    },
  );

  app.post(
    '/views/import',
    {
      config: { access: 'views:write' },
      schema: {
        operationId: 'importViews',
        tags: ['Views'],
        summary: 'Take over the counters of another system',
        description:
          'Up to 1,000 at once, all or nothing. They are views of the source `import`, beside those that are counted here; the same once more changes nothing. Not for those who are limited to some languages or regions.',
        body: body(CounterImport, examples.counterImport),
        security: keyed,
        response: {
          200: answer(CounterImportAnswer, {
            data: { changed: 1, unchanged: 0 },
            meta: {},
            links: { self: 'http://localhost:3000/v1/desk/views/import' },
          }),
          ...writeProblems(),
        },
      },
    },
    async (request) => {
      const { counters, reason } = request.body;
      const changed = await db.transaction((tx) => importCounters(tx, actorOf(request), counters, reason));
      return {
        data: { changed, unchanged: counters.length - changed },
        meta: {},
        links: { self: `${baseUrl}/v1/desk/views/import` },
      };
    },
  );
};
