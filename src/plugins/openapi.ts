// The OpenAPI 3.1 document, gathered from the routes themselves. It describes; it checks nothing.
import { createRequire } from 'node:module';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { sendCacheable } from '../caching/sending.ts';
import { sayConditions } from '../conditions.ts';
import { describeFields } from '../modules/fields/describing.ts';
import { listPublicFields } from '../modules/fields/filtering.ts';
import { empty, writeRefusals } from '../responses.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const TAGS = [
  ['Site', 'The publication and its languages'],
  ['Articles', 'Published stories'],
  ['Formats', 'Published stories in forms that others have set'],
  ['Sitemaps', 'Addresses of all stories, for search engines'],
  ['Search', 'Published stories by their words'],
  ['Regions', 'Where stories are about'],
  ['Tags', 'What stories are about'],
  ['Contributors', 'Who wrote them'],
  ['Media', 'Pictures that published stories show'],
  ['Feeds', 'Stories as RSS, Atom and JSON Feed'],
  ['Fronts', 'Pages made of slots that editors fill'],
  ['Views', 'How often stories are read'],
  ['Live', 'Entries of live stories'],
  ['Changes', 'The log of all that changes in public'],
  ['Desk', 'What editors do; needs a key'],
  ['Fields', 'What stories of this newsroom hold besides what every story has'],
  ['People', 'Who works in the newsroom, and what they may do'],
  ['Sessions', 'Signing in and out'],
  ['Schedules', 'What is published and taken back by itself; needs a key'],
  ['Embargoed', 'What partners may see before it is public; needs a key'],
  ['Previews', 'Links that show a draft or a front to those who hold them'],
  ['Revisions', 'Every save of a story: read, compared, brought back; needs a key'],
  ['Comments', 'Notes of the desk that never leave it; needs a key'],
  ['Locks', 'Who has a text open; needs a key'],
  ['Work', 'What is to be translated, and what waits for whom'],
  ['Trash', 'Stories that were thrown away'],
  ['Webhooks', 'Who is sent a message when something becomes public, changes or goes; needs a key'],
  ['Audit', 'Who did what, and when; needs a key'],
  ['Syndication', 'Stories as they leave the house'],
  ['Partners', 'Who takes stories, which, and what came of it; needs a key'],
  ['Import and export', 'Stories and whole newsrooms as files; needs a key'],
  ['Keys', 'API keys; needs a key'],
  ['Service', 'Health and this document'],
] as const;

interface Operation {
  parameters?: { in?: string; name?: string; required?: boolean }[];
  requestBody?: {
    required?: boolean;
    content: Record<
      string,
      { schema?: { $ref?: string; type?: string; required?: string[]; minProperties?: number; allOf?: Reference[] } }
    >;
  };
  responses?: Record<string, unknown>;
}
type Reference = { $ref?: string };

/** @fastify/swagger calls every body required; one in which nothing is required may be left out (validation.ts). A file has no type. */
function describeBody({ requestBody }: Operation): void {
  if (!requestBody) return;
  const media = Object.values(requestBody.content);
  requestBody.required = media.some(
    ({ schema }) => schema?.required?.length || schema?.minProperties || schema?.type === undefined,
  );
  // What body() says twice, for @fastify/swagger: generators of clients make a second, nameless type of it.
  for (const one of media) {
    const [named] = one.schema?.allOf ?? [];
    if (named?.$ref) one.schema = { $ref: named.$ref };
  }
}

/** If-Match is asked for by a 428 instead of a 400, so validation knows it as optional; whoever is answered 428 cannot do without. */
function requireIfMatch({ parameters = [], responses = {} }: Operation): void {
  for (const parameter of parameters)
    if (parameter.in === 'header' && parameter.name === 'if-match') parameter.required = '428' in responses;
}

export const openapi = fp<{ baseUrl: string }>(
  async (app: FastifyInstance, { baseUrl }) => {
    // What is enforced is what is documented; under `security` only OAuth scopes may be listed.
    app.addHook('onRoute', ({ config, method, schema }) => {
      const access = config?.access;
      if (!schema || schema.hide) return;
      if (access !== 'public') Object.assign(schema, { 'x-scope': access ?? null });
      if (method !== 'GET' && method !== 'HEAD')
        schema.response = { ...writeRefusals(access), ...(schema.response as object) };
    });
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
        components: {
          securitySchemes: {
            key: {
              type: 'http',
              scheme: 'bearer',
              description:
                'An API key or an access token; the scope that an operation needs is its `x-scope`; `signed-in` takes any',
            },
          },
        },
      },
      transformObject: (document) => {
        if (!('openapiObject' in document)) return document.swaggerObject;
        const paths: Record<string, object | undefined> = document.openapiObject.paths ?? {};
        for (const operation of Object.values(paths).flatMap((path): Operation[] => Object.values(path ?? {}))) {
          describeBody(operation);
          requireIfMatch(operation);
        }
        sayConditions(document.openapiObject);
        return document.openapiObject;
      },
      refResolver: {
        buildLocalReference: (json, _base, _fragment, index) =>
          typeof json.$id === 'string' ? json.$id : `schema${index}`,
      },
    });
    // Custom fields are defined while the server runs, by any node: asked for each time, written anew only where they are others.
    let latest: { fields: string; json: string } | undefined;
    const schema = { hide: true, response: { 304: empty('It has not changed') } };
    app.get('/openapi.json', { config: { access: 'public' }, schema }, async (request, reply) => {
      const defined = await listPublicFields(app.db.public);
      const fields = JSON.stringify(defined);
      if (latest?.fields !== fields) latest = { fields, json: JSON.stringify(describeFields(app.swagger(), defined)) };
      return sendCacheable(request, reply, { json: latest.json, groups: [], lifetime: 'settings' });
    });
  },
  { name: 'openapi', dependencies: ['database'] },
);
