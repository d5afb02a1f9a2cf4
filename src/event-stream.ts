// Server-sent events as they are written (WHATWG HTML 9.2.6), how often a silent one has to beat, and the head of an answer that is made of them. It keeps no stream open.
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Milliseconds: proxies cut connections that say nothing for longer, most of them after 60 s. */
export const HEARTBEAT = 15_000;

/** JSON has no line ends: one line of data holds it. */
export const event = (name: string, data: string, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`;

export const sendEvents = (reply: FastifyReply, out: Readable): FastifyReply =>
  reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    // What stands between would gather events otherwise (nginx), and an ended stream leaves no connection to wait for.
    .header('x-accel-buffering', 'no')
    .header('connection', 'close')
    .send(out);
