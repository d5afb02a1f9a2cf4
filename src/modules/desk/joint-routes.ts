// Desk route that publishes several languages of a story at once: readers see all of them from the same moment on, or none.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem, scopeNeeded } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, keyed, versioned, writeProblems } from '../../responses.ts';
import { answerOf, articleUrl } from './answers.ts';
import * as examples from './examples.ts';
import { publish } from './publishing.ts';
import { findDeskArticle } from './queries.ts';
import { resolveLocales } from './references.ts';
import { ArticleIdParams, DeskArticleAnswer } from './schemas.ts';
import { JointPublishInput } from './transition-schemas.ts';

export const jointRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;

  app.post(
    '/articles/:id/publish',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'publishArticle',
        tags: ['Desk'],
        summary: 'Publish a story in several languages at once',
        description:
          'All of them or none, and each names the others from the first moment. Each is based on the version that stands with it.',
        params: ArticleIdParams,
        body: body(JointPublishInput, examples.jointPublishInput),
        security: keyed,
        response: {
          200: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }),
          ...writeProblems(404, 409, 412),
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { id } = request.params;
      const chosen = await resolveLocales(db, request.body.locales);
      const backdated = chosen.find(({ input }) => input.publishedAt);
      if (backdated && !actor.scopes.has('articles:backdate')) throw scopeNeeded('articles:backdate');
      const items = chosen.map(({ locale, pointer, input: { version, updateType = 'major', publishedAt } }) => ({
        articleId: id,
        locale,
        pointer,
        expected: version,
        updateType,
        ...(publishedAt && { publishedAt: new Date(publishedAt) }),
      }));
      const article = await db.transaction(async (tx) => {
        await publish(tx, actor, items);
        return findDeskArticle(tx, id);
      });
      if (!article) throw new Problem('not_found');
      return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(baseUrl, id)));
    },
  );
};
