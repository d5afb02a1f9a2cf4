// Public routes of the change feed: pages, pages that wait, and a stream. Reads only what was public.
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { canonical } from '../../caching/addresses.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem } from '../../errors.ts';
import { answer, cacheable, linked, open, problem, problems } from '../../responses.ts';
import { entitlementsOf } from '../partners/entitlements.ts';
import { noteTaken } from '../partners/noting.ts';
import * as examples from './examples.ts';
import { resolveChangeFilters } from './filtering.ts';
import { createHead, type Head, tooMany } from './following.ts';
import { holdOf } from './holding.ts';
import { renewLog } from './keeping.ts';
import {
  ChangeStream,
  ChangeStreamHeaders,
  ChangeStreamQuery,
  ChangesAnswer,
  ChangesQuery,
  type ChangeStreamQuery as StreamQuery,
} from './schemas.ts';
import { sendChangeStream } from './streaming.ts';
import { type Reader, readOn, type Told } from './telling.ts';
import { BEGINNING, decodeToken, type Progress } from './tokens.ts';

const COMMA = Buffer.from(',');
const expired = { 410: problem('The token is from before what is kept: start anew without it') };

export const changeRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string; mostWaiting: number }> = async (
  app,
  { baseUrl, mostWaiting },
) => {
  const db = app.db.public;
  const tell = (what: string) => (error: unknown) => app.log.warn({ err: error }, what);
  const head = createHead(db, mostWaiting, tell('the end of the change log could not be read; it is tried anew'));
  app.announcements.hear({
    onGroups: (groups) => groups.includes('changes') && head.look(),
    // Whenever the database is there, or there again: it may be another one by now.
    onListening: () => {
      renewLog(app.db.desk).then(head.look, tell('whether the change log was restored could not be told'));
    },
    onLost: () => {},
  });
  // Before the server stops listening: who waits would be waited for.
  app.addHook('preClose', async () => head.end());

  const readerOf = async (request: FastifyRequest<{ Querystring: ChangesQuery | StreamQuery }>): Promise<Reader> => ({
    db,
    baseUrl,
    cursors: await app.cursors(),
    filters: await resolveChangeFilters(db, request.query, entitlementsOf(request)),
    withItems: request.query.include?.includes('item') ?? false,
    partner: entitlementsOf(request),
    hold: holdOf(app, request),
  });

  app.get(
    '/changes',
    {
      config: { access: 'public', partners: true },
      // Before it can share what another one is answered, who takes JSON.
      onRequest: async ({ headers }) => {
        if (!isForStream(headers)) return;
        const detail = `The stream of changes is at ${baseUrl}/v1/changes/stream.`;
        throw new Problem('not_acceptable', { detail, headers: { vary: 'Accept' } });
      },
      schema: {
        operationId: 'listChanges',
        tags: ['Changes'],
        summary: 'Follow what changes in public',
        description:
          'One ordered log of all that was published, changed and taken back. Whoever begins without `since` is told of every public story, and then goes on with `meta.next`, which every answer has: a copy that takes each `upsert` and drops each `delete` and `redirect` is the newsroom. A change is told when none before it can still appear. What was taken back is kept for 90 days; an older token is a 410, and says to start anew; so is one for a region that was merged into another since. A partner is told of its own stories alone: what leaves its reach is a `delete` with the reason `left`, and when what it may have is changed, its tokens are a 410. JSON alone: whoever accepts `text/event-stream` only is answered 406; the stream has an address of its own.',
        querystring: ChangesQuery,
        security: open,
        response: {
          ...cacheable(ChangesAnswer, examples.page, { headers: linked }),
          ...problems(400, 406),
          ...expired,
        },
      },
    },
    async (request, reply) => {
      // An answer that is over at once is given to nobody else: those who ask alike would wait one after the other, each for `wait` seconds.
      request.flight?.land(null);
      const { since, limit = 100, wait = 0 } = request.query;
      const reader = await readerOf(request);
      const from =
        since === undefined ? BEGINNING : await decodeToken(db, reader.cursors, reader.filters, since, 'since');
      const told = await readOrWait(reader, from, head, { limit, wait, response: reply.raw });
      const next = new URL(baseUrl + request.url);
      next.searchParams.set('since', told.token);
      const links = { self: baseUrl + request.url, next: canonical(next.href) };
      reply.header('link', `<${links.next}>; rel="next"`);
      const meta = JSON.stringify({ next: told.token, more: told.more });
      const data = told.changes.flatMap(({ json }, at) => (at === 0 ? [json] : [COMMA, json]));
      const answered = sendCacheable(request, reply, {
        json: Buffer.concat([
          Buffer.from('{"data":['),
          ...data,
          Buffer.from(`],"meta":${meta},"links":${JSON.stringify(links)}}`),
        ]),
        groups: null,
        freshFor: 0,
        vary: 'Accept',
      });
      noteTaken(request, reply, 'changes', told.taken);
      return answered;
    },
  );

  app.get(
    '/changes/stream',
    {
      config: { access: 'public', partners: true },
      schema: {
        operationId: 'streamChanges',
        tags: ['Changes'],
        summary: 'Follow what changes in public as it happens',
        description:
          'For EventSource: each change once, in the order of the log, on whatever node it was made. Whoever was cut off goes on with Last-Event-ID without a gap. A node that has as many streams as it bears answers 503 with `Retry-After`; it lets go whoever has taken nothing for a minute. Of a partner, a stream counts as one request, and as one more for each hundred changes after the first; it ends with `closed` when its key or its quota does.',
        querystring: ChangeStreamQuery,
        headers: ChangeStreamHeaders,
        security: open,
        response: {
          200: answer(ChangeStream, examples.stream, { mediaType: 'text/event-stream' }),
          ...problems(400),
          ...expired,
        },
      },
    },
    async (request, reply) => sendChangeStream(head, await readerOf(request), request, reply),
  );
};

/** @throws Problem service_unavailable where there is nothing to tell, and no more may wait */
async function readOrWait(
  reader: Reader,
  from: Progress,
  head: Head,
  { limit, wait, response }: { limit: number; wait: number; response: ServerResponse },
): Promise<Told> {
  const follower = wait > 0 ? head.follow() : null;
  const until = performance.now() + wait * 1_000;
  const stir = () => follower?.stir();
  if (follower) response.once('close', stir);
  try {
    for (let place = from; ; ) {
      const turn = follower?.turn() ?? 0;
      const told = await readOn(reader, place, limit);
      if (told.changes.length > 0 || told.more || wait === 0) return told;
      if (!follower) throw tooMany();
      const left = until - performance.now();
      if (follower.isEnded() || left <= 0 || response.closed) return told;
      place = told.progress;
      await follower.beyond(turn, left);
      await reader.hold.check();
    }
  } finally {
    response.off('close', stir);
    follower?.leave();
  }
}

/** As EventSource sends it; answered as what it does not take, it would ask again and again. */
function isForStream({ accept = '' }: IncomingHttpHeaders): boolean {
  return /\btext\/event-stream\b/i.test(accept) && !/\bapplication\/(json|\*)|\*\/\*/i.test(accept);
}
