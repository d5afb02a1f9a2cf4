// What answers may wait for readers who do not take them: a time each, so many on one connection, and so many bytes together. It cuts
// nobody who reads slowly, or whose answer takes its time.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fp from 'fastify-plugin';
import { withinAnEighth } from '../memory.ts';

/**
 * Milliseconds without a byte that came or went, after which Node looks whether what waits has become less, and then once more: the
 * connection is closed after one to two minutes. Not sooner, since the system tells of progress in steps: 1.5 MB on one machine, so
 * that who reads 50 KB a second seems to stand still for half a minute.
 */
const STILL = 60_000;
/** Five hundred who never read an answer of 5 MB had 1 GiB of memory for that time. Where there is more than this, the oldest are cut off. */
const MOST_BYTES = withinAnEighth(128) * 1_048_576;
const LOOK = 1_000;
/** Node takes in as many requests as 64 KiB hold, at once. Nine hundred of one connection kept the database from all others for ten seconds. */
const MOST_AT_ONCE = 32;

export const departures = fp(
  async (app) => {
    const { server } = app;
    server.setTimeout(STILL, (socket) => {
      // Who waits for an answer, such as for the next change, may wait. Between two requests another timeout is set, for those who keep
      // their connection open.
      if (socket.writableLength > 0 || socket.timeout !== server.timeout) socket.destroy();
    });

    // Of what is answered at the door neither counts: its bytes are kept anyhow.
    const unanswered = new WeakMap<Socket, number>();
    /** In the order in which they were asked for. */
    const answers = new Set<ServerResponse>();
    app.addHook('onRequest', ({ raw: { socket } }, { raw }, done) => {
      const asked = (unanswered.get(socket) ?? 0) + 1;
      if (asked > MOST_AT_ONCE) return void socket.destroy();
      unanswered.set(socket, asked);
      answers.add(raw);
      raw.once('close', () => {
        answers.delete(raw);
        unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1);
      });
      done();
    });
    const look = () => {
      let waiting = 0;
      for (const answer of answers) {
        // One that stood behind another on its connection is never told that this was closed.
        if (answer.req.socket.destroyed) answers.delete(answer);
        else waiting += answer.writableLength;
      }
      for (const answer of answers) {
        if (waiting <= MOST_BYTES) return;
        const { writableLength } = answer;
        waiting -= writableLength;
        if (writableLength > 0) answer.req.socket.destroy();
      }
    };
    const looking = setInterval(look, LOOK).unref();
    app.addHook('onClose', async () => clearInterval(looking));
  },
  { name: 'departures' },
);
