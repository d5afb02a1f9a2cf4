// Desk routes of review and archive, and what may be done with a draft now; each move is based on a version of the text.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, body, changeProblems, keyed, problems, versioned } from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { answerOf, draftUrl, sendDraft } from './answers.ts';
import { listTransitions } from './asking.ts';
import * as examples from './examples.ts';
import { MOVES, type Move, moveDraft } from './moving.ts';
import { getDraft } from './queries.ts';
import { localeOf } from './references.ts';
import { DraftAnswer, DraftParams } from './schemas.ts';
import { TRANSITIONS } from './states.ts';
import { MoveInput, TransitionsAnswer } from './transition-schemas.ts';

const TOLD: Record<Move, [summary: string, description: string]> = {
  submit: ['Submit a draft for review', 'What is submitted is this very version; editing goes on.'],
  approve: ['Approve a draft', 'An edit after that brings it back into review.'],
  reject: ['Reject what was submitted or approved', 'It is a draft again, or public with changes. Say why in `note`.'],
  archive: ['Put a draft away', 'Nothing of it can be edited or published until it is reopened; its slug stays taken.'],
  reopen: [
    'Make a draft of what was archived or withdrawn',
    'Readers see no difference: a notice of withdrawal stays.',
  ],
};

export const reviewRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;

  for (const move of MOVES) {
    const [summary, description] = TOLD[move];
    app.post(
      `/articles/:id/locales/:locale/${move}`,
      {
        config: { access: TRANSITIONS[move].scope },
        schema: {
          operationId: `${move}Draft`,
          tags: ['Desk'],
          summary,
          description,
          params: DraftParams,
          headers: IfMatch,
          body: body(MoveInput, examples.moveInput),
          security: keyed,
          response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
        },
      },
      async (request, reply) => {
        const articleId = request.params.id;
        const locale = await localeOf(db, request.params.locale);
        const of = { articleId, locale, expected: parseIfMatch(request) };
        const draft = await db.transaction(async (tx) => {
          await moveDraft(tx, actorOf(request), of, move, request.body.note);
          return getDraft(tx, articleId, locale);
        });
        return sendDraft(reply, baseUrl, draft);
      },
    );
  }

  app.get(
    '/articles/:id/locales/:locale/transitions',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'listTransitions',
        tags: ['Desk'],
        summary: 'Ask what may be done with a draft now',
        description:
          'For whoever asks: each action, the state it would lead to, and what stands against it, if anything: a scope that is missing, the state of the draft, a custom field that is not filled in, or a limit of the person or key.',
        params: DraftParams,
        security: keyed,
        response: {
          200: answer(TransitionsAnswer, examples.transitions, { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const draft = await getDraft(db, request.params.id, await localeOf(db, request.params.locale));
      const data = await listTransitions(db, actorOf(request), draft);
      return reply.header('etag', `"${draft.version}"`).send(answerOf(data, `${draftUrl(baseUrl, draft)}/transitions`));
    },
  );
};
