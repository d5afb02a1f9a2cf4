// The page at /docs that shows the OpenAPI document. It is loaded when it is first asked for, and loads nothing from other hosts.
import { hash } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { loadOnce } from '../loading.ts';

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

/** In an instance of its own, which can be made while the API serves and opens nothing that had to be closed: 5 MB of script, 25 MiB of memory. */
async function loadRenderer(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const renderer = Fastify();
  await renderer.register(scalar, {
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
  await renderer.ready();
  return renderer;
}

export const docs = fp<{ baseUrl: string }>(
  async (app: FastifyInstance, { baseUrl }) => {
    const load = loadOnce(loadRenderer);
    const show = async (request: FastifyRequest, reply: FastifyReply) => {
      const page = await (await load()).inject({ method: 'GET', url: request.url });
      if (page.statusCode === 404) return reply.callNotFound();
      const { 'content-type': type, location } = page.headers;
      // From `/docs` to `docs/`: a proxy that adds a path would have the page asked for without it.
      if (location) return reply.redirect(String(location).replace(/^\//, ''), page.statusCode);
      if (String(type).startsWith('text/html'))
        reply.header('content-security-policy', docsPolicy(page.payload, new URL(baseUrl).origin));
      // The script alone: the page must follow the document.
      else reply.header('cache-control', 'public, max-age=86400');
      return reply.code(page.statusCode).type(String(type)).send(page.rawPayload);
    };
    const options = { config: { access: 'public' }, schema: { hide: true } } as const;
    app.get('/docs', options, show);
    app.get('/docs/*', options, show);
  },
  { name: 'docs' },
);
