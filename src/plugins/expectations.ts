// Sends for a body only where it is wanted: who waits with it is told 401, 403 or 413 at once, by the head alone (RFC 9110 section 10.1.1),
// and 404 or 405 by methods.ts. Node would send for each, up to 1 GiB of a file for a key that does not exist. It reads none of them.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

export const expectations = fp(
  async (app: FastifyInstance) => {
    const waiting = new WeakSet<IncomingMessage>();
    app.server.on('checkContinue', (request, response) => {
      waiting.add(request);
      app.server.emit('request', request, response);
    });
    // Behind the hooks that let a request in, and before its body is read.
    app.addHook('preParsing', (request, reply, payload, done) => {
      const isTooLong = Number(request.headers['content-length']) > request.routeOptions.bodyLimit;
      if (waiting.has(request.raw) && !isTooLong) reply.raw.writeContinue();
      done(null, payload);
    });
  },
  { name: 'expectations', dependencies: ['access', 'methods'] },
);
