// Public routes of regions, tags and contributors: the same for each noun. Those of the desk are in desk-routes.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { cacheable, moved, open, problems } from '../../responses.ts';
import { feedsOf } from '../feeds/discovery.ts';
import { listPublic, sendTerm } from './answers.ts';
import { createCounts } from './counts.ts';
import type { Noun, TermListQuery } from './noun.ts';
import { type MovedTerm, readTerm, readTermBySlug } from './reading.ts';
import { TermBySlugParams, TermBySlugQuery, TermParams, TermQuery } from './schemas.ts';

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
  const answering = { app, noun, counts: createCounts(db), baseUrl };
  const meta = { requestedLocale: 'en', locale: 'en' };
  const self = `${baseUrl}/v1/${plural}`;
  const move = (request: FastifyRequest, reply: FastifyReply, { movedTo }: MovedTerm) => {
    const { search } = new URL(baseUrl + request.url);
    return reply.redirect(`${self}/${movedTo}${search}`, 301);
  };
  const { key } = examples.desk;
  const links = { self: `${self}/${key}`, feeds: feedsOf(baseUrl, meta.locale, [name, key]) };
  const example = { data: examples.term, meta, links };

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
    (request, reply) => listPublic(answering, request, reply),
  );

  app.get(
    `/${plural}/:key`,
    {
      config: { access: 'public' },
      schema: {
        operationId: `get${title}`,
        tags: [heading],
        summary: `Read a ${name}`,
        description:
          'By key or id, named in the locale asked for, or else in the best one there is. The key of one that was merged into another leads there.',
        params: TermParams,
        querystring: TermQuery,
        security: open,
        response: {
          ...cacheable(schemas.Answer, example, { headers: LANGUAGE }),
          301: moved('It stands at the address in Location now'),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const found = await readTerm(db, noun, request.params.key, request.query.locale ?? null);
      if ('movedTo' in found) return move(request, reply, found);
      return sendTerm(answering, request, reply, found, request.query);
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
        description:
          'By the slug that answers in that locale show: its own there, or, where it has no name, that of the language in which it is named instead; other slugs of other languages are not found here. A slug that it had before leads to it.',
        params: TermBySlugParams,
        querystring: TermBySlugQuery,
        security: open,
        response: {
          ...cacheable(schemas.Answer, example, { headers: LANGUAGE }),
          301: moved('It stands at the address in Location now'),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const { locale, slug } = request.params;
      const found = await readTermBySlug(db, noun, locale, slug);
      if ('movedTo' in found) return move(request, reply, found);
      return sendTerm(answering, request, reply, found, { ...request.query, locale });
    },
  );
};
