// Routes of the trash: into it, what lies in it, out of it, and for good. Nothing public is reached by any of them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, empty, keyed, problems, versioned, writeProblems } from '../../responses.ts';
import { IfMatch, PageQuery } from '../../schemas.ts';
import { answerOf, articleUrl } from '../desk/answers.ts';
import { deskArticle } from '../desk/examples.ts';
import { findDeskArticle } from '../desk/queries.ts';
import { ArticleIdParams, DeskArticleAnswer } from '../desk/schemas.ts';
import { listTrash } from './queries.ts';
import { TrashAnswer } from './schemas.ts';
import { eraseArticle, restoreArticle, trashArticle } from './workflow.ts';

const example: Static<typeof TrashAnswer> = {
  data: [
    {
      id: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
      kind: 'news',
      externalId: null,
      originalLocale: 'en',
      locales: [{ locale: 'en', title: 'Mountain line opens', slug: 'mountain-line-opens' }],
      deletedAt: '2026-06-02T09:00:00.000Z',
      deletedBy: { type: 'person', id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
      createdAt: '2026-05-26T10:00:00.000Z',
      version: 2,
    },
  ],
  meta: {},
  links: { self: 'http://localhost:3000/v1/desk/trash', next: null, prev: null },
};

export const trashRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Trash'];

  app.delete(
    '/articles/:id',
    {
      config: { access: 'articles:delete' },
      schema: {
        operationId: 'trashArticle',
        tags,
        summary: 'Put a story into the trash',
        description:
          'Refused while it is public or scheduled in any language. From then on the desk finds it in the trash only; its previews are revoked, its slugs stay reserved.',
        params: ArticleIdParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is in the trash'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => trashArticle(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );

  app.get(
    '/trash',
    {
      config: { access: 'articles:delete' },
      schema: {
        operationId: 'listTrash',
        tags,
        summary: 'List the stories in the trash',
        description: 'Last deleted first; each with its version, which erasing asks for.',
        querystring: PageQuery,
        security: keyed,
        response: { 200: answer(TrashAnswer, example), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { limit = 20, cursor } = request.query;
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, 'trash', cursor);
      const rows = await listTrash(db, { after: timeAndId(walk), backward: walk.backward, limit });
      const { page, turned } = turnPage(rows, walk, limit, (row) => [Date.parse(row.deletedAt), row.id]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + request.url, walk, turned) };
    },
  );

  app.post(
    '/trash/:id/restore',
    {
      config: { access: 'articles:delete' },
      schema: {
        operationId: 'restoreArticle',
        tags,
        summary: 'Take a story out of the trash',
        description: 'With all its drafts as they were; previews that were revoked stay so.',
        params: ArticleIdParams,
        security: keyed,
        response: {
          200: answer(DeskArticleAnswer, deskArticle, { headers: versioned }),
          ...writeProblems(404),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const article = await db.transaction(async (tx) => {
        await restoreArticle(tx, actorOf(request), id);
        return findDeskArticle(tx, id);
      });
      if (!article) throw new Problem('not_found');
      return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(baseUrl, article.id)));
    },
  );

  app.delete(
    '/trash/:id',
    {
      config: { access: 'articles:erase' },
      schema: {
        operationId: 'eraseArticle',
        tags,
        summary: 'Erase a story for good',
        description:
          'With its drafts, revisions, comments, previews, former addresses and views. The audit log keeps that it was there, when it went, by whom, and its titles. A story that was withdrawn stays withdrawn: 410. Whoever follows the changes is told once more that it is gone, where it was public.',
        params: ArticleIdParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is erased'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => eraseArticle(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );
};
