// Desk routes of regions, tags and contributors: the same for each noun. Rules live in workflow.ts and merging.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { linksOf, turnPage } from '../../paging.ts';
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
import { IfMatch, PageQuery } from '../../schemas.ts';
import { listDeskTerms } from './desk-queries.ts';
import { mergeTerm } from './merging.ts';
import type { DeskTerm, Noun, TermInput, TermPatch } from './noun.ts';
import { positionOf } from './paging.ts';
import { MergeInput, TermParams } from './schemas.ts';
import { changeTerm, createTerm, getDeskTerm, removeTerm } from './workflow.ts';

interface Options {
  noun: Noun;
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}

export const deskTaxonomyRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { noun, baseUrl }) => {
  const { name, plural, title, schemas, examples } = noun;
  const db = app.db.desk;
  const config = { access: 'taxonomy:write' } as const;
  const tags = ['Desk'];
  const self = `${baseUrl}/v1/desk/${plural}`;
  const addressOf = (term: DeskTerm) => `${self}/${term.key}`;
  const wrap = (term: DeskTerm) => ({ data: term, meta: {}, links: { self: addressOf(term) } });
  const example = wrap(examples.desk);

  app.get(
    `/${plural}`,
    {
      config,
      schema: {
        operationId: `listDesk${title}s`,
        tags,
        summary: `List ${plural} in all languages`,
        description: 'In order of position, with the version of each for If-Match.',
        querystring: PageQuery,
        security: keyed,
        response: {
          200: answer(schemas.DeskListAnswer, {
            data: [examples.desk],
            meta: {},
            links: { self, next: null, prev: null },
          }),
          ...problems(400, 403),
        },
      },
    },
    async (request) => {
      const { limit = 20 } = request.query;
      const cursors = await app.cursors();
      const wanted = positionOf(cursors, `desk ${plural}`, request.query);
      const found = await listDeskTerms(db, noun, { ...wanted, limit });
      const { page, turned } = turnPage(found, wanted, limit, ({ position, key }) => [position, key]);
      return { data: page, meta: {}, links: linksOf(cursors, baseUrl + request.url, wanted, turned) };
    },
  );

  app.post(
    `/${plural}`,
    {
      config,
      schema: {
        operationId: `create${title}`,
        tags,
        summary: `Create a ${name}`,
        description: 'Without a slug, one is made from the name, in its own script. The key is for good.',
        security: keyed,
        body: body(Type.Unsafe<TermInput>(schemas.Input), examples.input),
        response: {
          201: answer(schemas.DeskAnswer, example, {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const term = await db.transaction((tx) => createTerm(tx, actorOf(request), noun, request.body));
      return reply.code(201).header('location', addressOf(term)).header('etag', `"${term.version}"`).send(wrap(term));
    },
  );

  app.get(
    `/${plural}/:key`,
    {
      config,
      schema: {
        operationId: `getDesk${title}`,
        tags,
        summary: `Read a ${name} in all languages`,
        description: 'By key or id; the ETag holds the version for If-Match.',
        params: TermParams,
        security: keyed,
        response: { 200: answer(schemas.DeskAnswer, example, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const term = await getDeskTerm(db, noun, request.params.key);
      return reply.header('etag', `"${term.version}"`).send(wrap(term));
    },
  );

  app.patch(
    `/${plural}/:key`,
    {
      config,
      schema: {
        operationId: `change${title}`,
        tags,
        summary: `Change a ${name}`,
        security: keyed,
        description:
          'JSON Merge Patch (RFC 7396): members that are absent stay, null removes. Stories that show it follow, the newest within seconds, tens of thousands within minutes.',
        params: TermParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(Type.Unsafe<TermPatch>(schemas.Patch), examples.patch),
        response: { 200: answer(schemas.DeskAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const term = await db.transaction((tx) =>
        changeTerm(tx, actorOf(request), noun, { keyOrId: request.params.key, expected }, request.body),
      );
      return reply.header('etag', `"${term.version}"`).send(wrap(term));
    },
  );

  app.delete(
    `/${plural}/:key`,
    {
      config,
      schema: {
        operationId: `delete${title}`,
        tags,
        summary: `Delete a ${name} that nothing uses`,
        description:
          'Refused as long as anything refers to it: stories, others of its kind, menus, fronts, custom fields, or what people, keys, partners and webhooks are limited to.',
        params: TermParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeTerm(tx, actorOf(request), noun, { keyOrId: request.params.key, expected }));
      return reply.code(204).send();
    },
  );

  app.post(
    `/${plural}/:key/merge`,
    {
      config,
      schema: {
        operationId: `merge${title}`,
        tags,
        summary: `Merge a ${name} into another`,
        description:
          'Whatever names the first names the second from then on: drafts and menus at once, published stories, the newest of them first, within seconds to minutes. Its key, its id and its slugs lead to the second; texts in languages that the second lacks are taken over. Not for those who are limited to some languages or regions. The answer is the second.',
        params: TermParams,
        headers: IfMatch,
        body: body(MergeInput, { into: examples.desk.key }),
        security: keyed,
        response: { 200: answer(schemas.DeskAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const term = await db.transaction((tx) =>
        mergeTerm(tx, actorOf(request), noun, { from: request.params.key, into: request.body.into, expected }),
      );
      return reply.header('etag', `"${term.version}"`).send(wrap(term));
    },
  );
};
