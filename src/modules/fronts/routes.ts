// Public routes of fronts: which there are, and each as a page in one answer. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import * as examples from './examples.ts';
import { sendFront, sendFrontList } from './reading.ts';
import { FrontAnswer, FrontListAnswer, FrontParams, FrontQuery } from './schemas.ts';

export const frontRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;
  const tags = ['Fronts'];

  app.get(
    '/fronts',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listFronts',
        tags,
        summary: 'List fronts',
        description: 'In the order that editors gave them.',
        querystring: LocaleQuery,
        security: open,
        response: { ...cacheable(FrontListAnswer, examples.fronts, { headers: inLanguage }), ...problems(400) },
      },
    },
    (request, reply) => sendFrontList(db, request, reply, baseUrl + request.url),
  );

  app.get(
    '/fronts/:slug',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getFront',
        tags,
        summary: 'Read a front',
        description:
          'A whole page: slots in order, each with what editors have pinned there and then with what its filter finds, in the given locale or the default one; with `fallback`, each story in the first of the languages in which it is public. No story stands on it twice: what is pinned anywhere goes before what is automatic, and an earlier slot before a later one.',
        params: FrontParams,
        querystring: FrontQuery,
        security: open,
        response: { ...cacheable(FrontAnswer, examples.front, { headers: inLanguage }), ...problems(400, 404) },
      },
    },
    (request, reply) => sendFront(db, request, reply, baseUrl + request.url),
  );
};
