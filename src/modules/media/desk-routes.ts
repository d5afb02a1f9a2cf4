// Desk routes of pictures: listed, made, read, changed, deleted. Rules live in workflow.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
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
import * as examples from './examples.ts';
import { listMedia } from './queries.ts';
import {
  type DeskMedia,
  DeskMediaAnswer,
  DeskMediaListAnswer,
  MediaInput,
  MediaListQuery,
  MediaParams,
  MediaPatch,
} from './schemas.ts';
import { changeMedia, createMedia, getMedia, removeMedia } from './workflow.ts';

export const deskMediaRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const read = { access: 'articles:read' } as const;
  const write = { access: 'media:write' } as const;
  const tags = ['Desk'];
  const self = `${baseUrl}/v1/desk/media`;
  const addressOf = ({ id }: DeskMedia) => `${self}/${id}`;
  const wrap = (data: DeskMedia) => ({ data, meta: {}, links: { self: addressOf(data) } });
  const one = answer(DeskMediaAnswer, wrap(examples.desk), { headers: versioned });

  app.get(
    '/media',
    {
      config: read,
      schema: {
        operationId: 'listDeskMedia',
        tags,
        summary: 'List pictures',
        description: 'Newest first, those that no story shows among them.',
        querystring: MediaListQuery,
        security: keyed,
        response: {
          200: answer(DeskMediaListAnswer, {
            data: [examples.desk],
            meta: {},
            links: { self, next: null, prev: null },
          }),
          ...problems(400, 403),
        },
      },
    },
    async ({ query: { type = null, limit = 20, cursor }, url }) => {
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, JSON.stringify(['desk media', type && [...type].sort()]), cursor);
      const found = await listMedia(db, {
        types: type,
        after: walk.after?.[1] ?? null,
        backward: walk.backward,
        limit,
      });
      const { page, turned } = turnPage(found, walk, limit, ({ id }) => ['', id]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + url, walk, turned) };
    },
  );

  app.post(
    '/media',
    {
      config: write,
      schema: {
        operationId: 'createMedia',
        tags,
        summary: 'Record a picture',
        description:
          'What stands at the address is neither fetched nor copied; who records it tells its size and type. Readers see it once a published story shows it.',
        body: body(MediaInput, examples.input),
        security: keyed,
        response: {
          201: answer(DeskMediaAnswer, wrap(examples.desk), {
            description: 'It is recorded',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const made = await db.transaction((tx) => createMedia(tx, actorOf(request), request.body));
      return reply.code(201).header('location', addressOf(made)).header('etag', `"${made.version}"`).send(wrap(made));
    },
  );

  app.get(
    '/media/:id',
    {
      config: read,
      schema: {
        operationId: 'getDeskMedia',
        tags,
        summary: 'Read a picture in all languages',
        description: 'Whether a story shows it or not; the ETag holds the version for If-Match.',
        params: MediaParams,
        security: keyed,
        response: { 200: one, ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const found = await getMedia(db, request.params.id);
      return reply.header('etag', `"${found.version}"`).send(wrap(found));
    },
  );

  app.patch(
    '/media/:id',
    {
      config: write,
      schema: {
        operationId: 'changeMedia',
        tags,
        summary: 'Change what is recorded of a picture',
        description:
          'JSON Merge Patch (RFC 7396); a language that is null is removed. Stories that show it follow within seconds, tens of thousands within minutes. Who is limited in where they write may change only what they recorded themselves and no story beyond these limits shows.',
        params: MediaParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(MediaPatch, examples.patch),
        security: keyed,
        response: { 200: one, ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { id } = request.params;
      const changed = await db.transaction((tx) => changeMedia(tx, actorOf(request), id, expected, request.body));
      return reply.header('etag', `"${changed.version}"`).send(wrap(changed));
    },
  );

  app.delete(
    '/media/:id',
    {
      config: write,
      schema: {
        operationId: 'deleteMedia',
        tags,
        summary: 'Delete a picture that no story shows',
        description:
          'Refused as long as stories show it, in public, on the desk or in the trash; the answer says how many. Who is limited in where they write deletes only what they recorded themselves.',
        params: MediaParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeMedia(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );
};
