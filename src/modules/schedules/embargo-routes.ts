// Routes of embargoed stories, for partners who hold the scope for it: what is scheduled and marked so, and nothing else that is not public.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '../../errors.ts';
import { answer, keyed, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import type { Article, ArticleCard } from '../articles/schemas.ts';
import { requireLocale } from '../desk/references.ts';
import { ArticleIdParams } from '../desk/schemas.ts';
import { buildEmbargoed, findEmbargo } from './embargoed.ts';
import * as examples from './examples.ts';
import { listSchedules } from './listing.ts';
import { EmbargoedAnswer, EmbargoedListAnswer, EmbargoedListQuery } from './schemas.ts';

/** All statements of an answer see one moment: nothing is here and public at once. */
const ONE_MOMENT = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const;

export const embargoRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'embargoed:read' } as const;
  const localeOf = async (given: string | undefined) =>
    given === undefined ? null : requireLocale(db, given, { parameter: 'locale' });

  app.get(
    '/embargoed',
    {
      config,
      schema: {
        operationId: 'listEmbargoed',
        tags: ['Embargoed'],
        summary: 'List stories under embargo',
        description: 'Soonest first. What has become public is no longer here.',
        querystring: EmbargoedListQuery,
        security: keyed,
        response: { 200: answer(EmbargoedListAnswer, examples.embargoedList), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { limit, cursor, locale: given } = request.query;
      const filter = { locale: await localeOf(given), action: 'publish', failed: false, embargoed: true } as const;
      const turn = { ...(limit && { limit }), ...(cursor && { cursor }) };
      const { stories, links } = await db.transaction(async (tx) => {
        const { page, links } = await listSchedules(app, tx, filter, turn, baseUrl + request.url);
        return { stories: await buildEmbargoed(tx, page), links };
      }, ONE_MOMENT);
      const data = stories.map(({ card, embargoedUntil }) => ({
        ...(JSON.parse(card) as ArticleCard),
        embargoedUntil,
      }));
      return { data, meta: {}, links };
    },
  );

  app.get(
    '/embargoed/:id',
    {
      config,
      schema: {
        operationId: 'getEmbargoed',
        tags: ['Embargoed'],
        summary: 'Read a story under embargo',
        description: 'As it will be public, in the given locale or the default one. A 404 once it is.',
        params: ArticleIdParams,
        querystring: LocaleQuery,
        security: keyed,
        response: { 200: answer(EmbargoedAnswer, examples.embargoed), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const locale = await localeOf(request.query.locale);
      const [story] = await db.transaction(async (tx) => {
        const embargo = await findEmbargo(tx, request.params.id, locale);
        return embargo ? buildEmbargoed(tx, [embargo]) : [];
      }, ONE_MOMENT);
      if (!story) throw new Problem('not_found');
      const data = { ...(JSON.parse(story.document) as Article), embargoedUntil: story.embargoedUntil };
      return { data, meta: {}, links: { self: baseUrl + request.url } };
    },
  );
};
