// Tells one reader of changes by server-sent events, page after page and then as they come. A reader who does not read is not written for.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { event, eventOf, HEARTBEAT, sendEvents } from '../../event-stream.ts';
import { noteTaken } from '../partners/noting.ts';
import type { Taking } from '../partners/takings.ts';
import { type Follower, type Head, tooMany } from './following.ts';
import { listChanges } from './queries.ts';
import type { ChangeStreamHeaders, ChangeStreamQuery } from './schemas.ts';
import { type Reader, readOn } from './telling.ts';
import { BEGINNING, decodeToken, encodeToken, type Progress, progressOf } from './tokens.ts';

/** Changes that are read at once: what a reader who lags behind costs in memory, and no more. */
const PAGE = 100;
const PAGE_WITH_ITEMS = 10;
/** So many heartbeats in a row may find that a reader has taken nothing; then it makes room, and goes on where it was when it comes back. */
const MOST_MISSED = 4;
/** Milliseconds for whoever reads slowly when the server stops. */
const GRACE = 1_000;

type StreamRequest = FastifyRequest<{ Querystring: ChangeStreamQuery; Headers: Static<typeof ChangeStreamHeaders> }>;

/** @throws Problem validation_failed, token_expired, service_unavailable */
export async function sendChangeStream(
  head: Head,
  reader: Reader,
  request: StreamRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const from = await beginningOf(reader, request);
  // Who waits on its end is one of them: it could not be told to stop.
  const follower = head.follow(() => setTimeout(() => out.destroy(), GRACE).unref());
  if (!follower) throw tooMany();
  const seconds = request.method === 'HEAD' ? 0 : (request.query.seconds ?? 600);
  let missed = 0;
  const note = (taken: readonly Taking[]) => noteTaken(request, reply, 'changes', taken);
  const isGone = () => {
    missed = 0;
    return out.destroyed;
  };
  const telling = tell(reader, from, { follower, seconds, isGone, note });
  const out = Readable.from(telling, { objectMode: false });
  const beat = setInterval(() => {
    missed += 1;
    if (missed > MOST_MISSED) out.destroy();
    follower.stir();
  }, HEARTBEAT).unref();
  const leave = () => {
    clearInterval(beat);
    follower.leave();
    out.destroy();
    follower.stir();
  };
  out.once('close', leave);
  // That `out` is closed waits for the generator, and the generator for what is to come.
  reply.raw.once('close', leave);
  return sendEvents(reply, out);
}

/** Refused before it begins, where it cannot. */
async function beginningOf({ db, cursors, filters }: Reader, { query, headers }: StreamRequest): Promise<Progress> {
  const last = headers['last-event-id'];
  const [token, parameter] = last ? ([last, 'last-event-id'] as const) : ([query.since, 'since'] as const);
  const from = token === undefined ? BEGINNING : await decodeToken(db, cursors, filters, token, parameter);
  const { epoch, began } = progressOf(from, await listChanges(db, from, filters, { limit: 1, withItems: false }));
  return { ...from, epoch, began };
}

interface Listener {
  follower: Follower;
  /** How long it stays open; 0 ends it once all is told that there is. */
  seconds: number;
  /** Asked whenever the reader has taken what there was. */
  isGone: () => boolean;
  note: (taken: readonly Taking[]) => void;
}

async function* tell(
  reader: Reader,
  from: Progress,
  { follower, seconds, isGone, note }: Listener,
): AsyncGenerator<string | Buffer> {
  const until = performance.now() + seconds * 1_000;
  const limit = reader.withItems ? PAGE_WITH_ITEMS : PAGE;
  let progress = from;
  try {
    const start = encodeToken(reader.cursors, reader.filters, from);
    yield `retry: 2000\n${event('ready', JSON.stringify({ next: start }), start)}`;
    for (let isFirst = true; !isGone() && !follower.isEnded(); isFirst = false) {
      if (!isFirst) await reader.hold.check();
      const turn = follower.turn();
      const told = await readOn(reader, progress, limit);
      progress = told.progress;
      await reader.hold.charge(told.changes.length);
      note(told.taken);
      for (const { json, token } of told.changes) yield eventOf('change', json, token());
      if (told.more) continue;
      const left = until - performance.now();
      if (left <= 0) return;
      await follower.beyond(turn, left);
      if (follower.turn() === turn && !isGone()) yield ':\n\n';
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Its token leads nowhere any more; or it leads on, but not with this key, or not yet.
    const data = JSON.stringify({ code: error.code, title: error.message });
    yield error.code === 'token_expired' ? event('expired', data, '') : event('closed', data);
  }
}
