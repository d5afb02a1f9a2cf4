// Desk routes of fronts: whoever reads stories may look at them, editors fill them. Rules live in workflow.ts and checking.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Db } from '../../db/client.ts';
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
import { listDeskFronts } from './desk-queries.ts';
import * as examples from './examples.ts';
import {
  ChangeParams,
  type DeskFront,
  DeskFrontAnswer,
  DeskFrontListAnswer,
  FrontChangeInput,
  FrontInput,
  FrontParams,
  FrontPatch,
  type FrontWarning,
} from './schemas.ts';
import { listWarnings } from './warnings.ts';
import { cancelChange, changeFront, createFront, getDeskFront, removeFront, scheduleChange } from './workflow.ts';

export const deskFrontRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const [read, change] = [{ access: 'articles:read' }, { access: 'fronts:write' }] as const;
  const tags = ['Fronts'];
  const self = `${baseUrl}/v1/desk/fronts`;
  const addressOf = ({ slug }: DeskFront) => `${self}/${slug}`;
  const wrap = (front: DeskFront, warnings: FrontWarning[]) => ({
    data: front,
    meta: { warnings },
    links: { self: addressOf(front) },
  });
  const warned = async (tx: Db, front: DeskFront) => wrap(front, await listWarnings(tx, front));
  const example = wrap(examples.deskFront, []);

  app.get(
    '/fronts',
    {
      config: read,
      schema: {
        operationId: 'listDeskFronts',
        tags,
        summary: 'List fronts with their slots as editors fill them',
        description: 'In order of position, those that are not public as well. There are 100 at most.',
        security: keyed,
        response: {
          200: answer(DeskFrontListAnswer, { data: [examples.deskFront], meta: {}, links: { self } }),
          ...problems(400, 403),
        },
      },
    },
    async () => ({ data: await listDeskFronts(db), meta: {}, links: { self } }),
  );

  app.post(
    '/fronts',
    {
      config: change,
      schema: {
        operationId: 'createFront',
        tags,
        summary: 'Make a front',
        description:
          'With its slots, or without any at first; `public: false` keeps it on the desk while it is being built. A story may be pinned before it is published: it stands there once it is, and `meta.warnings` says so until then.',
        body: body(FrontInput, examples.frontInput),
        security: keyed,
        response: {
          201: answer(DeskFrontAnswer, example, { description: 'It is made', headers: located }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const made = await db.transaction(async (tx) =>
        warned(tx, await createFront(tx, actorOf(request), request.body)),
      );
      return reply
        .code(201)
        .header('location', addressOf(made.data))
        .header('etag', `"${made.data.version}"`)
        .send(made);
    },
  );

  app.get(
    '/fronts/:slug',
    {
      config: read,
      schema: {
        operationId: 'getDeskFront',
        tags,
        summary: 'Read a front as editors fill it',
        description:
          'As it is now; `changes` are still to come. The ETag holds the version for If-Match, which grows also when a change takes effect.',
        params: FrontParams,
        security: keyed,
        response: { 200: answer(DeskFrontAnswer, example, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const front = await getDeskFront(db, request.params.slug);
      return reply.header('etag', `"${front.version}"`).send(await warned(db, front));
    },
  );

  app.patch(
    '/fronts/:slug',
    {
      config: change,
      schema: {
        operationId: 'changeFront',
        tags,
        summary: 'Change a front now',
        description:
          'JSON Merge Patch (RFC 7396): texts are merged by language, `slots` are replaced as a whole and in the order given. Of a 412, `changedFields` names the slots that differ. Changes that are set for later stay.',
        params: FrontParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(FrontPatch, examples.frontPatch),
        security: keyed,
        response: { 200: answer(DeskFrontAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const changed = await db.transaction(async (tx) =>
        warned(tx, await changeFront(tx, actorOf(request), request.params.slug, expected, request.body)),
      );
      return reply.header('etag', `"${changed.data.version}"`).send(changed);
    },
  );

  app.delete(
    '/fronts/:slug',
    {
      config: change,
      schema: {
        operationId: 'deleteFront',
        tags,
        summary: 'Delete a front',
        description: 'With all that is set to change on it. Its stories are left alone.',
        params: FrontParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeFront(tx, actorOf(request), request.params.slug, expected));
      return reply.code(204).send();
    },
  );

  app.post(
    '/fronts/:slug/changes',
    {
      config: change,
      schema: {
        operationId: 'scheduleFrontChange',
        tags,
        summary: 'Set a change of a front for a time',
        description:
          'One slot anew, or the title, description or slots of the front. It takes effect at that instant by the clock of the database, on every node, with no job in between; until then it stands in `changes`, and no reader sees anything of it.',
        params: FrontParams,
        headers: IfMatch,
        body: body(FrontChangeInput, examples.changeInput),
        security: keyed,
        response: {
          201: answer(DeskFrontAnswer, example, { description: 'It is set', headers: versioned }),
          ...changeProblems(),
        },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const changed = await db.transaction(async (tx) =>
        warned(tx, await scheduleChange(tx, actorOf(request), request.params.slug, expected, request.body)),
      );
      return reply.code(201).header('etag', `"${changed.data.version}"`).send(changed);
    },
  );

  app.delete(
    '/fronts/:slug/changes/:id',
    {
      config: change,
      schema: {
        operationId: 'cancelFrontChange',
        tags,
        summary: 'Cancel a change of a front',
        description: 'One that has taken effect is a 404: change the front instead.',
        params: ChangeParams,
        headers: IfMatch,
        security: keyed,
        response: {
          200: answer(DeskFrontAnswer, example, { description: 'It is cancelled', headers: versioned }),
          ...problems(400, 403, 404, 412, 428),
        },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { slug, id } = request.params;
      const changed = await db.transaction(async (tx) =>
        warned(tx, await cancelChange(tx, actorOf(request), slug, id.toLowerCase(), expected)),
      );
      return reply.header('etag', `"${changed.data.version}"`).send(changed);
    },
  );
};
