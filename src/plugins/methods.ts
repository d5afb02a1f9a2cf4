// Which methods an address takes, told to whoever asks by OPTIONS (RFC 9110 section 9.3.7) or tries another (section 15.5.6). It answers
// no preflight: that is for conventions.ts.
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { Problem } from '../errors.ts';
import { literal } from '../patterns.ts';
import { sendProblem } from './problems.ts';

export const methods = fp(
  async (app: FastifyInstance) => {
    // Of this method alone, Fastify demands a Content-Type before it looks whether any route takes it (5.12.8, lib/handle-request.js line 43).
    app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });
    const known: { pattern: RegExp; method: string }[] = [];
    app.addHook('onRoute', ({ url, method }) => {
      const pattern = new RegExp(`^${literal(url).replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`);
      for (const name of [method].flat()) known.push({ pattern, method: name });
    });
    const allowedAt = (url: string): string => {
      const path = url.split('?', 1)[0] ?? '';
      const names = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
      return names.length === 0 ? '' : [...new Set([...names, 'OPTIONS'])].sort().join(', ');
    };
    app.addHook('onRequest', (request, reply, done) => {
      if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] === undefined) {
        const allow = allowedAt(request.url);
        if (allow !== '') reply.header('allow', allow);
      }
      done();
    });
    const missingAt = (url: string): Problem => {
      const allow = allowedAt(url);
      return allow === '' ? new Problem('not_found') : new Problem('method_not_allowed', { headers: { allow } });
    };
    // The framework would read the body first, and refuse one that nobody was to read.
    app.addHook('preParsing', (request, _reply, payload, done) => {
      done(request.is404 ? missingAt(request.url) : null, payload);
    });
    app.setNotFoundHandler((request, reply) => sendProblem(request, reply, missingAt(request.url)));
  },
  { name: 'methods', dependencies: ['problems'] },
);
