// The OpenAPI 3.1 document, gathered from the routes themselves, and the page that shows it. It describes; it checks nothing.

import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
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

/**
 * The page brings its script along and loads nothing from another host. It sets styles by itself, so those cannot be
 * named; the one inline script, which holds the configuration, is named by its digest (CSP Level 3 section 2.3.1).
 */
function docsPolicy(html: string, api: string): string {
  const [, script = ''] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html) ?? [];
  const digest = hash('sha256', script, 'base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    'font-src data:',
    // Requests tried out on the page go to the public address, which need not be the one the page was opened by.
    `connect-src 'self' ${api}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

interface Operation {
  requestBody?: {
    required?: boolean;
    content: Record<string, { schema?: { required?: string[]; minProperties?: number } }>;
  };
}

/** @fastify/swagger calls every body required; one in which nothing is required may be left out (plugins/validation.ts). */
function markOptionalBodies(paths: Record<string, object | undefined>): void {
  for (const operation of Object.values(paths).flatMap((path): Operation[] => Object.values(path ?? {}))) {
    const { requestBody } = operation;
    if (!requestBody) continue;
    requestBody.required = Object.values(requestBody.content).some(
      ({ schema }) => schema?.required?.length || schema?.minProperties,
    );
  }
}

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
          contact: { name: 'Dateline', url: baseUrl },
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: baseUrl }],
        tags: TAGS.map(([name, description]) => ({ name, description })),
        components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key' } } },
      },
      transformObject: (document) => {
        if (!('openapiObject' in document)) return document.swaggerObject;
        markOptionalBodies(document.openapiObject.paths ?? {});
        return document.openapiObject;
      },
      refResolver: {
        buildLocalReference: (json, _base, _fragment, index) =>
          typeof json.$id === 'string' ? json.$id : `schema${index}`,
      },
    });
    await app.register(async (docs) => {
      docs.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: 'public' };
      });
      docs.addHook('onSend', (_request, reply, payload, done) => {
        if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')) {
          reply.header('content-security-policy', docsPolicy(payload, new URL(baseUrl).origin));
        }
        done(null, payload);
      });
      await docs.register(scalar, {
        routePrefix: '/docs',
        configuration: {
          // Relative to the page, so that it also works behind a proxy that adds a path.
          url: '../openapi.json',
          pageTitle: 'Dateline API',
          favicon: 'data:,',
          withDefaultFonts: false,
          hideClientButton: true,
          telemetry: false,
          // Offers of the renderer's maker, which would send the document there.
          showDeveloperTools: 'never',
          agent: { disabled: true },
          mcp: { disabled: true },
        },
      });
    });
    app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) =>
      sendCacheable(request, reply, { json: JSON.stringify(app.swagger()) }),
    );
  },
  { name: 'openapi' },
);
