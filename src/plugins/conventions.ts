// Headers that every answer carries, and the media types that bodies may have. Private answers are never stored by a cache.
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { invalid, Problem } from '../errors.ts';
import { query } from '../schemas.ts';
import { mediaTypesOf } from './problems.ts';

/** What helmet would set for a host that serves no page of its own; the docs page loosens its own policy. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export const conventions = fp(
  async (app: FastifyInstance) => {
    // Any origin may read, without credentials: keys travel in Authorization, never in cookies.
    await app.register(cors, {
      origin: '*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        ...['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'Content-Language'],
        ...['RateLimit', 'RateLimit-Policy', 'Idempotent-Replayed', 'Content-Disposition'],
      ],
      maxAge: 86_400,
      // An OPTIONS that is no preflight would get a 400 that is no problem document.
      strictPreflight: false,
    });
    // A route that names no parameter takes none: without a schema, Fastify would pass any of them over in silence.
    app.addHook('onRoute', (route) => {
      if (route.schema && !route.schema.hide) route.schema.querystring ??= query({});
    });
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      // No body is inflated: a limit on what arrives is then a limit on what is read (RFC 9110 section 15.5.16).
      const encoding = request.headers['content-encoding'];
      const encoded = encoding !== undefined && encoding.toLowerCase() !== 'identity';
      done(encoded ? new Problem('unsupported_media_type', { headers: { 'accept-encoding': 'identity' } }) : undefined);
    });
    // Fastify hands null on for no body as well as for the JSON null, and a body may be absent where null may not stand.
    app.addHook('preValidation', (request, _reply, done) => {
      done(request.body === null ? invalid({ pointer: '' }, 'must be object', 'type') : undefined);
    });
    app.addHook('onSend', (request, reply, payload, done) => {
      if (!reply.hasHeader('cache-control') || request.actor) reply.header('cache-control', 'private, no-store');
      done(null, payload);
    });
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeContentTypeParser(['text/plain', 'application/json']);
    app.addContentTypeParser<string>(
      ['application/json', 'application/merge-patch+json'],
      { parseAs: 'string' },
      // Many clients name a media type on each request, also where there is nothing of it: that is no body (RFC 9110 section 6.4).
      (request, text, done) => {
        if (text === '') return done(null, undefined);
        const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
        // A merge patch is none where it is not documented: it would be taken for the whole of what it changes.
        if (!mediaTypesOf(request).includes(type.trim().toLowerCase()))
          return done(new Problem('unsupported_media_type'));
        return parse(request, text, done);
      },
    );
  },
  { name: 'conventions' },
);
