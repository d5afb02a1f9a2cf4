// Public routes of regions, tags and contributors, and those of the desk: the same for each noun. Rules live in workflow.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { unknownLocale } from '../../errors.ts';
import { linksOf } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../plugins/preconditions.ts';
import {
  answer,
  body,
  cacheable,
  changeProblems,
  empty,
  keyed,
  MERGE_PATCH,
  open,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { listPublic, sendTerm } from './answers.ts';
import { createCounts } from './counts.ts';
import type { DeskTerm, Noun, TermInput, TermListQuery, TermPatch } from './noun.ts';
import { positionOf } from './paging.ts';
import { findTerm, findTermBySlug } from './queries.ts';
import { listDeskTerms } from './rows.ts';
import { DeskListQuery, TermBySlugParams, TermBySlugQuery, TermParams, TermQuery } from './schemas.ts';
import { changeTerm, createTerm, deleteTerm, getDeskTerm } from './workflow.ts';

interface Options {
  noun: Noun;
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}
const LANGUAGE = {
  'Content-Language': { type: 'string', description: 'Language of the names (RFC 9110 section 8.5)' },
} as const;

export const taxonomyRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { noun, baseUrl }) => {
  const { name, plural, title, heading, schemas, examples } = noun;
  const db = app.db.public;
  const counts = createCounts(db);
  const meta = { requestedLocale: 'en', locale: 'en' };
  const self = `${baseUrl}/v1/${plural}`;
  const example = { data: examples.term, meta, links: { self: `${self}/${examples.desk.key}` } };

  app.get(
    `/${plural}`,
    {
      config: { access: 'public' },
      schema: {
        operationId: `list${title}s`,
        tags: [heading],
        summary: `List ${plural}`,
        description: `In order of position. Names are in the locale asked for, or else in the best one there is.`,
        querystring: Type.Unsafe<TermListQuery>(schemas.ListQuery),
        security: open,
        response: {
          ...cacheable(
            schemas.ListAnswer,
            { data: [examples.term], meta, links: { self, next: null, prev: null } },
            { headers: LANGUAGE },
          ),
          ...problems(400),
        },
      },
    },
    (request, reply) => listPublic(app, noun, counts, request, reply, baseUrl + request.url),
  );

  app.get(
    `/${plural}/:key`,
    {
      config: { access: 'public' },
      schema: {
        operationId: `get${title}`,
        tags: [heading],
        summary: `Read a ${name}`,
        description: 'By key or id, named in the locale asked for, or else in the best one there is.',
        params: TermParams,
        querystring: TermQuery,
        security: open,
        response: { ...cacheable(schemas.Answer, example, { headers: LANGUAGE }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { locale, include } = request.query;
      const found = await findTerm(db, noun, request.params.key, locale ?? null);
      if (found.locale === null) throw unknownLocale();
      return sendTerm(noun, include ? counts : null, request, reply, baseUrl + request.url, found, locale);
    },
  );

  app.get(
    `/${plural}/by-slug/:locale/:slug`,
    {
      config: { access: 'public' },
      schema: {
        operationId: `get${title}BySlug`,
        tags: [heading],
        summary: `Read a ${name} by its slug`,
        description: 'By the slug in that locale; slugs of other languages are not found here.',
        params: TermBySlugParams,
        querystring: TermBySlugQuery,
        security: open,
        response: { ...cacheable(schemas.Answer, example, { headers: LANGUAGE }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { locale, slug } = request.params;
      const found = await findTermBySlug(db, noun, slug.normalize('NFC'), locale);
      return sendTerm(
        noun,
        request.query.include ? counts : null,
        request,
        reply,
        baseUrl + request.url,
        found,
        locale,
      );
    },
  );
};

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
        querystring: DeskListQuery,
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
      const page = found.slice(0, limit);
      if (wanted.backward) page.reverse();
      const place = (term: DeskTerm | undefined): [number, string] | null => (term ? [term.position, term.key] : null);
      const turned = { more: found.length > limit, first: place(page[0]), last: place(page.at(-1)) };
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
            headers: { ...versioned, Location: { type: 'string', description: 'Where it stands now' } },
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
          'JSON Merge Patch (RFC 7396): members that are absent stay, null removes. Stories that show it follow within seconds.',
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
        changeTerm(tx, actorOf(request), noun, request.params.key, expected, request.body),
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
        description: 'Refused as long as a story, a menu or another one refers to it.',
        params: TermParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => deleteTerm(tx, actorOf(request), noun, request.params.key, expected));
      return reply.code(204).send();
    },
  );
};
