// Who may call what: every route declares `config.access`, and boot fails on one that does not. It refuses before anything is read or done.
import type { FastifyInstance, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { Problem } from '../errors.ts';
import { type Actor, findActor } from '../modules/access/queries.ts';
import type { Access } from '../modules/access/scopes.ts';
import { isPlausible } from '../modules/access/secret.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Whose key came with the request; null for the public. */
    actor: Actor | null;
  }
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="dateline"' };

export const access = fp(
  async (app: FastifyInstance) => {
    app.decorateRequest('actor', null);
    const routes: RouteOptions[] = [];
    app.addHook('onRoute', (route) => {
      routes.push(route);
    });
    app.addHook('onReady', async () => {
      const open = routes.filter(({ config }) => !config?.access).map(({ method, url }) => `${method} ${url}`);
      if (open.length > 0) throw new Error(`these routes do not declare config.access: ${open.join(', ')}`);
    });
    app.addHook('onRequest', async (request) => {
      const { authorization } = request.headers;
      const needed = request.is404 ? 'public' : request.routeOptions.config.access;
      if (authorization === undefined && needed === 'public') return;
      const [, secret] = /^Bearer ([\x21-\x7e]{32,200})$/i.exec(authorization ?? '') ?? [];
      // A wrong key is refused on public routes too: it must never count as more, or as less, than it is.
      request.actor = secret && isPlausible(secret) ? await findActor(app.db.desk, secret) : null;
      if (!request.actor) throw new Problem('unauthorized', { headers: CHALLENGE });
      if (needed !== 'public' && (needed === undefined || !request.actor.scopes.has(needed))) {
        throw new Problem('forbidden', { detail: `This needs a key with the scope ${needed}.`, extra: { scope: needed } });
      }
    });
  },
  { name: 'access', dependencies: ['database'] },
);

/** For routes that need a key: access was checked before the handler ran. */
export function actorOf(request: { actor: Actor | null }): Actor {
  if (!request.actor) throw new Problem('unauthorized', { headers: CHALLENGE });
  return request.actor;
}
