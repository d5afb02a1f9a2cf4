// Public routes of live stories: their entries by time, and what has changed since. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { cacheable, empty, open, problems } from '../../responses.ts';
import * as examples from './examples.ts';
import { sendEntries } from './reading.ts';
import { EntriesParams, EntryListAnswer, EntryListQuery } from './schemas.ts';

export const liveRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.get(
    '/articles/:id/entries',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listEntries',
        tags: ['Live'],
        summary: 'List the entries of a live story',
        description:
          'Newest first, with those that are pinned in a member of their own. With `after`, what is new, changed or gone since then. A story of another kind has none, and is answered by 404.',
        params: EntriesParams,
        querystring: EntryListQuery,
        security: open,
        response: {
          ...cacheable(EntryListAnswer, examples.list),
          301: empty('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    (request, reply) => sendEntries(app, request, reply, baseUrl),
  );
};
