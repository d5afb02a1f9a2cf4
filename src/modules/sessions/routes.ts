// Routes of sessions: sign in, refresh, list, sign out. Tokens are told once, by the answer that makes them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { outside } from '../../db/client.ts';
import { invalid, Problem, scopeNeeded } from '../../errors.ts';
import { actorOf, CHALLENGE } from '../../plugins/access.ts';
import { answer, body, empty, keyed, open, problem, problems } from '../../responses.ts';
import { isRefreshToken } from '../access/secret.ts';
import { userOf } from '../people/answers.ts';
import { user } from '../people/examples.ts';
import { meRoutes } from './me-routes.ts';
import type { ProviderConfig } from './provider.ts';
import { listSessionsOf } from './queries.ts';
import {
  RefreshInput,
  type Session,
  SessionListAnswer,
  SessionListQuery,
  SessionParams,
  type SignIn,
  SignInAnswer,
  SignInInput,
} from './schemas.ts';
import { signInByPassword, signInByProvider } from './signing-in.ts';
import { refreshSession, revokeSession, type SignedIn } from './workflow.ts';

interface Options {
  baseUrl: string;
  /** Without it nobody signs in by ID token. */
  oidc?: ProviderConfig | undefined;
}
const example: SignIn = {
  sessionId: '01931f5e-8c00-7a10-8000-000000000008',
  accessToken: `ds_${'0'.repeat(56)}`,
  refreshToken: `dr_${'0'.repeat(104)}`,
  expiresAt: '2026-09-14T08:13:00.000Z',
  refreshExpiresAt: '2026-10-14T07:58:00.000Z',
  user,
};
const listed: Session = {
  id: example.sessionId,
  userId: user.id,
  createdAt: '2026-09-14T07:58:00.000Z',
  expiresAt: example.refreshExpiresAt,
  isCurrent: true,
};
const signedIn = ({ tokens: { accessExpiresAt, refreshExpiresAt, ...tokens }, user }: SignedIn): SignIn => ({
  ...tokens,
  expiresAt: accessExpiresAt.toISOString(),
  refreshExpiresAt: refreshExpiresAt.toISOString(),
  user: userOf(user),
});

export const sessionRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl, oidc }) => {
  const db = app.db.desk;
  // It loads jose, which most newsrooms do without.
  const provider = oidc && (await import('./provider.ts')).createProvider(oidc);
  const tags = ['Sessions'];
  const links = { self: `${baseUrl}/v1/desk/sessions` };
  const wrap = <T>(data: T) => ({ data, meta: {}, links });
  const signInFailed = {
    401: problem('It signs nobody in; or what stands in `Authorization` is wrong, expired or revoked'),
  };
  const signedInAnswer = { 201: answer(SignInAnswer, wrap(example), { description: 'You are signed in' }) };

  app.post(
    '/sessions',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'signIn',
        tags,
        summary: 'Sign in',
        description:
          "By e-mail and password, or by an ID token of the newsroom's OpenID provider, whose verified e-mail has to be that of a person here. Whatever is wrong, the answer is the same. Ten failures for an account, or fifty from a network, and nobody signs in there for the rest of 15 minutes: 429 with `Retry-After`.",
        security: open,
        body: body(SignInInput, { email: user.email, password: 'twelve boats at noon' }),
        response: { ...signedInAnswer, ...problems(400, 409, 429), ...signInFailed },
      },
    },
    async (request, reply) => {
      const { body: given, ip } = request;
      if (!('idToken' in given)) {
        return reply.code(201).send(wrap(signedIn(await signInByPassword(db, given, ip))));
      }
      if (!provider) throw invalid({ pointer: '/idToken' }, 'this newsroom has no OpenID provider', 'not_configured');
      return reply.code(201).send(wrap(signedIn(await signInByProvider(db, provider, given.idToken, ip))));
    },
  );

  app.post(
    '/sessions/refresh',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'refreshSession',
        tags,
        summary: 'Get the next tokens of a session',
        description:
          'Both tokens are replaced. A refresh token that is shown a second time ends the session: it was stolen, or its successor was. Sent without `Authorization`, whose token may have expired.',
        security: open,
        body: body(RefreshInput, { refreshToken: example.refreshToken }),
        response: { ...signedInAnswer, ...problems(400, 409), ...signInFailed },
      },
    },
    async (request, reply) => {
      const { refreshToken } = request.body;
      // The transaction is committed where the session ends, and the refusal comes after it, in a bulk as well.
      const refresh = () => db.transaction((tx) => refreshSession(tx, refreshToken));
      const next = isRefreshToken(refreshToken) && (await outside(refresh));
      if (!next) throw new Problem('sign_in_failed', { headers: CHALLENGE });
      return reply.code(201).send(wrap(signedIn(next)));
    },
  );

  app.get(
    '/sessions',
    {
      config: { access: 'signed-in' },
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'List sessions that have not ended',
        description:
          'Your own, or with the scope users:manage those of anybody; newest first, 50 at most. A key has none.',
        querystring: SessionListQuery,
        security: keyed,
        response: { 200: answer(SessionListAnswer, wrap([listed])), ...problems(400, 403) },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const wanted = request.query.user?.toLowerCase() ?? actor.userId;
      if (wanted !== actor.userId && !actor.scopes.has('users:manage')) throw scopeNeeded('users:manage');
      const rows = wanted === null ? [] : await listSessionsOf(db, wanted);
      const sessions = rows.map(({ id, userId, createdAt, expiresAt }) => ({
        ...{ id, userId, isCurrent: id === actor.sessionId },
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      }));
      return { data: sessions, meta: {}, links: { self: baseUrl + request.url } };
    },
  );

  app.delete(
    '/sessions/current',
    {
      config: { access: 'signed-in' },
      schema: {
        operationId: 'signOut',
        tags,
        summary: 'Sign out',
        description: 'Both tokens of this session are refused from now on, by every node. A key has no session.',
        security: keyed,
        response: { 204: empty('You are signed out'), ...problems(404) },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { sessionId } = actor;
      if (!sessionId) throw new Problem('not_found');
      await db.transaction((tx) => revokeSession(tx, actor, sessionId));
      return reply.code(204).send();
    },
  );

  app.delete(
    '/sessions/:id',
    {
      config: { access: 'signed-in' },
      schema: {
        operationId: 'endSession',
        tags,
        summary: 'End a session',
        description: 'One of your own, or with the scope users:manage one of somebody who holds no more than you.',
        params: SessionParams,
        security: keyed,
        response: { 204: empty('It has ended'), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      await db.transaction((tx) => revokeSession(tx, actorOf(request), request.params.id));
      return reply.code(204).send();
    },
  );

  await app.register(meRoutes, { baseUrl });
};
