// Desk routes of drafts: add a language, read and change its working text. Nothing here is seen by readers.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../errors.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  keyed,
  located,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { convertAhead } from '../body/reading.ts';
import { draftUrl, sendDraft } from './answers.ts';
import { assignDraft } from './assigning.ts';
import { noteAlone, readDraftBody } from './bodies.ts';
import { changeDraft, createDraft } from './drafting.ts';
import * as examples from './examples.ts';
import { findDeskArticle, getDraft } from './queries.ts';
import { localeOf, requireLocale } from './references.ts';
import { ArticleIdParams, DraftAnswer, DraftParams, DraftPatch, NewTranslation } from './schemas.ts';

export const draftRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const ahead = ({ body }: FastifyRequest) => convertAhead([(body as DraftPatch).body]);

  app.post(
    '/articles/:id/locales',
    {
      config: { access: 'articles:write', ahead },
      schema: {
        operationId: 'createDraft',
        tags: ['Desk'],
        summary: 'Add a language to a story',
        description:
          'Without a slug, one is made from the title. What of the body could not be represented comes back in `meta.warnings`.',
        params: ArticleIdParams,
        body: body(NewTranslation, examples.newTranslation),
        security: keyed,
        response: { 201: answer(DraftAnswer, examples.draft, { headers: located }), ...writeProblems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await findDeskArticle(db, id))) throw new Problem('not_found');
      const locale = await requireLocale(db, request.body.locale, { pointer: '/locale' });
      const { body: text, warnings } = await readDraftBody(request.body.body, '/body');
      const { standfirst = null, corrections = [], note, ...given } = request.body;
      const input = { ...given, locale, body: text, standfirst, corrections };
      const draft = await db.transaction((tx) => createDraft(tx, actorOf(request), id, input, { note }));
      return sendDraft(reply.code(201).header('location', draftUrl(baseUrl, draft)), baseUrl, draft, warnings);
    },
  );

  app.get(
    '/articles/:id/locales/:locale',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'getDraft',
        tags: ['Desk'],
        summary: 'Read the working text in one language',
        description: 'The body in all three forms; the ETag is the version for If-Match.',
        params: DraftParams,
        security: keyed,
        response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const { id, locale } = request.params;
      return sendDraft(reply, baseUrl, await getDraft(db, id, await localeOf(db, locale)));
    },
  );

  app.patch(
    '/articles/:id/locales/:locale',
    {
      config: { access: 'articles:write', ahead },
      schema: {
        operationId: 'changeDraft',
        tags: ['Desk'],
        summary: 'Change the working text in one language',
        description:
          'JSON Merge Patch (RFC 7396). Nothing changes in public until it is published again. `assignee` and `sourceVersion` alone are no change of the text, and leave the version as it is.',
        params: DraftParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(DraftPatch, examples.draftPatch),
        security: keyed,
        response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const articleId = request.params.id;
      const locale = await localeOf(db, request.params.locale);
      const of = { articleId, locale, expected };
      const { body: given, assignee, sourceVersion, note, ...columns } = request.body;
      const read = given ? await readDraftBody(given, '/body') : undefined;
      const text = { ...columns, ...(read && { body: read.body }) };
      if (note !== undefined && Object.keys(text).length === 0) throw noteAlone();
      const work = {
        ...(assignee !== undefined && { assignee }),
        ...(sourceVersion !== undefined && { sourceVersion }),
      };
      const draft = await db.transaction(async (tx) => {
        if (Object.keys(work).length > 0) await assignDraft(tx, actorOf(request), of, work);
        if (Object.keys(text).length > 0) await changeDraft(tx, actorOf(request), of, text, { note });
        return getDraft(tx, articleId, locale);
      });
      return sendDraft(reply, baseUrl, draft, read?.warnings);
    },
  );
};
