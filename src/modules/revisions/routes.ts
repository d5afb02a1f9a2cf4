// Routes of the revisions of what a story has in every language; those of its texts are registered with them. Nothing here is public.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, body, changeProblems, keyed, problems, versioned } from '../../responses.ts';
import { IfMatch, PageQuery } from '../../schemas.ts';
import { answerOf, articleUrl } from '../desk/answers.ts';
import { deskArticle } from '../desk/examples.ts';
import { lowerId } from '../desk/ids.ts';
import { findDeskArticle } from '../desk/queries.ts';
import { ArticleIdParams, DeskArticleAnswer } from '../desk/schemas.ts';
import { compareContents } from './comparing.ts';
import { draftRevisionRoutes } from './draft-routes.ts';
import * as examples from './examples.ts';
import { answerList } from './listing.ts';
import { getBase, getNeutral } from './reading.ts';
import { restoreNeutral } from './restoring.ts';
import {
  ArticleRevisionAnswer,
  ArticleVersionParams,
  DiffQuery,
  RestoreInput,
  RevisionDiffAnswer,
  RevisionListAnswer,
} from './schemas.ts';

export const revisionRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Revisions'];
  const config = { access: 'articles:read' } as const;
  const base = '/articles/:id/revisions';
  app.addHook('preHandler', lowerId);

  app.get(
    base,
    {
      config,
      schema: {
        operationId: 'listArticleRevisions',
        tags,
        summary: 'List the saves of what a story has in every language',
        description:
          'Newest first, without their content. What is older than the newsroom keeps revisions is not among it.',
        params: ArticleIdParams,
        querystring: PageQuery,
        security: keyed,
        response: { 200: answer(RevisionListAnswer, examples.list('')), ...problems(400, 403, 404) },
      },
    },
    ({ params, query, url }) => answerList(app, { articleId: params.id, locale: null }, query, baseUrl + url),
  );

  app.get(
    `${base}/:version`,
    {
      config,
      schema: {
        operationId: 'getArticleRevision',
        tags,
        summary: 'Read what a story has in every language as it was saved',
        description: 'Regions, tags and byline by the keys that they had then.',
        params: ArticleVersionParams,
        security: keyed,
        response: { 200: answer(ArticleRevisionAnswer, examples.articleRevision), ...problems(400, 403, 404) },
      },
    },
    async ({ params }) => {
      const { articleId, head, content } = await getNeutral(db, params.id, params.version);
      return answerOf({ articleId, ...head, content }, `${articleUrl(baseUrl, articleId)}/revisions/${head.version}`);
    },
  );

  app.get(
    `${base}/:version/diff`,
    {
      config,
      schema: {
        operationId: 'compareArticleRevisions',
        tags,
        summary: 'Compare two saves of what a story has in every language',
        description: 'Field by field; of lists what came and what went.',
        params: ArticleVersionParams,
        querystring: DiffQuery,
        security: keyed,
        response: { 200: answer(RevisionDiffAnswer, examples.articleDiff), ...problems(400, 403, 404) },
      },
    },
    async ({ params, query, url }) => {
      const after = await getNeutral(db, params.id, params.version);
      const from = await getBase(db, { articleId: params.id, locale: null }, params.version, query.from);
      const before = await getNeutral(db, params.id, from);
      const changes = compareContents(before.content, after.content, 'und');
      return answerOf({ from, to: params.version, changes }, baseUrl + url);
    },
  );

  app.post(
    `${base}/:version/restore`,
    {
      config: { access: 'articles:write' },
      schema: {
        operationId: 'restoreArticleRevision',
        tags,
        summary: 'Bring what a story has in every language back as it was saved',
        description:
          'As a new save, by the same rules as an edit: nothing changes in public until it is published again, and what does not exist any more is refused. What was merged is taken for what it was merged into.',
        params: ArticleVersionParams,
        headers: IfMatch,
        body: body(RestoreInput, examples.restoreInput),
        security: keyed,
        response: { 200: answer(DeskArticleAnswer, deskArticle, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const { id, version } = request.params;
      const wanted = { version, expected: parseIfMatch(request), note: request.body.note };
      const article = await db.transaction(async (tx) => {
        await restoreNeutral(tx, actorOf(request), id, wanted);
        return findDeskArticle(tx, id);
      });
      if (!article) throw new Problem('not_found');
      return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(baseUrl, article.id)));
    },
  );

  await app.register(draftRevisionRoutes, { baseUrl });
};
