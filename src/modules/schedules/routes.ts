// Desk routes of scheduled publication: one language or several, moved, cancelled, and the list of all that is to happen.
// Those of scheduled removal are in expiry-routes.ts.
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
import { articleUrl, draftUrl } from '../desk/answers.ts';
import { lowerId } from '../desk/ids.ts';
import { localeOf, requireLocale, resolveLocales } from '../desk/references.ts';
import { ArticleIdParams, DraftParams } from '../desk/schemas.ts';
import { sendSchedule } from './answers.ts';
import * as examples from './examples.ts';
import { expiryRoutes } from './expiry-routes.ts';
import { getSchedule, listSchedules, listSchedulesOf } from './listing.ts';
import {
  JointScheduleInput,
  ScheduleAnswer,
  ScheduleInput,
  ScheduleListAnswer,
  ScheduleListQuery,
  SchedulePatch,
  SchedulesAnswer,
} from './schemas.ts';
import { cancelSchedule, changeSchedule, type Plan, schedule } from './workflow.ts';

export const scheduleRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Schedules'];
  const publication = 'publish' as const;
  const planOf = (articleId: string, locale: string, input: ScheduleInput): Plan => ({
    articleId,
    locale,
    action: publication,
    at: new Date(input.at),
    updateType: input.updateType ?? 'major',
    embargoed: input.embargoed ?? false,
    removal: null,
  });
  app.addHook('preHandler', lowerId);

  app.get(
    '/schedules',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'listSchedules',
        tags,
        summary: 'List what is to happen by itself',
        description: 'Soonest first; what was refused when its time had come stays until somebody has looked.',
        querystring: ScheduleListQuery,
        security: keyed,
        response: { 200: answer(ScheduleListAnswer, examples.scheduleList), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { limit, cursor, locale: given, ...filter } = request.query;
      const locale = given === undefined ? null : await requireLocale(db, given, { parameter: 'locale' });
      const turn = { ...(limit && { limit }), ...(cursor && { cursor }) };
      const { page, links } = await listSchedules(app, db, { ...filter, locale }, turn, baseUrl + request.url);
      return { data: page, meta: {}, links };
    },
  );

  app.post(
    '/articles/:id/locales/:locale/schedule',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'scheduleDraft',
        tags,
        summary: 'Have a draft, or its changes, published at a time',
        description:
          "By the database's clock, at most a second late and never early; the story then counts as published at that very time. Nothing of it is public before.",
        params: DraftParams,
        headers: IfMatch,
        body: body(ScheduleInput, examples.scheduleInput),
        security: keyed,
        response: { 201: answer(ScheduleAnswer, examples.schedule, { headers: located }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const key = planOf(request.params.id, await localeOf(db, request.params.locale), request.body);
      const made = await db.transaction(async (tx) => {
        await schedule(tx, actorOf(request), key, { expected });
        return getSchedule(tx, key);
      });
      return sendSchedule(reply.code(201).header('location', `${draftUrl(baseUrl, key)}/schedule`), baseUrl, made);
    },
  );

  app.post(
    '/articles/:id/schedule',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'scheduleArticle',
        tags,
        summary: 'Schedule a story in several languages at once',
        description: 'All of them or none. Each is based on the version that stands with it.',
        params: ArticleIdParams,
        body: body(JointScheduleInput, examples.jointScheduleInput),
        security: keyed,
        response: { 201: answer(SchedulesAnswer, examples.schedules), ...writeProblems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const chosen = await resolveLocales(db, request.body.locales);
      const made = await db.transaction(async (tx) => {
        for (const { locale, pointer, input } of chosen)
          await schedule(tx, actorOf(request), planOf(id, locale, input), { expected: input.version, pointer });
        return listSchedulesOf(tx, id, publication);
      });
      const data = made.filter((one) => chosen.some(({ locale }) => locale === one.locale));
      return reply.code(201).send({ data, meta: {}, links: { self: `${articleUrl(baseUrl, id)}/schedule` } });
    },
  );

  app.get(
    '/articles/:id/locales/:locale/schedule',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'getSchedule',
        tags,
        summary: 'Read when a draft is to be published',
        description: 'The ETag is the version for If-Match of a change of the schedule.',
        params: DraftParams,
        security: keyed,
        response: {
          200: answer(ScheduleAnswer, examples.schedule, { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const key = { articleId: request.params.id, locale: await localeOf(db, request.params.locale) };
      return sendSchedule(reply, baseUrl, await getSchedule(db, { ...key, action: publication }));
    },
  );

  app.patch(
    '/articles/:id/locales/:locale/schedule',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'changeSchedule',
        tags,
        summary: 'Move a scheduled publication, or change its embargo',
        description: 'JSON Merge Patch (RFC 7396), based on the version of the schedule.',
        params: DraftParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(SchedulePatch, examples.schedulePatch),
        security: keyed,
        response: { 200: answer(ScheduleAnswer, examples.schedule, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const locale = await localeOf(db, request.params.locale);
      const key = { articleId: request.params.id, locale, action: publication };
      const { at, ...others } = request.body;
      const change = { ...others, ...(at && { at: new Date(at) }) };
      const changed = await db.transaction(async (tx) => {
        await changeSchedule(tx, actorOf(request), { ...key, expected }, () => change, request.body);
        return getSchedule(tx, key);
      });
      return sendSchedule(reply, baseUrl, changed);
    },
  );

  app.delete(
    '/articles/:id/locales/:locale/schedule',
    {
      config: { access: 'articles:publish' },
      schema: {
        operationId: 'cancelSchedule',
        tags,
        summary: 'Cancel a scheduled publication',
        description:
          'The draft is again in the state in which it was. Where nothing of it is public, an expiry is cancelled with it.',
        params: DraftParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is cancelled'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const key = { articleId: request.params.id, locale: await localeOf(db, request.params.locale) };
      await db.transaction((tx) => cancelSchedule(tx, actorOf(request), { ...key, action: publication }, expected));
      return reply.code(204).send();
    },
  );

  await app.register(expiryRoutes, { baseUrl });
};
