// Who may call what: every route declares `config.access`, and boot fails on one that does not. It refuses before anything is read or done,
// and once more when a body was waited for.
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { Problem, scopeNeeded } from '../errors.ts';
import { type Actor, findActor } from '../modules/access/queries.ts';
import type { Access } from '../modules/access/scopes.ts';
import { isPlausible } from '../modules/access/secret.ts';
import { BEARER } from './problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Its body is no value but a stream, which cannot be sent again. */
    streamed?: boolean;
  }
  interface FastifyRequest {
    /** Whose key or token came with the request; null for the public. */
    actor: Actor | null;
    /** Its body had not come as a whole when it was let in. */
    isAwaited: boolean;
  }
  interface FastifyInstance {
    /**
     * For what has waited for a body: who asks, and with which rights, by now.
     * @throws Problem unauthorized, forbidden
     */
    admit(request: FastifyRequest): Promise<void>;
  }
}

export const CHALLENGE = { 'www-authenticate': BEARER };
/** What came opens nothing, or nothing any more: by this word clients know that they need another (RFC 6750 section 3.1). */
const INVALID = { 'www-authenticate': `${BEARER}, error="invalid_token"` };

export const access = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('actor', null);
    app.decorateRequest('isAwaited', false);
    const routes: RouteOptions[] = [];
    app.addHook('onRoute', (route) => {
      routes.push(route);
    });
    app.addHook('onReady', async () => {
      const open = routes.filter(({ config }) => !config?.access).map(({ method, url }) => `${method} ${url}`);
      if (open.length > 0) throw new Error(`these routes do not declare config.access: ${open.join(', ')}`);
    });
    const neededBy = (request: FastifyRequest) => (request.is404 ? 'public' : request.routeOptions.config.access);
    app.decorate('admit', async (request) => {
      const needed = neededBy(request);
      const { authorization } = request.headers;
      const [, secret] = /^Bearer +([\x21-\x7e]{32,200})$/i.exec(authorization ?? '') ?? [];
      // A wrong key or token is refused on public routes too: it must never count as more, or as less, than it is.
      request.actor = secret && isPlausible(secret) ? await findActor(app.db.desk, secret) : null;
      if (!request.actor)
        throw new Problem('unauthorized', { headers: authorization === undefined ? CHALLENGE : INVALID });
      if (needed === 'public' || needed === 'signed-in') return;
      if (needed === undefined || !request.actor.scopes.has(needed)) throw scopeNeeded(String(needed));
    });
    const admitFirst = async (request: FastifyRequest) => {
      await app.admit(request);
      // What came along with the head has been read meanwhile; of a request within another, nothing is told.
      request.isAwaited = request.raw.complete === false;
    };
    // A callback and not a promise, which every public read would have to wait for.
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.headers.authorization === undefined && neededBy(request) === 'public') done();
      else admitFirst(request).then(() => done(), done);
    });
    // Half a minute may have gone by, and with it the account: one that was disabled in it would still make itself a key.
    app.addHook('preValidation', (request, _reply, done) => {
      if (!request.isAwaited || request.routeOptions.config.streamed) done();
      else app.admit(request).then(() => done(), done);
    });
  },
  { name: 'access', dependencies: ['database'] },
);

/** For routes that need a key or token: access was checked before the handler ran. */
export function actorOf(request: { actor: Actor | null }): Actor {
  if (!request.actor) throw new Problem('unauthorized', { headers: CHALLENGE });
  return request.actor;
}
