// Sends one message to one receiver, once, and says what came of it. It decides nothing of what follows and stores nothing.
import { v7 as uuidv7 } from 'uuid';
import { type Outbound, OutboundError } from '../../outbound/sending.ts';
import { type EventArticle, type Happening, messageOf, PING } from './events.ts';
import { retryAfterOf } from './retrying.ts';
import type { Ping } from './schemas.ts';
import { messageIdOf, signedHeaders } from './signing.ts';

export interface Attempt {
  delivered: boolean;
  responseStatus: number | null;
  /** The first characters of the answer. */
  answer: string | null;
  error: string | null;
  durationMs: number;
  /** Seconds for which the receiver wants to be left alone. */
  retryAfter: number | null;
}
export interface Message extends Happening {
  id: string;
  /** The time of this try. */
  now: Date;
}
export interface Addressee {
  url: string;
  secrets: Buffer[];
}

const ANSWER_CHARACTERS = 1_000;
/** PostgreSQL holds no NUL, and JSON for it no half of a surrogate pair. */
const shownAnswer = (body: Buffer): string =>
  body.toString().replaceAll('\0', '').slice(0, ANSWER_CHARACTERS).toWellFormed();

export async function attempt(
  { send }: Outbound,
  { url, secrets }: Addressee,
  message: Message,
  options: { baseUrl: string; signal?: AbortSignal; timeoutMs?: number },
): Promise<Attempt> {
  const { baseUrl, ...limits } = options;
  const body = messageOf(message, baseUrl);
  const started = performance.now();
  try {
    const headers = signedHeaders(message.id, message.now, body, secrets);
    const reply = await send(url, { method: 'POST', headers, body, ...limits });
    const delivered = reply.status >= 200 && reply.status < 300;
    return {
      delivered,
      responseStatus: reply.status,
      answer: shownAnswer(reply.body),
      error: delivered ? null : failureOf(reply.status),
      durationMs: reply.durationMs,
      retryAfter: delivered ? null : retryAfterOf(reply.headers, message.now.getTime()),
    };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const durationMs = Math.round(performance.now() - started);
    return { delivered: false, responseStatus: null, answer: null, error: error.message, durationMs, retryAfter: null };
  }
}

const failureOf = (status: number) =>
  status >= 300 && status < 400 ? `It answered ${status}: redirects are not followed.` : `It answered ${status}.`;

/** Of a story that there is not. */
const SAMPLE: EventArticle = {
  ...{ id: '00000000-0000-7000-8000-000000000000', uri: null, locale: 'en', slug: null },
  ...{ version: 1, kind: null, regions: [], tags: [] },
};
/** Shorter than a message may take: a request waits for it. */
const PING_MS = 10_000;

/** In the form of every message, so that a receiver can be tried out by it. */
export async function ping(outbound: Outbound, to: Addressee, now: Date, baseUrl: string): Promise<Ping> {
  const message: Message = { id: uuidv7(), event: PING, happenedAt: now, reason: 'ping', article: SAMPLE, now };
  const { retryAfter: _, ...result } = await attempt(outbound, to, message, { baseUrl, timeoutMs: PING_MS });
  return { event: PING, messageId: messageIdOf(message.id), ...result };
}
