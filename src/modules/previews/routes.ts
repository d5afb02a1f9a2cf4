// Routes of previews: the desk makes, lists and revokes them; whoever holds a token reads its draft, and nothing else with it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, open, problems, writeProblems } from '../../responses.ts';
import { closed, Id, PageQuery } from '../../schemas.ts';
import { article } from '../articles/examples.ts';
import { draftUrl } from '../desk/answers.ts';
import { findDraft } from '../desk/queries.ts';
import { localeOf } from '../desk/references.ts';
import { DraftParams } from '../desk/schemas.ts';
import { TOKEN } from './examples.ts';
import { listPage } from './listing.ts';
import { readPreview, robots, sendPreview, unindexed } from './previewing.ts';
import {
  NewPreviewAnswer,
  type Preview,
  PreviewedAnswer,
  PreviewInput,
  PreviewListAnswer,
  PreviewParams,
  PreviewQuery,
} from './schemas.ts';
import { createPreview, endPreview } from './workflow.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}
const preview: Preview = {
  id: '01980a2e-0007-7000-8000-000000000007',
  articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
  locale: 'en',
  state: 'active',
  expiresAt: '2026-05-27T10:00:00.000Z',
  revokedAt: null,
  createdAt: '2026-05-26T10:00:00.000Z',
  createdBy: { type: 'key', id: '01931f5e-8c00-7a10-8000-000000000004', name: 'Night desk' },
};
const self = `http://localhost:3000/v1/desk/articles/${preview.articleId}/locales/en/previews`;
const page: Static<typeof PreviewListAnswer> = { data: [preview], meta: {}, links: { self, next: null, prev: null } };
const previewed: Static<typeof PreviewedAnswer> = {
  data: article.data,
  meta: { requestedLocale: 'en', locale: 'en', preview: true, expiresAt: preview.expiresAt },
  links: { self: `http://localhost:3000/v1/previews/${TOKEN}` },
};

export const previewRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  app.addHook('onRequest', unindexed);

  app.get(
    '/previews/:token',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getPreview',
        tags: ['Previews'],
        summary: 'Read a draft with the token of its preview',
        description:
          'In the shape of a published story, as it would be if it were published now; never cached, never counted as a view. An expired, a revoked and an unknown token are the same 404.',
        params: PreviewParams,
        querystring: PreviewQuery,
        security: open,
        response: {
          200: answer(PreviewedAnswer, previewed, { headers: robots }),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const previewed = await readPreview(app.db.desk, request.params.token, request.query.fields);
      return sendPreview(reply, baseUrl + request.url, previewed);
    },
  );
};

export const deskPreviewRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'previews:write' } as const;
  const tags = ['Previews'];

  app.get(
    '/articles/:id/locales/:locale/previews',
    {
      config,
      schema: {
        operationId: 'listPreviews',
        tags,
        summary: 'List the previews of a draft',
        description: 'Newest first, expired and revoked ones included. Their tokens are not among it.',
        params: DraftParams,
        querystring: PageQuery,
        security: keyed,
        response: { 200: answer(PreviewListAnswer, page), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const draft = await findDraft(db, request.params.id, await localeOf(db, request.params.locale));
      if (!draft) throw new Problem('not_found');
      const { articleId, locale } = draft;
      return listPage(app, baseUrl + request.url, { articleId, locale }, request.query);
    },
  );

  app.post(
    '/articles/:id/locales/:locale/previews',
    {
      config,
      schema: {
        operationId: 'createPreview',
        tags,
        summary: 'Make a link that shows a draft',
        description:
          'To whoever holds it, until it expires or is revoked. The answer holds the token: it is told now and never again.',
        params: DraftParams,
        body: body(PreviewInput, { expiresIn: 86_400 }),
        security: keyed,
        response: {
          201: answer(
            NewPreviewAnswer,
            { data: { ...preview, token: TOKEN, url: previewed.links.self }, meta: {}, links: { self } },
            { description: 'It is made' },
          ),
          ...writeProblems(404),
        },
      },
    },
    async (request, reply) => {
      const of = { articleId: request.params.id, locale: await localeOf(db, request.params.locale) };
      const { expiresIn = 86_400 } = request.body;
      const { preview, token } = await db.transaction((tx) => createPreview(tx, actorOf(request), of, expiresIn));
      const data = { ...preview, token, url: `${baseUrl}/v1/previews/${token}` };
      return reply.code(201).send({ data, meta: {}, links: { self: `${draftUrl(baseUrl, preview)}/previews` } });
    },
  );

  app.delete(
    '/previews/:id',
    {
      config,
      schema: {
        operationId: 'revokePreview',
        tags,
        summary: 'Revoke a preview',
        description: 'Its token is answered by 404 from the next request on, by every node.',
        params: closed({ id: Id }),
        security: keyed,
        response: { 204: empty('It is revoked'), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      await db.transaction((tx) => endPreview(tx, actorOf(request), request.params.id));
      return reply.code(204).send();
    },
  );
};
