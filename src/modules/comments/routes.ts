// Routes of comments: notes of the desk, their answers, and whether they are resolved. Nothing of them is public, nor in a preview.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  empty,
  keyed,
  located,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { answerOf } from '../desk/answers.ts';
import { ArticleIdParams } from '../desk/schemas.ts';
import * as examples from './examples.ts';
import { answerList } from './listing.ts';
import {
  type Comment,
  CommentAnswer,
  CommentInput,
  CommentListAnswer,
  CommentListQuery,
  CommentParams,
  CommentPatch,
} from './schemas.ts';
import { changeComment, createComment, getComment, removeComment, resolveComment } from './workflow.ts';

export const commentRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Comments'];
  const config = { access: 'comments:write' } as const;
  const reading = { access: 'articles:read' } as const;
  const addressOf = ({ id }: Comment) => `${baseUrl}/v1/desk/comments/${id}`;
  const send = (reply: FastifyReply, comment: Comment) =>
    reply.header('etag', `"${comment.version}"`).send(answerOf(comment, addressOf(comment)));
  const one = answer(CommentAnswer, examples.one, { headers: versioned });

  app.get(
    '/articles/:id/comments',
    {
      config: reading,
      schema: {
        operationId: 'listComments',
        tags,
        summary: 'List the comments on a story',
        description: 'Oldest first, answers among them. An answer is as resolved as what it answers.',
        params: ArticleIdParams,
        querystring: CommentListQuery,
        security: keyed,
        response: { 200: answer(CommentListAnswer, examples.list), ...problems(400, 403, 404) },
      },
    },
    ({ params, query, url }) => answerList(app, params.id, query, baseUrl + url),
  );

  app.post(
    '/articles/:id/comments',
    {
      config,
      schema: {
        operationId: 'createComment',
        tags,
        summary: 'Comment on a story, or answer a comment',
        description: 'On the story or on one language of it, if wanted on a place in it. Answers are not answered.',
        params: ArticleIdParams,
        body: body(CommentInput, examples.input),
        security: keyed,
        response: {
          201: answer(CommentAnswer, examples.one, {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(404),
        },
      },
    },
    async (request, reply) => {
      const comment = await db.transaction((tx) =>
        createComment(tx, actorOf(request), request.params.id, request.body),
      );
      return send(reply.code(201).header('location', addressOf(comment)), comment);
    },
  );

  app.get(
    '/comments/:id',
    {
      config: reading,
      schema: {
        operationId: 'getComment',
        tags,
        summary: 'Read a comment',
        description: 'The ETag is the version for If-Match.',
        params: CommentParams,
        security: keyed,
        response: { 200: one, ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => send(reply, await getComment(db, request.params.id)),
  );

  app.patch(
    '/comments/:id',
    {
      config,
      schema: {
        operationId: 'changeComment',
        tags,
        summary: 'Change the text of a comment',
        description: 'Only its author does.',
        params: CommentParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(CommentPatch, examples.patch),
        security: keyed,
        response: { 200: one, ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { id } = request.params;
      const comment = await db.transaction((tx) => changeComment(tx, actorOf(request), id, expected, request.body));
      return send(reply, comment);
    },
  );

  for (const [action, isResolved, summary] of [
    ['resolve', true, 'Resolve a comment and its answers'],
    ['reopen', false, 'Open a comment and its answers again'],
  ] as const) {
    app.post(
      `/comments/:id/${action}`,
      {
        config,
        schema: {
          operationId: `${action}Comment`,
          tags,
          summary,
          description: 'Whoever may comment here does; done already, it stays as it is.',
          params: CommentParams,
          security: keyed,
          response: { 200: one, ...problems(400, 403, 404, 409) },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const comment = await db.transaction((tx) => resolveComment(tx, actorOf(request), id, isResolved));
        return send(reply, comment);
      },
    );
  }

  app.delete(
    '/comments/:id',
    {
      config,
      schema: {
        operationId: 'deleteComment',
        tags,
        summary: 'Delete a comment and its answers',
        description:
          'Its author does as long as nobody else has answered it, an administrator always. With `If-Match`, only the version that it names.',
        params: CommentParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412) },
      },
    },
    async (request, reply) => {
      // It may be left out, but not be passed over (RFC 9110 section 13.1.1).
      const expected = request.headers['if-match'] === undefined ? null : parseIfMatch(request);
      await db.transaction((tx) => removeComment(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );
};
