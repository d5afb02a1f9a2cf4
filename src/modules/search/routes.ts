// Public routes of search: stories by their words. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { cacheable, open, problems } from '../../responses.ts';
import { answerSearch } from './answering.ts';
import * as examples from './examples.ts';
import { SearchAnswer, SearchQuery } from './schemas.ts';

export const searchRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.get(
    '/search',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'searchArticles',
        tags: ['Search'],
        summary: 'Search published stories',
        description:
          'By the stems of words where Postgres has a stemmer for the language, else by their beginnings; accents, letter case and joiners make no difference. Words in a title weigh more than those of the standfirst, and these more than those of the body. Filters are those of lists.',
        querystring: SearchQuery,
        security: open,
        response: { ...cacheable(SearchAnswer, examples.found), ...problems(400) },
      },
    },
    (request, reply) => answerSearch(app, request, reply, baseUrl + request.url),
  );
};
