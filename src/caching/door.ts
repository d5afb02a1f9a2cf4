// Answers a plain read from what is kept before the framework sees it: with the very head that the framework has sent with it before.
// All else is left to the framework: keys, bodies, other methods, what was not sent by it yet, or not in this second where the head tells of it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { headSent, isPlain, sendHead } from '../heads.ts';
import { type Coding, codingFor, freshness, type Representation, secondsLeft } from './representation.ts';
import { isUnchanged } from './unchanged.ts';

/** @returns false where it has sent nothing */
export function answerAtDoor(
  find: (url: string) => Representation | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (request.method !== 'GET' || request.headers['content-length'] !== undefined) return false;
  if (!isPlain(request, response)) return false;
  const kept = find(request.url ?? '');
  if (!kept || kept.toldLeft !== secondsLeft(kept)) return false;
  const coding = codingFor(request.headers['accept-encoding'], kept);
  if (isUnchanged(request.headers, kept, coding)) {
    const head = kept.unchanged[coding ?? 'identity'];
    if (!head) return false;
    response.statusCode = 304;
    sendHead(response, head);
    return true;
  }
  const head = kept.sent[coding ?? 'identity'];
  const bytes = coding ? kept.coded[coding] : kept.bytes;
  if (!head || !bytes || bytes instanceof Promise) return false;
  sendHead(response, head, bytes);
  return true;
}

/** Writes down the head that the framework has sent, of 200 or of 304. @returns whether what is kept has grown by it */
export function noteSent(kept: Representation, coding: Coding | null, response: ServerResponse): boolean {
  const left = secondsLeft(kept);
  if (kept.toldLeft !== left) Object.assign(kept, { toldLeft: left, sent: {}, unchanged: {} });
  const heads = response.statusCode === 304 ? kept.unchanged : kept.sent;
  const name = coding ?? 'identity';
  const head = heads[name] ? undefined : headSent(response);
  // Of what changes by itself, it may have been written a second ago.
  if (!head?.includes(`\r\ncache-control: ${freshness(kept, left)}\r\n`)) return false;
  heads[name] = head;
  return true;
}
