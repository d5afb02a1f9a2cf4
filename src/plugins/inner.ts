// Answers a request within another: by the whole way of any request, in the outer one's transaction and name. It adds no right.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import inject from 'light-my-request';
import { type Db, within } from '../db/client.ts';

interface InnerRequest {
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
  interface FastifyInstance {
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
/** It belongs to a request that came before, and goes on while the node stops. */
export const isInner = (request: object): boolean => inners.has(request);

export const inner = fp(
  async (app: FastifyInstance) => {
    app.decorate('answerInner', async (tx, outer, { method, url, ifMatch, contentType, body }) => {
      const { authorization, host, 'user-agent': agent } = outer.headers;
      const headers = {
        ...(authorization && { authorization }),
        ...(host && { host }),
        ...(agent && { 'user-agent': agent }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const ask = async (): Promise<InnerAnswer> => {
        const answer = await inject(
          (request, response) => {
            inners.add(request);
            app.routing(request as never, response as never);
          },
          { method, url, headers, remoteAddress: outer.ip, ...payload },
        );
        const kept = Object.entries(answer.headers).flatMap(([name, value]) =>
          KEPT.has(name) && value !== undefined ? [[name, String(value)]] : [],
        );
        return { status: answer.statusCode, headers: Object.fromEntries(kept), body: answer.body };
      };
      if (!tx) return ask();
      return tx
        .transaction(async (savepoint) => {
          const answer = await within(savepoint, ask);
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
