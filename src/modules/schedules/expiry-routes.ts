// Desk routes of scheduled removal: when a story is taken back by itself, and what readers are told then.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalid } from '../../errors.ts';
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
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { draftUrl } from '../desk/answers.ts';
import { localeOf } from '../desk/references.ts';
import { DraftParams } from '../desk/schemas.ts';
import { sendSchedule } from './answers.ts';
import * as examples from './examples.ts';
import { getSchedule } from './listing.ts';
import type { ScheduleRow } from './queries.ts';
import { ExpiryInput, ExpiryPatch, type Removal, ScheduleAnswer } from './schemas.ts';
import { cancelSchedule, changeSchedule, schedule } from './workflow.ts';

/** @throws Problem validation_failed for a notice that nobody would be shown */
function removalOf(type: Removal['type'], notice: string | null): Removal {
  if (notice !== null && type !== 'withdrawn')
    throw invalid({ pointer: '/notice' }, 'is shown with the type withdrawn only', 'not_shown');
  return { type, notice };
}

export const expiryRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Schedules'];
  const url = '/articles/:id/locales/:locale/expiry';
  const access = 'articles:publish' as const;
  const keyOf = async ({ id, locale }: { id: string; locale: string }) => ({
    articleId: id,
    locale: await localeOf(db, locale),
    action: 'unpublish' as const,
  });

  app.post(
    url,
    {
      config: { access },
      schema: {
        operationId: 'scheduleExpiry',
        tags,
        summary: 'Have a story taken back at a time',
        description:
          "By the database's clock. For a story that is public, or scheduled to be; what is scheduled for later still happens then.",
        params: DraftParams,
        headers: IfMatch,
        body: body(ExpiryInput, examples.expiryInput),
        security: keyed,
        response: { 201: answer(ScheduleAnswer, examples.expiryAnswer, { headers: located }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { at, type, notice = null } = request.body;
      const key = await keyOf(request.params);
      const plan = { ...key, at: new Date(at), removal: removalOf(type, notice) };
      const made = await db.transaction(async (tx) => {
        await schedule(tx, actorOf(request), plan, { expected });
        return getSchedule(tx, key);
      });
      return sendSchedule(reply.code(201).header('location', `${draftUrl(baseUrl, key)}/expiry`), baseUrl, made);
    },
  );

  app.get(
    url,
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'getExpiry',
        tags,
        summary: 'Read when a story is to be taken back',
        description: 'The ETag is the version for If-Match of a change of the expiry.',
        params: DraftParams,
        security: keyed,
        response: {
          200: answer(ScheduleAnswer, examples.expiryAnswer, { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => sendSchedule(reply, baseUrl, await getSchedule(db, await keyOf(request.params))),
  );

  app.patch(
    url,
    {
      config: { access },
      schema: {
        operationId: 'changeExpiry',
        tags,
        summary: 'Move an expiry, or change what readers are told',
        description: 'JSON Merge Patch (RFC 7396), based on the version of the expiry.',
        params: DraftParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(ExpiryPatch, examples.expiryPatch),
        security: keyed,
        response: { 200: answer(ScheduleAnswer, examples.expiryAnswer, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const key = await keyOf(request.params);
      const { at, type, notice } = request.body;
      const changeOf = ({ removal }: Pick<ScheduleRow, 'removal'>) => ({
        ...(at && { at: new Date(at) }),
        removal: removalOf(
          type ?? removal?.type ?? 'draft',
          // Of another type, the notice that was there is not shown any more.
          notice !== undefined ? notice : type && type !== 'withdrawn' ? null : (removal?.notice ?? null),
        ),
      });
      const changed = await db.transaction(async (tx) => {
        await changeSchedule(tx, actorOf(request), { ...key, expected }, changeOf, request.body);
        return getSchedule(tx, key);
      });
      return sendSchedule(reply, baseUrl, changed);
    },
  );

  app.delete(
    url,
    {
      config: { access },
      schema: {
        operationId: 'cancelExpiry',
        tags,
        summary: 'Cancel an expiry',
        description: 'The story stays public.',
        params: DraftParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is cancelled'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const key = await keyOf(request.params);
      await db.transaction((tx) => cancelSchedule(tx, actorOf(request), key, expected));
      return reply.code(204).send();
    },
  );
};
