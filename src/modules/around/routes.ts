// Public routes of what stands around a story. Of stories that are not public they tell nothing, not even that there are some.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CHAINS, listGroups, storyGroup, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import { resolveFilters } from '../articles/listing.ts';
import { listingKey } from '../articles/listing-keys.ts';
import { regionNoun } from '../regions/noun.ts';
import { tagNoun } from '../tags/noun.ts';
import * as examples from './examples.ts';
import { findAdjacent, findChain, findRelated, findSeriesOf } from './queries.ts';
import {
  AdjacentAnswer,
  AdjacentQuery,
  AroundParams,
  ChainAnswer,
  RelatedAnswer,
  RelatedQuery,
  SeriesAnswer,
  SeriesQuery,
} from './schemas.ts';

const tags = ['Articles'];

export const aroundRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;

  app.get(
    '/articles/:id/related',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listRelated',
        tags,
        summary: 'List stories to read beside this one',
        description:
          "The editor's choice first, then stories that share tags and regions: rare ones and people, organisations and events count more than common topics, and what came out about the same time more than what came out years apart.",
        params: AroundParams,
        querystring: RelatedQuery,
        security: open,
        response: { ...cacheable(RelatedAnswer, examples.related, { headers: inLanguage }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { locale = null, limit = 6 } = request.query;
      const found = await findRelated(db, request.params.id, locale, limit);
      return send(request, reply, found, { data: found.items, meta: { chosen: found.chosen } });
    },
  );

  app.get(
    '/articles/:id/adjacent',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getAdjacent',
        tags,
        summary: 'Read what came out before and after a story',
        description: 'Among all stories of the language, or those of a region, of a tag, or of both.',
        params: AroundParams,
        querystring: AdjacentQuery,
        security: open,
        response: { ...cacheable(AdjacentAnswer, examples.adjacent, { headers: inLanguage }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { locale, region, tag } = request.query;
      const resolved = await resolveFilters(db, {
        ...(locale && { locale }),
        ...(region && { region: [region] }),
        ...(tag && { tag: [tag] }),
      });
      const [key = listingKey(resolved.locale)] = resolved.driver.keys;
      const found = await findAdjacent(db, request.params.id, resolved.locale, key);
      const data = `{"previous":${found.previous ?? 'null'},"next":${found.next ?? 'null'}}`;
      const groups = [...(region ? [termsGroup(regionNoun)] : []), ...(tag ? [termsGroup(tagNoun)] : [])];
      return send(request, reply, found, { data, groups });
    },
  );

  app.get(
    '/articles/:id/series',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listSeriesOf',
        tags,
        summary: 'Read the series that a story is a part of',
        description:
          'Which part it is of how many, and the parts in order. All parts, page by page, are `/v1/articles?tag={key}&sort=publishedAt`.',
        params: AroundParams,
        querystring: SeriesQuery,
        security: open,
        response: { ...cacheable(SeriesAnswer, examples.series, { headers: inLanguage }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { locale = null, limit = 20 } = request.query;
      const found = await findSeriesOf(db, request.params.id, locale, limit);
      return send(request, reply, found, { data: found.items });
    },
  );

  app.get(
    '/articles/:id/chain',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getChain',
        tags,
        summary: 'Read how a story has developed',
        description:
          'The stories that it carries on and those that carry it on, as far as they are public in this language: up to 50 links on either side, and 100 later stories.',
        params: AroundParams,
        querystring: LocaleQuery,
        security: open,
        response: { ...cacheable(ChainAnswer, examples.chain, { headers: inLanguage }), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const found = await findChain(db, request.params.id, request.query.locale ?? null);
      const data = `{"earlier":${found.earlier},"later":${found.later}}`;
      return send(request, reply, found, { data, groups: [CHAINS] });
    },
  );

  /**
   * It is made of the story and of any other that comes out in its language. Related ones are not named one by one: that would tell
   * the ids of those that are chosen and not public.
   */
  function send(
    request: FastifyRequest<{ Params: { id: string }; Querystring: { locale?: string } }>,
    reply: FastifyReply,
    { locale, isPublic }: { locale: string | null; isPublic: boolean },
    { data, meta: more = {}, groups = [] }: { data: string; meta?: object; groups?: readonly string[] },
  ) {
    if (locale === null) throw unknownLocale();
    if (!isPublic) throw new Problem('not_found');
    const meta = { requestedLocale: request.query.locale ?? locale, locale, ...more };
    reply.header('content-language', locale);
    return sendCacheable(request, reply, {
      json: plainEnvelope(data, meta, { self: baseUrl + request.url }),
      groups: [storyGroup(request.params.id.toLowerCase()), ...listGroups(locale), ...groups],
      lifetime: 'list',
    });
  }
};
