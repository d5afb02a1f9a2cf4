// Answers a request within another: by the whole way of any request, in the outer one's transaction and name. It adds no right.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import inject from 'light-my-request';
import { type Db, within } from '../db/client.ts';

export interface InnerRequest {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query. */
  url: string;
  ifMatch?: string | undefined;
  contentType?: string | undefined;
  /** Absent for none. */
  body?: unknown;
}
export interface InnerAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What its handler does that needs no database and may take long, by doneAhead() (src/ahead.ts). Its body is valid by then. */
    ahead?(request: FastifyRequest): Promise<unknown>;
  }
  interface FastifyInstance {
    /** Of a request within another, what can be done before the transaction of the latter; whatever is wrong is told by answerInner(). */
    doAhead(outer: FastifyRequest, inner: InnerRequest): Promise<void>;
    /** What is refused leaves nothing behind in `tx`; without one, the request has its own. */
    answerInner(tx: Db | null, outer: FastifyRequest, inner: InnerRequest): Promise<InnerAnswer>;
  }
}

/** What says something about the answer itself; the others are made anew for whoever gets it. The id is that of its problem. */
const KEPT = new Set(['content-type', 'etag', 'location', 'link', 'content-language', 'retry-after', 'x-request-id']);

/** Takes back what a refused request has done outside a transaction of its own. */
class Refused extends Error {
  readonly answer: InnerAnswer;
  constructor(answer: InnerAnswer) {
    super('refused');
    this.answer = answer;
  }
}

const inners = new WeakSet<object>();
/** Those that are only to do ahead what they can. */
const aheads = new WeakSet<IncomingMessage>();
/** It belongs to a request that came before, and goes on while the node stops. */
export const isInner = (request: object): boolean => inners.has(request);

export const inner = fp(
  async (app: FastifyInstance) => {
    app.addHook('onRequest', ({ raw, routeOptions: { config } }, reply, done) => {
      if (aheads.has(raw) && !config.ahead) reply.code(204).send();
      else done();
    });
    app.addHook('preHandler', (request, reply, done) => {
      if (!aheads.has(request.raw)) return done();
      const over = () => void reply.code(204).send();
      request.routeOptions.config.ahead?.(request).then(over, over);
    });
    const ask = async (
      outer: FastifyRequest,
      { method, url, ifMatch, contentType, body }: InnerRequest,
      isAhead: boolean,
    ): Promise<InnerAnswer> => {
      const { authorization, host, 'user-agent': agent } = outer.headers;
      const headers = {
        ...(authorization && { authorization }),
        ...(host && { host }),
        ...(agent && { 'user-agent': agent }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const answer = await inject(
        (request, response) => {
          inners.add(request);
          if (isAhead) aheads.add(request as never);
          app.routing(request as never, response as never);
        },
        { method, url, headers, remoteAddress: outer.ip, ...payload },
      );
      const kept = Object.entries(answer.headers).flatMap(([name, value]) =>
        KEPT.has(name) && value !== undefined ? [[name, String(value)]] : [],
      );
      return { status: answer.statusCode, headers: Object.fromEntries(kept), body: answer.body };
    };
    app.decorate('doAhead', async (outer, inner) => void (await ask(outer, inner, true)));
    app.decorate('answerInner', async (tx, outer, inner) => {
      const answered = () => ask(outer, inner, false);
      if (!tx) return answered();
      return tx
        .transaction(async (savepoint) => {
          const answer = await within(savepoint, answered);
          if (answer.status >= 400) throw new Refused(answer);
          return answer;
        })
        .catch((error: unknown) => {
          if (error instanceof Refused) return error.answer;
          throw error;
        });
    });
  },
  { name: 'inner', dependencies: ['database'] },
);
