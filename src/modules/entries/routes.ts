// Desk routes of entries: written as drafts or published at once, changed, taken back, deleted. The text of the story is not touched.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../errors.ts';
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
import { convertAhead } from '../body/reading.ts';
import type { BodyInput } from '../body/schemas.ts';
import { answerOf } from '../desk/answers.ts';
import { readDraftBody } from '../desk/bodies.ts';
import { localeOf } from '../desk/references.ts';
import { DraftParams } from '../desk/schemas.ts';
import { answerList, deskEntryOf } from './answers.ts';
import * as examples from './examples.ts';
import { type EntryRow, findEntry } from './queries.ts';
import {
  DeskEntryAnswer,
  DeskEntryListAnswer,
  DeskEntryListQuery,
  EntryInput,
  EntryParams,
  EntryPatch,
} from './schemas.ts';
import { changeEntry, createEntry, removeEntry } from './workflow.ts';

export const entryRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const ahead = ({ body }: FastifyRequest) => convertAhead([(body as { body?: BodyInput }).body]);
  const tags = ['Live'];
  const write = { access: 'articles:write' } as const;
  const read = { access: 'articles:read' } as const;
  const address = ({ id }: Pick<EntryRow, 'id'>) => `${baseUrl}/v1/desk/entries/${id}`;
  const wrap = (row: EntryRow, warnings?: Awaited<ReturnType<typeof readDraftBody>>['warnings']) =>
    answerOf(deskEntryOf(row), address(row), warnings);
  const example = answerOf(examples.deskEntry, address(examples.deskEntry));
  const one = answer(DeskEntryAnswer, example, { headers: versioned });

  app.get(
    '/articles/:id/locales/:locale/entries',
    {
      config: read,
      schema: {
        operationId: 'listDeskEntries',
        tags,
        summary: 'List the entries of a live story, drafts included',
        description: 'Newest first by the time that they stand at.',
        params: DraftParams,
        querystring: DeskEntryListQuery,
        security: keyed,
        response: {
          200: answer(DeskEntryListAnswer, {
            data: [examples.deskEntry],
            meta: {},
            links: { ...example.links, next: null, prev: null },
          }),
          ...problems(400, 403, 404),
        },
      },
    },
    (request) => answerList(app, request.params, request.query, baseUrl + request.url),
  );

  app.post(
    '/articles/:id/locales/:locale/entries',
    {
      config: { ...write, ahead },
      schema: {
        operationId: 'createEntry',
        tags,
        summary: 'Write an entry of a live story',
        description:
          'As a draft, or published at once, for which the scope articles:publish is needed. A published one is public as long as its story is.',
        params: DraftParams,
        body: body(EntryInput, examples.entryInput),
        security: keyed,
        response: { 201: answer(DeskEntryAnswer, example, { headers: located }), ...writeProblems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const locale = await localeOf(db, request.params.locale);
      const { body: given, at, ...rest } = request.body;
      const { body: text, warnings } = await readDraftBody(given, '/body');
      const content = {
        ...{ status: 'draft' as const, title: null, author: null, isPinned: false, isKey: false },
        ...rest,
        body: text,
        at: at === undefined ? undefined : new Date(at),
      };
      const row = await db.transaction((tx) => createEntry(tx, actorOf(request), { articleId: id, locale }, content));
      reply.code(201).header('location', address(row)).header('etag', `"${row.version}"`);
      return reply.send(wrap(row, warnings));
    },
  );

  app.get(
    '/entries/:id',
    {
      config: read,
      schema: {
        operationId: 'getDeskEntry',
        tags,
        summary: 'Read an entry with its version',
        description: 'As a draft or published; the ETag holds the version for If-Match.',
        params: EntryParams,
        security: keyed,
        response: { 200: one, ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const row = await findEntry(db, request.params.id);
      if (!row) throw new Problem('not_found');
      return reply.header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.patch(
    '/entries/:id',
    {
      config: { ...write, ahead },
      schema: {
        operationId: 'changeEntry',
        tags,
        summary: 'Change, publish or take back an entry',
        description:
          'JSON Merge Patch (RFC 7396). What is published needs the scope articles:publish, before the change or after it; readers see it with the answer.',
        params: EntryParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(EntryPatch, examples.entryPatch),
        security: keyed,
        response: { 200: one, ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { body: given, at, ...rest } = request.body;
      const read = given ? await readDraftBody(given, '/body') : undefined;
      const change = { ...rest, ...(read && { body: read.body }), ...(at !== undefined && { at: new Date(at) }) };
      const row = await db.transaction((tx) => changeEntry(tx, actorOf(request), request.params.id, expected, change));
      return reply.header('etag', `"${row.version}"`).send(wrap(row, read?.warnings));
    },
  );

  app.delete(
    '/entries/:id',
    {
      config: write,
      schema: {
        operationId: 'deleteEntry',
        tags,
        summary: 'Delete an entry',
        description: 'A published one needs the scope articles:publish. Readers who have it are told that it is gone.',
        params: EntryParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeEntry(tx, actorOf(request), request.params.id, expected));
      return reply.code(204).send();
    },
  );
};
