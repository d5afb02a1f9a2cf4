// How long a body may take to arrive: half a minute, so that bodies that drip hold no connections; files of those who may send them, longer.
// It reads none of them.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { answerClientError } from './problems.ts';

/** Milliseconds. */
const BODY = 30_000;
/** For http.createServer: what no hook sees, and the limit for files, in milliseconds. */
export const ARRIVALS = {
  requestTimeout: 30 * 60_000,
  http: { headersTimeout: 30_000, connectionsCheckingInterval: 5_000 },
} as const;

const LATE = Object.assign(new Error('the body took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

export const arrivals = fp(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', (request, reply, done) => {
      const { raw } = request;
      if (raw.headers['transfer-encoding'] === undefined && !Number(raw.headers['content-length'])) return done();
      const late = setTimeout(() => {
        if (raw.readableEnded) return;
        const isFile = request.routeOptions.config.streamed && request.actor;
        if (reply.sent) raw.destroy();
        else if (!isFile) answerClientError(LATE, raw.socket);
      }, BODY).unref();
      raw.once('close', () => clearTimeout(late));
      done();
    });
  },
  { name: 'arrivals', dependencies: ['problems'] },
);
