// Idempotency-Key on every POST that needs a key: the change and its answer are committed together, and a retry is given that answer
// again (draft-ietf-httpapi-idempotency-key-header). What was refused is not kept: it may be sent again with the same key. What waits for
// another host is done in no transaction, and so again.
import { createHmac } from 'node:crypto';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type TObject, Type } from 'typebox';
import { ahead } from '../ahead.ts';
import { type Db, inTurn, isWithin } from '../db/client.ts';
import { Problem } from '../errors.ts';
import { digestOf, seal, unseal } from '../modules/idempotency/answers.ts';
import { findAnswered, insertAnswered, lockKey } from '../modules/idempotency/queries.ts';
import { problems } from '../responses.ts';
import type { InnerAnswer } from './inner.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Changes nothing, and waits for another host: five that hung kept the turns of all other changes (inTurn() of db/client.ts). */
    waits?: boolean;
  }
}

const isOnce = ({ access, streamed, waits }: FastifyContextConfig = {}): boolean =>
  access !== 'public' && !streamed && !waits;

const HEADER = {
  type: 'string',
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description:
    'Any unique text, such as a UUID: the same request with the same key within 24 hours is done once and answered alike; ' +
    'with another body it is a 422, while the first is being answered a 409',
} as const;

interface Asked {
  key: string;
  actorId: string;
  requestDigest: Buffer;
}

async function once(
  db: Db,
  { key, actorId, requestDigest }: Asked,
  answer: (tx: Db) => Promise<InnerAnswer>,
): Promise<InnerAnswer & { replayed: boolean }> {
  const digest = digestOf(key);
  return inTurn(() =>
    db.transaction(async (tx) => {
      if (!(await lockKey(tx, actorId, digest)))
        throw new Problem('idempotency_in_flight', { headers: { 'retry-after': '1' } });
      const known = await findAnswered(tx, actorId, digest);
      if (known) {
        if (!known.requestDigest.equals(requestDigest)) throw new Problem('idempotency_mismatch');
        return { ...unseal(key, actorId, known.answer), replayed: true };
      }
      const made = await answer(tx);
      if (made.status < 300)
        await insertAnswered(tx, { actorId, digest, requestDigest, answer: seal(key, actorId, made) });
      return { ...made, replayed: false };
    }),
  );
}

/**
 * The version that it is based on belongs to a request as much as its body. Under its own key, as its answer is: by a plain digest of a
 * body with a password, whoever reads the database would try passwords at the speed of SHA-256.
 */
const digestRequest = (key: string, { method, url, headers, body }: FastifyRequest): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([method, url, headers['if-match'] ?? null, body ?? null]))
    .digest();

export const idempotency = fp(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', (route) => {
      if (route.method !== 'POST' || !isOnce(route.config) || !route.schema) return;
      const headers = (route.schema.headers ?? Type.Object({})) as TObject;
      route.schema = {
        ...route.schema,
        headers: { ...headers, properties: { ...headers.properties, 'idempotency-key': HEADER } },
        response: { ...(route.schema.response as object), ...problems(409, 422) },
      };
    });
    app.addHook('preHandler', async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const { actor } = request;
      const { config } = request.routeOptions;
      if (config.waits && isWithin())
        throw new Problem('conflict', { detail: 'This waits for another host: send it by itself.' });
      const isMeant = request.method === 'POST' && isOnce(config);
      if (typeof key !== 'string' || !actor || !isMeant || isWithin()) return undefined;
      const asked = { key, actorId: actor.userId ?? actor.keyId ?? '', requestDigest: digestRequest(key, request) };
      const answered = () =>
        once(app.db.desk, asked, (tx) =>
          app.answerInner(tx, request, {
            method: 'POST',
            url: request.url,
            ifMatch: request.headers['if-match'],
            contentType: request.headers['content-type'],
            body: request.body,
          }),
        );
      const prepare = async () => {
        if (!(await findAnswered(app.db.desk, asked.actorId, digestOf(key))))
          await config.ahead?.(request).catch(() => {});
      };
      const { status, body, replayed, headers: kept } = await (config.ahead ? ahead(prepare, answered) : answered());
      if (replayed) reply.header('idempotent-replayed', 'true');
      return reply.code(status).headers(kept).send(body);
    });
  },
  { name: 'idempotency', dependencies: ['inner', 'access'] },
);
