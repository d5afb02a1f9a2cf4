// Routes of people: list, make, read, change. Nobody is deleted; what concerns only whoever asks is in sessions/me-routes.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  keyed,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch, PageQuery } from '../../schemas.ts';
import { userOf } from './answers.ts';
import * as examples from './examples.ts';
import { hashPassword } from './passwords.ts';
import { getUser, listUsers, type UserRow } from './queries.ts';
import { UserAnswer, UserInput, UserListAnswer, UserParams, UserPatch } from './schemas.ts';
import { changeUser, createUser } from './workflow.ts';

export const userRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'users:manage' } as const;
  const tags = ['People'];
  const self = `${baseUrl}/v1/desk/users`;
  const addressOf = (id: string) => `${self}/${id}`;
  const wrap = (user: UserRow) => ({ data: userOf(user), meta: {}, links: { self: addressOf(user.id) } });
  const example = { data: examples.user, meta: {}, links: { self: addressOf(examples.user.id) } };

  app.get(
    '/users',
    {
      config,
      schema: {
        operationId: 'listUsers',
        tags,
        summary: 'List people, disabled ones included',
        description: 'In the order in which they were made.',
        querystring: PageQuery,
        security: keyed,
        response: {
          200: answer(UserListAnswer, { data: [examples.user], meta: {}, links: { self, next: null, prev: null } }),
          ...problems(400, 403),
        },
      },
    },
    async (request) => {
      const { limit = 20, cursor } = request.query;
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, 'users', cursor);
      const rows = await listUsers(db, { ...walk, limit, after: timeAndId(walk) });
      const { page, turned } = turnPage(rows, walk, limit, (row) => [row.createdAt.getTime(), row.id]);
      return { data: page.map(userOf), meta: {}, links: linksOf(cursors, baseUrl + request.url, walk, turned) };
    },
  );

  app.post(
    '/users',
    {
      config,
      schema: {
        operationId: 'createUser',
        tags,
        summary: 'Add a person',
        description: 'With a role and limits within your own rights. Without a password they sign in at the provider.',
        security: keyed,
        body: body(UserInput, examples.userInput),
        response: {
          201: answer(UserAnswer, example, {
            description: 'They are added',
            headers: { ...versioned, Location: { type: 'string', description: 'Where they stand now' } },
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const { password } = request.body;
      const hash = password ? await hashPassword(password) : null;
      const user = await db.transaction((tx) => createUser(tx, actorOf(request), request.body, hash));
      return reply
        .code(201)
        .header('location', addressOf(user.id))
        .header('etag', `"${user.version}"`)
        .send(wrap(user));
    },
  );

  app.get(
    '/users/:id',
    {
      config,
      schema: {
        operationId: 'getUser',
        tags,
        summary: 'Read a person',
        description: 'The ETag holds the version for If-Match.',
        params: UserParams,
        security: keyed,
        response: { 200: answer(UserAnswer, example, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const user = await getUser(db, request.params.id);
      return reply.header('etag', `"${user.version}"`).send(wrap(user));
    },
  );

  app.patch(
    '/users/:id',
    {
      config,
      schema: {
        operationId: 'changeUser',
        tags,
        summary: 'Change a person, disable them, or set their password',
        description:
          'Counts from their next request on, on every node; with the right to make previews, or the account, the previews that they made are revoked, and with limits those that lie beyond them. Only for those who hold all that the person holds, before and after; nobody changes their own rights, and the last administrator stays.',
        params: UserParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        security: keyed,
        body: body(UserPatch, examples.userPatch),
        response: { 200: answer(UserAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { password } = request.body;
      const hash = password ? await hashPassword(password) : null;
      const { id } = request.params;
      const user = await db.transaction((tx) => changeUser(tx, actorOf(request), { id, expected }, request.body, hash));
      return reply.header('etag', `"${user.version}"`).send(wrap(user));
    },
  );
};
