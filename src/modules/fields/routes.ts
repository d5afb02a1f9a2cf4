// Desk routes of custom fields: whoever reads stories may know them, administrators define them. Rules live in workflow.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
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
import { listFields } from './queries.ts';
import { type Field, FieldAnswer, FieldInput, FieldListAnswer, FieldParams, FieldPatch } from './schemas.ts';
import { changeField, createField, getField, removeField } from './workflow.ts';

export const fieldRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const [read, change] = [{ access: 'articles:read' }, { access: 'fields:write' }] as const;
  const tags = ['Fields'];
  const self = `${baseUrl}/v1/desk/fields`;
  const addressOf = ({ key }: Field) => `${self}/${key}`;
  const wrap = (field: Field) => ({ data: field, meta: {}, links: { self: addressOf(field) } });

  app.get(
    '/fields',
    {
      config: read,
      schema: {
        operationId: 'listFields',
        tags,
        summary: 'List custom fields',
        description: 'All of them, in order of position and key, internal ones included. There are 100 at most.',
        security: keyed,
        response: {
          200: answer(FieldListAnswer, { data: [examples.field], meta: {}, links: { self } }),
          ...problems(400, 403),
        },
      },
    },
    async () => ({ data: await listFields(db), meta: {}, links: { self } }),
  );

  app.post(
    '/fields',
    {
      config: change,
      schema: {
        operationId: 'createField',
        tags,
        summary: 'Define a custom field',
        description:
          'Stories can hold values of it from then on, under `extra`. The key is for good. What is public already stays public without a value, even where one is required: it needs one when it is published next.',
        security: keyed,
        body: body(FieldInput, examples.fieldInput),
        response: {
          201: answer(FieldAnswer, wrap(examples.field), {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const field = await db.transaction((tx) => createField(tx, actorOf(request), request.body));
      return reply
        .code(201)
        .header('location', addressOf(field))
        .header('etag', `"${field.version}"`)
        .send(wrap(field));
    },
  );

  app.get(
    '/fields/:key',
    {
      config: read,
      schema: {
        operationId: 'getField',
        tags,
        summary: 'Read a custom field',
        description: 'The ETag holds the version for If-Match.',
        params: FieldParams,
        security: keyed,
        response: {
          200: answer(FieldAnswer, wrap(examples.field), { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const field = await getField(db, request.params.key);
      return reply.header('etag', `"${field.version}"`).send(wrap(field));
    },
  );

  app.patch(
    '/fields/:key',
    {
      config: change,
      schema: {
        operationId: 'changeField',
        tags,
        summary: 'Change a custom field',
        description:
          'JSON Merge Patch (RFC 7396), checked against what stories hold: drafts, public ones and those in the trash. `type` and `localised` cannot change while any story holds a value, `choices` cannot lose one that is chosen, `kinds` none whose stories hold values; each is a 409 with the code in_use. `required` is a 409 with the code conflict while stories that are public or scheduled lack a value. Both tell how many stories, and twenty of them, in `stories`. A field that becomes internal is gone for readers with the answer; one that becomes public is shown with each story when that is published next.',
        security: keyed,
        params: FieldParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(FieldPatch, examples.fieldPatch),
        response: { 200: answer(FieldAnswer, wrap(examples.field), { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const field = await db.transaction((tx) =>
        changeField(tx, actorOf(request), request.params.key, expected, request.body),
      );
      return reply.header('etag', `"${field.version}"`).send(wrap(field));
    },
  );

  app.delete(
    '/fields/:key',
    {
      config: change,
      schema: {
        operationId: 'deleteField',
        tags,
        summary: 'Delete a custom field that no story holds a value of',
        description:
          'Drafts, public stories and those in the trash are looked at; a 409 tells how many stand against it, and twenty of them, in `stories`.',
        params: FieldParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeField(tx, actorOf(request), request.params.key, expected));
      return reply.code(204).send();
    },
  );
};
