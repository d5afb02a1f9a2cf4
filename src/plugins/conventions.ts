// Headers that every answer carries, and the media types that bodies may have. Private answers are never stored by a cache.
import { isUtf8 } from 'node:buffer';
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest, onSendHookHandler } from 'fastify';
import fp from 'fastify-plugin';
import { isCacheable, supersede } from '../caching/sending.ts';
import { invalid, Problem } from '../errors.ts';
import { query } from '../schemas.ts';
import { findTooDeep, findUndecodable } from '../wellformed.ts';
import { mediaTypesOf } from './problems.ts';

/** What helmet would set for a host that serves no page of its own; the docs page loosens its own policy. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What the schema of a query says of names; some routes pass over those that they do not know. */
interface Parameters {
  additionalProperties?: boolean;
  properties?: object;
}

const withoutLengthOf304: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode === 304) reply.removeHeader('content-length');
  done(null, payload);
};

function typeOf({ headers }: FastifyRequest): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

export const conventions = fp(
  async (app: FastifyInstance) => {
    // Any origin may read, without credentials: keys travel in Authorization, never in cookies.
    await app.register(cors, {
      origin: '*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        ...['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'Content-Language'],
        ...['RateLimit', 'RateLimit-Policy', 'Idempotent-Replayed', 'Content-Disposition', 'Content-Location'],
        ...['WWW-Authenticate', 'Allow', 'Accept', 'Accept-Patch'],
      ],
      maxAge: 86_400,
      // An OPTIONS that is no preflight would get a 400 that is no problem document.
      strictPreflight: false,
    });
    app.addHook('onRoute', (route) => {
      // A route that names no parameter takes none: without a schema, Fastify would pass any of them over in silence.
      if (route.schema && !route.schema.hide) route.schema.querystring ??= query({});
      // Fastify says of a 304 to HEAD that it has 0 bytes: a cache would take that for the length of what it has (RFC 9110 section 8.6).
      if (route.method === 'HEAD') route.onSend = [...[route.onSend ?? []].flat(), withoutLengthOf304];
      if (isCacheable(route)) route.onSend = [...[route.onSend ?? []].flat(), supersede];
    });
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      // Node undoes the chunks alone, and hands on what is still coded. Where no chunks come last, it answers 400, as it has to.
      if (/,\s*chunked$/i.test(request.headers['transfer-encoding'] ?? ''))
        return done(new Problem('not_implemented', { detail: 'Only chunked is understood (RFC 9112 section 6.1).' }));
      // No body is inflated: a limit on what arrives is then a limit on what is read (RFC 9110 section 15.5.16).
      const encoding = request.headers['content-encoding'];
      const encoded = encoding !== undefined && encoding.toLowerCase() !== 'identity';
      done(encoded ? new Problem('unsupported_media_type', { headers: { 'accept-encoding': 'identity' } }) : undefined);
    });
    // Some clients call nothing a form, or text, on each POST; there is no body that could be of the wrong type (RFC 9110 section 6.4).
    app.addHook('onRequest', (request, _reply, done) => {
      const { headers } = request;
      const isEmpty = (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined;
      if (isEmpty && !mediaTypesOf(request).includes(typeOf(request))) delete headers['content-type'];
      done();
    });
    // Fastify hands null on for no body as well as for the JSON null, and a body may be absent where null may not stand.
    app.addHook('preValidation', (request, _reply, done) => {
      done(request.body === null ? invalid({ pointer: '' }, 'must be object', 'type') : undefined);
    });
    // A search in Windows-1251, q=%EF%F0, would be one for the words ef and f0, and its answer would look like one.
    app.addHook('preValidation', (request, _reply, done) => {
      const at = request.url.indexOf('?');
      const names = at === -1 ? [] : findUndecodable(request.url.slice(at + 1));
      if (names.length === 0) return done();
      const { additionalProperties, properties = {} } = (request.routeOptions.schema?.querystring ?? {}) as Parameters;
      const parameter = names.find((name) => additionalProperties === false || Object.hasOwn(properties, name));
      done(
        parameter === undefined
          ? undefined
          : invalid({ parameter: parameter.slice(0, 100) }, 'is no UTF-8 in percent encoding', 'ill_formed'),
      );
    });
    app.addHook('onSend', (request, reply, payload, done) => {
      // @fastify/cors says of a preflight that it has 0 bytes, for browsers of old; no 204 may (RFC 9110 section 8.6).
      if (reply.statusCode === 204) reply.removeHeader('content-length');
      if (!reply.hasHeader('cache-control') || request.actor) reply.header('cache-control', 'private, no-store');
      done(null, payload);
    });
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeContentTypeParser(['text/plain', 'application/json']);
    app.addContentTypeParser<Buffer>(
      ['application/json', 'application/merge-patch+json'],
      { parseAs: 'buffer' },
      // Many clients name a media type on each request, also where there is nothing of it: that is no body (RFC 9110 section 6.4).
      (request, bytes, done) => {
        if (bytes.length === 0) return done(null, undefined);
        // A merge patch is none where it is not documented: it would be taken for the whole of what it changes.
        if (!mediaTypesOf(request).includes(typeOf(request))) return done(new Problem('unsupported_media_type'));
        // JSON is UTF-8 and nothing else (RFC 8259 section 8.1). Decoded as it comes, the é of a client that sends Latin 1 would be kept as U+FFFD.
        if (!isUtf8(bytes)) return done(new Problem('malformed_json', { detail: 'The body is not valid UTF-8.' }));
        const tooDeep = findTooDeep(bytes);
        if (tooDeep) return done(invalid({ pointer: tooDeep.pointer }, tooDeep.message, 'ill_formed'));
        return parse(request, bytes.toString(), done);
      },
    );
  },
  { name: 'conventions' },
);
