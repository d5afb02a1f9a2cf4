// Routes of locks: open a text, keep it open, take it over, close it, and see who has it open. They change no draft.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, problems, writeProblems } from '../../responses.ts';
import { answerOf, draftUrl } from '../desk/answers.ts';
import { getDraft } from '../desk/queries.ts';
import { localeOf } from '../desk/references.ts';
import { DraftParams } from '../desk/schemas.ts';
import { findLock } from './queries.ts';
import { type Lock, LockAnswer, LockInput, OpenLockAnswer } from './schemas.ts';
import { closeDraft, openDraft } from './workflow.ts';

const lock: Lock = {
  articleId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10',
  locale: 'en',
  holder: { id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
  acquiredAt: '2026-05-26T11:40:00.000Z',
  expiresAt: '2026-05-26T11:47:00.000Z',
};
const example = {
  data: lock,
  meta: {},
  links: { self: `http://localhost:3000/v1/desk/articles/${lock.articleId}/locales/en/lock` },
};

export const lockRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Locks'];
  const path = '/articles/:id/locales/:locale/lock';

  app.put(
    path,
    {
      config: { access: 'articles:write' },
      schema: {
        operationId: 'openDraft',
        tags,
        summary: 'Open a text, or keep it open',
        description:
          'Sent again before it runs out, it is renewed; a third of the lease is a good beat. What somebody else has open is a 409 that names them, unless it is taken over, which the audit log keeps. Nobody is kept from writing: that is what versions are for.',
        params: DraftParams,
        body: body(LockInput, { leaseSeconds: 60 }),
        security: keyed,
        response: { 200: answer(LockAnswer, example), ...writeProblems(404, 409) },
      },
    },
    async (request) => {
      const of = { articleId: request.params.id, locale: await localeOf(db, request.params.locale) };
      const { leaseSeconds = 60, takeover = false } = request.body;
      const data = await db.transaction((tx) => openDraft(tx, actorOf(request), of, { leaseSeconds, takeover }));
      return answerOf(data, `${draftUrl(baseUrl, data)}/lock`);
    },
  );

  app.get(
    path,
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'getLock',
        tags,
        summary: 'See who has a text open',
        description: 'Null where nobody has.',
        params: DraftParams,
        security: keyed,
        response: { 200: answer(OpenLockAnswer, example), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const draft = await getDraft(db, request.params.id, await localeOf(db, request.params.locale));
      return answerOf(await findLock(db, draft), `${draftUrl(baseUrl, draft)}/lock`);
    },
  );

  app.delete(
    path,
    {
      config: { access: 'articles:write' },
      schema: {
        operationId: 'closeDraft',
        tags,
        summary: 'Close a text that one has open',
        description: 'Whether it was open or not; what somebody else has open stays so.',
        params: DraftParams,
        security: keyed,
        response: { 204: empty('You do not have it open'), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const of = { articleId: request.params.id, locale: await localeOf(db, request.params.locale) };
      await db.transaction((tx) => closeDraft(tx, actorOf(request), of));
      return reply.code(204).send();
    },
  );
};
