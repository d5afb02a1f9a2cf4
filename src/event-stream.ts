// Server-sent events as they are written (WHATWG HTML 9.2.6), how often a silent one has to beat, and the head of an answer that is made of them. It keeps no stream open.
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Milliseconds: proxies cut connections that say nothing for longer, most of them after 60 s. */
export const HEARTBEAT = 15_000;

const opening = (name: string, id?: string) => `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: `;
const END = '\n\n';

/** JSON has no line ends: one line of data holds it. */
export const event = (name: string, data: string, id?: string): string => opening(name, id) + data + END;

/** The same of what is UTF-8 already. */
export const eventOf = (name: string, data: Buffer, id?: string): Buffer =>
  Buffer.concat([Buffer.from(opening(name, id)), data, Buffer.from(END)]);

export const sendEvents = (reply: FastifyReply, out: Readable): FastifyReply =>
  reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    // What stands between would gather events otherwise (nginx), and an ended stream leaves no connection to wait for.
    .header('x-accel-buffering', 'no')
    .header('connection', 'close')
    .send(out);
