// Routes that show a front before readers see it: to the desk, and to whoever holds a link that the desk has made. It is kept by nobody.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { answer, keyed, open, problems } from '../../responses.ts';
import * as examples from '../fronts/examples.ts';
import { FrontParams, FrontPreviewAnswer, FrontPreviewQuery } from '../fronts/schemas.ts';
import { previewFront, previewFrontBy, sendFrontPreview } from './arrangement.ts';
import { frontPreview, TOKEN } from './examples.ts';
import { robots, unindexed } from './previewing.ts';
import { PreviewedFrontAnswer, PreviewParams } from './schemas.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}
const meta = { requestedLocale: 'en', locale: 'en', preview: true, at: '2026-06-07T18:00:00.000Z' } as const;
const id = '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10';
const shown: Static<typeof FrontPreviewAnswer> = {
  data: examples.front.data,
  meta: { ...meta, unpublished: [{ id, status: 'scheduled' }] },
  links: { self: 'http://localhost:3000/v1/desk/fronts/home/preview?at=2026-06-07T18%3A00%3A00Z' },
};
const shownToGuests: Static<typeof PreviewedFrontAnswer> = {
  data: examples.front.data,
  meta: { ...meta, unpublished: [{ id }], expiresAt: frontPreview.expiresAt },
  links: { self: `http://localhost:3000/v1/front-previews/${TOKEN}?at=2026-06-07T18%3A00%3A00Z` },
};

export const frontPreviewRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  app.addHook('onRequest', unindexed);

  app.get(
    '/front-previews/:token',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getFrontPreview',
        tags: ['Previews'],
        summary: 'Look at a front with the token of its preview',
        description:
          'As readers will see it, now or at a time to come, in any language of the newsroom; also one that is not public. Drafts that are pinned are shown as if they were published now, and named in `meta.unpublished`. Never cached, never counted as a view. An expired, a revoked and an unknown token are the same 404.',
        params: PreviewParams,
        querystring: FrontPreviewQuery,
        security: open,
        response: { 200: answer(PreviewedFrontAnswer, shownToGuests, { headers: robots }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const previewed = await previewFrontBy(app, request.params.token, request.query);
      return sendFrontPreview(reply, baseUrl + request.url, previewed);
    },
  );
};

export const deskFrontPreviewRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  app.get(
    '/fronts/:slug/preview',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'previewFront',
        tags: ['Fronts'],
        summary: 'Look at a front as readers will see it',
        description:
          'Now, or at a time to come, by what is set to change until then; also one that is not public. Drafts that are pinned are shown as if they were published now, and named in `meta.unpublished`; what is automatic holds the stories that are public now. With `fallback`, each story in the first of the languages in which it is public or such a draft.',
        params: FrontParams,
        querystring: FrontPreviewQuery,
        security: keyed,
        response: { 200: answer(FrontPreviewAnswer, shown), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const previewed = await previewFront(app, request.params.slug, request.query);
      return sendFrontPreview(reply, baseUrl + request.url, previewed);
    },
  );
};
