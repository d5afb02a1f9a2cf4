// Public routes of search: stories by their words, and suggestions for a search box. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { answerSearch } from './answering.ts';
import * as examples from './examples.ts';
import { SearchAnswer, SearchQuery, SuggestAnswer, SuggestQuery } from './schemas.ts';
import { answerSuggest } from './suggesting.ts';

export const searchRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.get(
    '/search',
    {
      config: { access: 'public', partners: true },
      schema: {
        operationId: 'searchArticles',
        tags: ['Search'],
        summary: 'Search published stories',
        description:
          'By the stems of words where Postgres has a stemmer for the language, else by their beginnings; accents, letter case and joiners make no difference. Words in a title weigh more than those of the standfirst, and these more than those of the body. Filters are those of lists. A partner finds its own stories; one of summaries by their titles and standfirsts alone.',
        querystring: SearchQuery,
        security: open,
        response: { ...cacheable(SearchAnswer, examples.found, { headers: inLanguage }), ...problems(400) },
      },
    },
    (request, reply) => answerSearch(app, request, reply, baseUrl + request.url),
  );

  app.get(
    '/search/suggest',
    {
      config: { access: 'public', partners: true },
      schema: {
        operationId: 'suggest',
        tags: ['Search'],
        summary: 'Suggest stories and tags while somebody types',
        description:
          'By the beginnings of the last word and the whole of those before it, in titles and in the names of tags of published stories; accents and letter case make no difference. Where nothing begins like that, slips of the finger are put right, and `meta.didYouMean` says how. A partner gets those of its own stories as they begin, and nothing put right.',
        querystring: SuggestQuery,
        security: open,
        response: { ...cacheable(SuggestAnswer, examples.suggestions, { headers: inLanguage }), ...problems(400) },
      },
    },
    (request, reply) => answerSuggest(app, request, reply, baseUrl + request.url),
  );
};
