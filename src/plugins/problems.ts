// Every error leaves as problem+json (RFC 9457), those of the router and the socket included; it never tells a stack or a query.

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { problemOf } from '../db/violations.ts';
import { Problem, type ProblemCode } from '../errors.ts';
import { faultOfHost } from '../host.ts';
import { tellUnavailable } from '../unavailable.ts';
import { isInner } from './inner.ts';

const FRAMEWORK: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
};

/** Whoever sends a body has gone in the middle of it. Their reset connection has the code of one to a database that is away. */
function isCutOff(error: unknown, { raw }: FastifyRequest): boolean {
  for (let current = error; current instanceof Error; current = current.cause) if (current === raw.errored) return true;
  return false;
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (isCutOff(error, request)) return new Problem('bad_request', { cause: error });
  const known = problemOf(error);
  if (known) return known;
  const { code = '', statusCode, message } = error as Partial<FastifyError>;
  const mapped = FRAMEWORK[code];
  const detail = code === 'FST_ERR_BAD_URL' && 'The path is not UTF-8 in percent-encoding (RFC 3986 section 2.5).';
  if (mapped) return new Problem(mapped, { ...(detail && { detail }), cause: error });
  if (error instanceof SyntaxError && statusCode === 400) return new Problem('malformed_json', { cause: error });
  if (statusCode === 413) return new Problem('payload_too_large', { cause: error });
  if (statusCode === 415) return new Problem('unsupported_media_type', { cause: error });
  if (statusCode && statusCode >= 400 && statusCode < 500)
    return new Problem('bad_request', { ...(message ? { detail: message } : {}), cause: error });
  return new Problem('internal_error', { cause: error });
}

/** Of the bodies that a route takes, as the document names them. */
export function mediaTypesOf({ routeOptions: { schema } }: FastifyRequest): readonly string[] {
  const { content } = (schema?.body ?? {}) as { content?: object };
  return content ? Object.keys(content) : (schema?.consumes ?? ['application/json']);
}

/** What would have been taken (RFC 9110 section 15.5.16), and of a patch once more (RFC 5789 section 2.2). */
function acceptedInstead(request: FastifyRequest, { code, options }: Problem): Record<string, string> {
  if (code !== 'unsupported_media_type' || options.headers) return {};
  const types = mediaTypesOf(request).join(', ');
  return { accept: types, ...(request.method === 'PATCH' && { 'accept-patch': types }) };
}

/** How one shows who one is (RFC 6750). */
export const BEARER = 'Bearer realm="dateline"';
/** Whoever lacks a scope is told which, in the header that clients look at (RFC 6750 section 3.1). */
const challengeOf = ({ code, options: { extra } }: Problem): Record<string, string> =>
  code === 'forbidden' && extra?.scope !== undefined
    ? { 'www-authenticate': `${BEARER}, error="insufficient_scope", scope="${extra.scope}"` }
    : {};

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  const problem = toProblem(error, request);
  // A form that is not offered is no fault of ours: whoever asks for it would fill the log.
  if (problem.code === 'service_unavailable') tellUnavailable(request, problem);
  else if (problem.statusCode >= 500 && problem.code !== 'not_implemented')
    request.log.error({ err: error }, problem.message);
  reply
    .code(problem.statusCode)
    // Named here too: an address that cannot be decoded never reaches the hooks.
    .headers({
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      ...acceptedInstead(request, problem),
      ...challengeOf(problem),
      ...problem.options.headers,
    })
    .removeHeader('etag')
    .removeHeader('last-modified')
    .type('application/problem+json')
    .send(JSON.stringify(problem.toDocument(request.id)));
}

const CLIENT: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
/** fetch() of browsers and Node puts all usual methods into capitals but `patch`. */
const DETAILS: Record<string, string> = {
  HPE_INVALID_METHOD:
    'This method is not known. Methods are told from others by case, as PATCH is (RFC 9110 section 9.1).',
};

/** Node's answer to what is not HTTP, or too slow or too large to become a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  // An answer to a request before it is under way: what is written now would be taken for that answer, or for a part of it.
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: ServerResponse | null };
  if (answering && (answering.headersSent || answering.req.complete))
    return void answering.once('finish', () => socket.destroySoon());
  const { code = '' } = error;
  const detail = DETAILS[code];
  const problem = new Problem(CLIENT[code] ?? 'bad_request', { ...(detail && { detail }) });
  const traceId = randomUUID();
  const document = problem.toDocument(traceId);
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${problem.statusCode} ${document.title}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${traceId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * `http://any.host/v1/site` as `/v1/site`: a server has to take the absolute form (RFC 9112 section 3.2.2), and links are
 * made of this. The router would take `http:///v1/site` as well, so what is neither a path nor `*` becomes one that nobody
 * can decode.
 */
export function originForm(target: string): string {
  // Nearly every request: a path, and no fragment, which has no place here.
  if (target.startsWith('/') && !target.includes('#')) return target;
  const [, path = ''] = /^(?:https?:\/\/[^/?#]+)?([^#]*)/i.exec(target) ?? [];
  return path.startsWith('/') || path === '*' ? path : '/%';
}

export const problems = fp(
  async (app: FastifyInstance) => {
    app.decorate('outage', { toldAt: Number.NEGATIVE_INFINITY });
    // Node would answer a 417 without a word. Whoever does not know an expectation may pass it over (RFC 9110 section 10.1.1).
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
    let closing = false;
    app.addHook('preClose', async () => {
      closing = true;
    });
    app.addHook('onRequest', (request, _reply, done) => {
      if (closing && request.routeOptions.url !== '/health/live' && !isInner(request.raw)) {
        done(new Problem('service_unavailable', { detail: 'This node is stopping.', headers: { 'retry-after': '1' } }));
      } else {
        const fault = faultOfHost(request.raw);
        done(fault === undefined ? fault : new Problem('bad_request', { detail: `${fault} (RFC 9112 section 3.2).` }));
      }
    });
    // Of those that came before it: one that stays open would be waited for. Whoever comes later is told so by Fastify.
    app.addHook('onSend', (_request, reply, payload, done) => {
      if (closing) reply.header('connection', 'close');
      done(null, payload);
    });
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  },
  { name: 'problems' },
);
