// Routes for whoever asks: who they are, and another password. They tell of nobody else.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { answer, body, empty, keyed, problems, writeProblems } from '../../responses.ts';
import { meOf } from '../people/answers.ts';
import * as examples from '../people/examples.ts';
import { hashPassword } from '../people/passwords.ts';
import { MeAnswer, PasswordChange } from '../people/schemas.ts';
import { changeOwnPassword } from '../people/workflow.ts';
import { confirmPassword } from './signing-in.ts';

export const meRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'signed-in' } as const;
  const tags = ['People'];
  const links = { self: `${baseUrl}/v1/desk/me` };

  app.get(
    '/me',
    {
      config,
      schema: {
        operationId: 'getMe',
        tags,
        summary: 'Read who you are and what you may do',
        description: 'For a person and for a key; any valid one will do.',
        security: keyed,
        response: { 200: answer(MeAnswer, { data: examples.me, meta: {}, links }), ...problems() },
      },
    },
    async (request) => ({ data: await meOf(db, actorOf(request)), meta: {}, links }),
  );

  app.post(
    '/me/password',
    {
      config,
      schema: {
        operationId: 'changeOwnPassword',
        tags,
        summary: 'Change your own password',
        description:
          'Ends all your other sessions. Whoever does not know the current one is limited as in signing in, with this account.',
        security: keyed,
        body: body(PasswordChange, examples.passwordChange),
        response: { 204: empty('It is changed'), ...writeProblems(409, 429) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { userId } = actor;
      if (userId === null) throw new Problem('forbidden', { detail: 'A key has no password.' });
      const current = await confirmPassword(db, userId, request.body.current, request.ip);
      const next = await hashPassword(request.body.new);
      await db.transaction((tx) => changeOwnPassword(tx, { ...actor, userId }, current, next));
      return reply.code(204).send();
    },
  );
};
