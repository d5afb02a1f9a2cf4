// Tells one reader of changes by server-sent events, page after page and then as they come. A reader who does not read is not written for.
import { Readable } from 'node:stream';
import type { Static } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../errors.ts';
import type { Follower, Head } from './following.ts';
import { listChanges } from './queries.ts';
import type { ChangeStreamHeaders, ChangeStreamQuery } from './schemas.ts';
import { type Reader, readOn } from './telling.ts';
import { BEGINNING, decodeToken, encodeToken, type Progress, progressOf } from './tokens.ts';

const PAGE = 100;
/** Milliseconds: proxies cut connections that say nothing for longer, most of them after 60 s. */
const HEARTBEAT = 15_000;

/** JSON has no line ends: one line of data holds it (WHATWG HTML 9.2.6). */
const event = (name: string, data: string, id: string) => `id: ${id}\nevent: ${name}\ndata: ${data}\n\n`;

type StreamRequest = FastifyRequest<{ Querystring: ChangeStreamQuery; Headers: Static<typeof ChangeStreamHeaders> }>;

/** @throws Problem validation_failed, token_expired, service_unavailable */
export async function sendChangeStream(
  head: Head,
  reader: Reader,
  request: StreamRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const from = await beginningOf(reader, request);
  const follower = head.follow();
  if (!follower) {
    const detail = 'As many wait for changes as this server bears; ask without waiting meanwhile.';
    throw new Problem('service_unavailable', { detail, headers: { 'retry-after': '5' } });
  }
  const seconds = request.method === 'HEAD' ? 0 : (request.query.seconds ?? 600);
  const gone = new AbortController();
  const out = Readable.from(tell(reader, from, follower, seconds, gone.signal), { objectMode: false });
  out.on('close', () => gone.abort());
  return (
    reply
      .type('text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      // What stands between would gather events otherwise (nginx), and an ended stream leaves no connection to wait for.
      .header('x-accel-buffering', 'no')
      .header('connection', 'close')
      .send(out)
  );
}

/** Refused before it begins, where it cannot. */
async function beginningOf({ db, cursors, filters }: Reader, { query, headers }: StreamRequest): Promise<Progress> {
  const last = headers['last-event-id'];
  const [token, parameter] = last ? ([last, 'last-event-id'] as const) : ([query.since, 'since'] as const);
  const from = token === undefined ? BEGINNING : decodeToken(cursors, filters, token, parameter);
  const { epoch, began } = progressOf(from, await listChanges(db, from, filters, 1, false));
  return { ...from, epoch, began };
}

/** @param seconds how long it stays open; 0 ends it once all is told that there is */
async function* tell(
  reader: Reader,
  from: Progress,
  follower: Follower,
  seconds: number,
  gone: AbortSignal,
): AsyncGenerator<string> {
  const until = performance.now() + seconds * 1_000;
  let progress = from;
  try {
    const start = encodeToken(reader.cursors, reader.filters, from);
    yield `retry: 2000\n${event('ready', JSON.stringify({ next: start }), start)}`;
    while (!gone.aborted && !follower.isEnded()) {
      const turn = follower.turn();
      const told = await readOn(reader, progress, PAGE);
      progress = told.progress;
      if (told.changes.length > 0) yield told.changes.map(({ json, token }) => event('change', json, token)).join('');
      if (told.more) continue;
      const left = until - performance.now();
      if (left <= 0) return;
      await follower.beyond(turn, Math.min(left, HEARTBEAT), gone);
      if (follower.turn() === turn && !gone.aborted) yield ':\n\n';
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield event('expired', JSON.stringify({ code: error.code, title: error.message }), '');
  } finally {
    follower.leave();
  }
}
