// Answers one stream of events: where it begins, what its events say, when it ends.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { event, sendEvents } from '../../event-stream.ts';
import { checkPlace, findPlace, placeOf } from './places.ts';
import { changeJson, findEntryChanges } from './queries.ts';
import { inLocale } from './reading.ts';
import type { StreamHeaders, StreamQuery } from './schemas.ts';
import type { Streams } from './streams.ts';

type StreamRequest = FastifyRequest<{
  Params: { id: string };
  Querystring: Static<typeof StreamQuery>;
  Headers: Static<typeof StreamHeaders>;
}>;

export async function sendStream(
  app: FastifyInstance,
  streams: Streams,
  request: StreamRequest,
  reply: FastifyReply,
  baseUrl: string,
): Promise<FastifyReply> {
  const { locale: given, after, seconds = 600 } = request.query;
  const articleId = request.params.id.toLowerCase();
  const cursors = await app.cursors();
  const last = request.headers['last-event-id'];
  const found = await inLocale(app, articleId, given, (asked) =>
    findEntryChanges(app.db.public, articleId, asked, { after: Number.MAX_SAFE_INTEGER, limit: 0 }),
  );
  if ('movedTo' in found) {
    const search = new URLSearchParams(given === undefined ? {} : { locale: given });
    // Whoever followed this one knows nothing of the other.
    if (last) search.append('after', placeOf(cursors, found.movedTo, found.locale, 0));
    const to = `${baseUrl}/v1/articles/${found.movedTo}/entries/stream`;
    return reply.redirect(search.size > 0 ? `${to}?${search}` : to, 301);
  }
  const { locale, latest } = found;
  // Browsers take the last id of another story along to where it led.
  const goesOn = last && (after === undefined || findPlace(cursors, articleId, last));
  const [place, parameter] = goesOn ? ([last, 'last-event-id'] as const) : ([after, 'after'] as const);
  const since = place === undefined ? null : checkPlace(findPlace(cursors, articleId, place), locale, parameter);
  const from = since?.position ?? latest;
  const idOf = (position: number) => placeOf(cursors, articleId, locale, position);
  const stream = streams.open({ articleId, locale }, from, {
    change: (change) => event(change.entry === null ? 'gone' : 'entry', changeJson(change), idOf(change.position)),
    end: () => event('end', '{}'),
    seconds: request.method === 'HEAD' ? 0 : seconds,
  });
  if (!stream) {
    const detail = 'As many streams are open as this server bears; ask for `after` meanwhile.';
    throw new Problem('service_unavailable', { detail, headers: { 'retry-after': '5' } });
  }
  stream.push(`retry: 2000\n${event('ready', JSON.stringify({ position: idOf(from) }), idOf(from))}`);
  return sendEvents(reply.header('content-language', locale), stream);
}
