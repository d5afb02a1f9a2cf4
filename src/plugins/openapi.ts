// The OpenAPI 3.1 document, gathered from the routes themselves, and the page that shows it. It describes; it checks nothing.
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { sendCacheable } from './caching.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const TAGS = [
  ['Site', 'The publication and its languages'],
  ['Articles', 'Published stories'],
  ['Regions', 'Where stories are about'],
  ['Tags', 'What stories are about'],
  ['Contributors', 'Who wrote them'],
  ['Views', 'How often stories are read'],
  ['Desk', 'What editors do; needs a key'],
  ['Keys', 'API keys; needs a key'],
  ['Service', 'Health and this document'],
] as const;

/** The page brings its script and styles along: it loads nothing from another host. */
const DOCS_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'";

export const openapi = fp<{ baseUrl: string }>(
  async (app: FastifyInstance, { baseUrl }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Dateline',
          version,
          description:
            'Headless CMS REST API for newsrooms that publish in several languages. Public reads need no key; errors are problem details (RFC 9457).',
          contact: { name: 'Dateline', url: 'https://github.com/dateline/dateline' },
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: baseUrl }],
        tags: TAGS.map(([name, description]) => ({ name, description })),
        components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key' } } },
      },
      refResolver: { buildLocalReference: (json, _base, _fragment, index) => (typeof json.$id === 'string' ? json.$id : `schema${index}`) },
    });
    await app.register(async (docs) => {
      docs.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: 'public' };
      });
      docs.addHook('onRequest', (_request, reply, done) => {
        reply.header('content-security-policy', DOCS_POLICY);
        done();
      });
      await docs.register(scalar, {
        routePrefix: '/docs',
        configuration: { url: '/openapi.json', withDefaultFonts: false, hideClientButton: true, telemetry: false },
      });
    });
    app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) =>
      sendCacheable(request, reply, { json: JSON.stringify(app.swagger()) }),
    );
  },
  { name: 'openapi' },
);
