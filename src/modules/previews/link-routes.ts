// Desk routes of links that show a front: who may look at it there makes, lists and revokes them. None tells a token twice.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, problems, writeProblems } from '../../responses.ts';
import { closed, Id, Key, PageQuery } from '../../schemas.ts';
import { FrontParams } from '../fronts/schemas.ts';
import { getDeskFront } from '../fronts/workflow.ts';
import { frontPreview, TOKEN } from './examples.ts';
import { listPage } from './listing.ts';
import { FrontPreviewListAnswer, NewFrontPreviewAnswer, PreviewInput } from './schemas.ts';
import { createFrontPreview, endFrontPreview } from './workflow.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}

export const frontLinkRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'previews:write' } as const;
  const tags = ['Previews'];
  const self = 'http://localhost:3000/v1/desk/fronts/home/previews';
  const made = { ...frontPreview, token: TOKEN, url: `http://localhost:3000/v1/front-previews/${TOKEN}` };

  app.get(
    '/fronts/:slug/previews',
    {
      config,
      schema: {
        operationId: 'listFrontPreviews',
        tags,
        summary: 'List the previews of a front',
        description: 'Newest first, expired and revoked ones included. Their tokens are not among it.',
        params: FrontParams,
        querystring: PageQuery,
        security: keyed,
        response: {
          200: answer(FrontPreviewListAnswer, {
            data: [frontPreview],
            meta: {},
            links: { self, next: null, prev: null },
          }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request) => {
      const { id: frontId } = await getDeskFront(db, request.params.slug);
      return listPage(app, baseUrl + request.url, { frontId }, request.query);
    },
  );

  app.post(
    '/fronts/:slug/previews',
    {
      config,
      schema: {
        operationId: 'createFrontPreview',
        tags,
        summary: 'Make a link that shows a front',
        description:
          'To whoever holds it, at any time to come and in every language, until it expires or is revoked, or the front is deleted. Refused to those who are limited to some languages, regions or stories of their own, since a front shows all. The answer holds the token: it is told now and never again.',
        params: FrontParams,
        body: body(PreviewInput, { expiresIn: 86_400 }),
        security: keyed,
        response: {
          201: answer(NewFrontPreviewAnswer, { data: made, meta: {}, links: { self } }, { description: 'It is made' }),
          ...writeProblems(404),
        },
      },
    },
    async (request, reply) => {
      const { slug } = request.params;
      const { expiresIn = 86_400 } = request.body;
      const { preview, token } = await db.transaction((tx) =>
        createFrontPreview(tx, actorOf(request), slug, expiresIn),
      );
      const data = { ...preview, token, url: `${baseUrl}/v1/front-previews/${token}` };
      return reply.code(201).send({ data, meta: {}, links: { self: `${baseUrl}/v1/desk/fronts/${slug}/previews` } });
    },
  );

  app.delete(
    '/fronts/:slug/previews/:id',
    {
      config,
      schema: {
        operationId: 'revokeFrontPreview',
        tags,
        summary: 'Revoke a preview of a front',
        description: 'Its token is answered by 404 from the next request on, by every node.',
        params: closed({ slug: Key, id: Id }),
        security: keyed,
        response: { 204: empty('It is revoked'), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const { slug, id } = request.params;
      await db.transaction((tx) => endFrontPreview(tx, actorOf(request), slug, id));
      return reply.code(204).send();
    },
  );
};
