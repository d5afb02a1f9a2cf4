// Desk routes that change what readers see: publish, unpublish, withdraw, each for one language and based on a version.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { scopeNeeded } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, body, changeProblems, keyed, versioned } from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { sendDraft } from './answers.ts';
import * as examples from './examples.ts';
import { publish, type Removal, unpublish } from './publishing.ts';
import { getDraft } from './queries.ts';
import { localeOf } from './references.ts';
import { DraftAnswer, DraftParams } from './schemas.ts';
import { PublishInput, WithdrawInput } from './transition-schemas.ts';
import { withdrawalOf } from './withdrawing.ts';

export const transitionRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;

  app.post(
    '/articles/:id/locales/:locale/publish',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'publishDraft',
        tags: ['Desk'],
        summary: 'Publish a draft, or its changes',
        description: 'Readers see exactly this version from the answer on. `publishedAt` is kept on later edits.',
        params: DraftParams,
        headers: IfMatch,
        body: body(PublishInput, examples.publishInput),
        security: keyed,
        response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { publishedAt, updateType = 'major' } = request.body;
      if (publishedAt && !actor.scopes.has('articles:backdate')) throw scopeNeeded('articles:backdate');
      const item = {
        articleId: request.params.id,
        locale: await localeOf(db, request.params.locale),
        expected: parseIfMatch(request),
        updateType,
      };
      const draft = await db.transaction(async (tx) => {
        await publish(tx, actor, [{ ...item, ...(publishedAt && { publishedAt: new Date(publishedAt) }) }]);
        return getDraft(tx, item.articleId, item.locale);
      });
      return sendDraft(reply, baseUrl, draft);
    },
  );

  const takeBack = async (
    request: Parameters<typeof parseIfMatch>[0] &
      Parameters<typeof actorOf>[0] & { params: { id: string; locale: string } },
    removal: Removal,
  ) => {
    const articleId = request.params.id;
    const locale = await localeOf(db, request.params.locale);
    const expected = parseIfMatch(request);
    return db.transaction(async (tx) => {
      await unpublish(tx, actorOf(request), { articleId, locale, expected, removal });
      return getDraft(tx, articleId, locale);
    });
  };

  app.post(
    '/articles/:id/locales/:locale/unpublish',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'unpublishDraft',
        tags: ['Desk'],
        summary: 'Take a story out of public in one language',
        description: 'As if it had never been public: 404. Use withdraw to say publicly that it is gone.',
        params: DraftParams,
        headers: IfMatch,
        security: keyed,
        response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      return sendDraft(reply, baseUrl, await takeBack(request, { status: 'draft' }));
    },
  );

  app.post(
    '/articles/:id/locales/:locale/withdraw',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'withdrawDraft',
        tags: ['Desk'],
        summary: 'Withdraw a story in one language',
        description:
          'Answered from then on by 410, with the public notice if there is one, or by 301 to the story that stands for it now.',
        params: DraftParams,
        headers: IfMatch,
        body: body(WithdrawInput, examples.withdrawInput),
        security: keyed,
        response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      return sendDraft(reply, baseUrl, await takeBack(request, withdrawalOf(request.body)));
    },
  );
};
