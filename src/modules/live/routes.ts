// Public routes of live stories: their entries by time, and what has changed since. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { answer, cacheable, inLanguage, moved, open, problems } from '../../responses.ts';
import * as examples from './examples.ts';
import { sendEntries } from './reading.ts';
import { EntriesParams, EntryListAnswer, EntryListQuery, EventStream, StreamHeaders, StreamQuery } from './schemas.ts';
import { sendStream } from './sending.ts';
import { createStreams } from './streams.ts';

export const liveRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string; maxStreams: number }> = async (
  app,
  { baseUrl, maxStreams },
) => {
  const streams = createStreams(app.db.public, maxStreams, (error) =>
    app.log.warn({ err: error }, 'entries of a live story could not be read; it is tried anew'),
  );
  app.announcements.hear({ onGroups: streams.changed, onListening: streams.catchUp, onLost: () => {} });
  // Before the server stops listening: an open stream would be waited for.
  app.addHook('preClose', async () => streams.end());

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
          ...cacheable(EntryListAnswer, examples.list, { headers: inLanguage }),
          301: moved('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    (request, reply) => sendEntries(app, request, reply, baseUrl),
  );

  app.get(
    '/articles/:id/entries/stream',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'streamEntries',
        tags: ['Live'],
        summary: 'Follow the entries of a live story',
        description:
          'For EventSource: each new, changed or gone entry once, in the order in which it came about, on whatever node it was written. Whoever was cut off goes on with Last-Event-ID without a gap. A node that has as many streams as it bears answers 503.',
        params: EntriesParams,
        querystring: StreamQuery,
        headers: StreamHeaders,
        security: open,
        response: {
          200: answer(EventStream, examples.stream, { mediaType: 'text/event-stream' }),
          301: moved('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    (request, reply) => sendStream(app, streams, request, reply, baseUrl),
  );
};
