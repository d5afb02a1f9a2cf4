// Every error leaves as problem+json (RFC 9457), those of the router and the socket included; it never tells a stack or a query.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf } from '../db/violations.ts';
import { Problem, type ProblemCode } from '../errors.ts';

const FRAMEWORK: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
};

export function toProblem(error: unknown): Problem {
  const known = problemOf(error);
  if (known) return known;
  const { code = '', statusCode, message } = error as Partial<FastifyError>;
  const mapped = FRAMEWORK[code];
  if (mapped) return new Problem(mapped, { cause: error });
  if (error instanceof SyntaxError && statusCode === 400) return new Problem('malformed_json', { cause: error });
  if (statusCode === 413) return new Problem('payload_too_large', { cause: error });
  if (statusCode === 415) return new Problem('unsupported_media_type', { cause: error });
  if (statusCode && statusCode >= 400 && statusCode < 500) return new Problem('bad_request', { ...(message ? { detail: message } : {}), cause: error });
  return new Problem('internal_error', { cause: error });
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  const problem = toProblem(error);
  if (problem.statusCode >= 500) request.log.error({ err: error }, problem.message);
  reply
    .code(problem.statusCode)
    .headers({ 'cache-control': 'no-store', ...problem.options.headers })
    .removeHeader('etag')
    .removeHeader('last-modified')
    .type('application/problem+json')
    .send(JSON.stringify(problem.toDocument(request.id)));
}

/** Node's answer to what is not HTTP, or too slow or too large to become a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const problem = error.code === 'HPE_HEADER_OVERFLOW' ? new Problem('headers_too_large') : new Problem('bad_request');
  const body = JSON.stringify(problem.toDocument('none'));
  socket.end(
    `HTTP/1.1 ${problem.statusCode} ${STATUS_CODES[problem.statusCode]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

export const problems = fp(
  async (app: FastifyInstance) => {
    const methods: { pattern: RegExp; method: string }[] = [];
    app.addHook('onRoute', ({ url, method }) => {
      const pattern = new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`);
      for (const name of [method].flat()) methods.push({ pattern, method: name });
    });
    app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?', 1)[0] ?? '';
      const allowed = [...new Set(methods.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort();
      sendProblem(
        request,
        reply,
        allowed.length > 0 ? new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } }) : new Problem('not_found'),
      );
    });
  },
  { name: 'problems' },
);
