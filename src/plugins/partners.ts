// Holds partners to their quota and to the routes that know how to cut what they answer. A partner's key opens nothing else, and nobody else is counted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Problem } from '../errors.ts';
import { entitlementsOf, notEntitled, type Partner } from '../modules/partners/entitlements.ts';
import { createQuotas, type Quotas, type Window } from '../modules/partners/quotas.ts';
import { createTakings, type Takings } from '../modules/partners/takings.ts';
import { problems } from '../responses.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers the keys of partners, within what they are entitled to. */
    partners?: true;
  }
  interface FastifyInstance {
    takings: Takings;
    /** For what is told for longer than one request. */
    quotas: Quotas;
  }
}

/** draft-ietf-httpapi-ratelimit-headers-10. */
const rateLimit = (windows: readonly Window[]) => ({
  'ratelimit-policy': windows.map(({ name, quota, length }) => `"${name}";q=${quota};w=${length}`).join(', '),
  ratelimit: windows.map(({ name, left, seconds }) => `"${name}";r=${left};t=${seconds}`).join(', '),
});

export const partners = fp(
  async (app: FastifyInstance) => {
    const quotas = createQuotas(app.db.pool);
    app.decorate('quotas', quotas);
    app.decorate(
      'takings',
      createTakings(app.db.pool, (error) =>
        app.log.warn({ err: error }, 'what partners took is not written yet; it is tried anew'),
      ),
    );
    app.addHook('onClose', () => app.takings.close());
    app.addHook('onRoute', (route) => {
      if (!route.schema) return;
      // A partner's key is refused by all others, those that anybody may ask without one included.
      const refusals = route.config?.partners ? problems(403, 429) : problems(403);
      route.schema.response = { ...refusals, ...(route.schema.response as object) };
    });
    const claim = async (partner: Partner, reply: FastifyReply) => {
      const { granted, windows } = await quotas.claim(partner);
      const headers = rateLimit(windows);
      if (granted) return void reply.headers(headers);
      // Refused by whichever has nothing left; both may.
      const seconds = Math.max(...windows.filter(({ left }) => left === 0).map((window) => window.seconds));
      throw new Problem('too_many_requests', { headers: { ...headers, 'retry-after': String(seconds) } });
    };
    app.addHook('onRequest', (request: FastifyRequest, reply, done) => {
      const partner = entitlementsOf(request);
      if (!partner || request.is404) done();
      else if (!request.routeOptions.config.partners)
        done(notEntitled("This is not answered to a partner's key; what is public here, it is without one."));
      else claim(partner, reply).then(() => done(), done);
    });
  },
  { name: 'partners', dependencies: ['access', 'database'] },
);
