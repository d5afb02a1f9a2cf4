// Routes of the revisions of a text in one language: what every save left, what differs between two, and back to one of them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import { answer, body, changeProblems, keyed, problems, versioned } from '../../responses.ts';
import { IfMatch, PageQuery } from '../../schemas.ts';
import { answerOf, draftUrl, sendDraft } from '../desk/answers.ts';
import { draft as draftExample } from '../desk/examples.ts';
import { getDraft } from '../desk/queries.ts';
import { localeOf } from '../desk/references.ts';
import { DraftAnswer, DraftParams } from '../desk/schemas.ts';
import { shownText } from './answers.ts';
import { compareContents } from './comparing.ts';
import * as examples from './examples.ts';
import { answerList } from './listing.ts';
import { getBase, getText } from './reading.ts';
import { restoreDraft } from './restoring.ts';
import {
  DiffQuery,
  DraftRevisionAnswer,
  DraftVersionParams,
  RestoreInput,
  RevisionDiffAnswer,
  RevisionListAnswer,
} from './schemas.ts';

export const draftRevisionRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const tags = ['Revisions'];
  const config = { access: 'articles:read' } as const;
  const base = '/articles/:id/locales/:locale/revisions';

  app.get(
    base,
    {
      config,
      schema: {
        operationId: 'listDraftRevisions',
        tags,
        summary: 'List the saves of a text in one language',
        description:
          'Newest first, without their content. What is older than the newsroom keeps revisions is not among it.',
        params: DraftParams,
        querystring: PageQuery,
        security: keyed,
        response: { 200: answer(RevisionListAnswer, examples.list('/locales/en')), ...problems(400, 403, 404) },
      },
    },
    async ({ params, query, url }) => {
      const which = { articleId: params.id, locale: await localeOf(db, params.locale) };
      return answerList(app, which, query, baseUrl + url);
    },
  );

  app.get(
    `${base}/:version`,
    {
      config,
      schema: {
        operationId: 'getDraftRevision',
        tags,
        summary: 'Read a text in one language as it was saved',
        description: 'The body in all three forms.',
        params: DraftVersionParams,
        security: keyed,
        response: { 200: answer(DraftRevisionAnswer, examples.draftRevision), ...problems(400, 403, 404) },
      },
    },
    async ({ params }) => {
      const locale = await localeOf(db, params.locale);
      const { articleId, head, content } = await getText(db, { articleId: params.id, locale }, params.version);
      const data = { articleId, locale, ...head, content: shownText(content) };
      return answerOf(data, `${draftUrl(baseUrl, data)}/revisions/${head.version}`);
    },
  );

  app.get(
    `${base}/:version/diff`,
    {
      config,
      schema: {
        operationId: 'compareDraftRevisions',
        tags,
        summary: 'Compare two saves of a text in one language',
        description:
          'Field by field; title, standfirst and the text of the body word by word, as far as that can be told in a short time.',
        params: DraftVersionParams,
        querystring: DiffQuery,
        security: keyed,
        response: { 200: answer(RevisionDiffAnswer, examples.draftDiff), ...problems(400, 403, 404) },
      },
    },
    async ({ params, query, url }) => {
      const which = { articleId: params.id, locale: await localeOf(db, params.locale) };
      const after = await getText(db, which, params.version);
      const from = await getBase(db, which, params.version, query.from);
      const before = await getText(db, which, from);
      const changes = compareContents(before.content, after.content, which.locale);
      return answerOf({ from, to: params.version, changes }, baseUrl + url);
    },
  );

  app.post(
    `${base}/:version/restore`,
    {
      config: { access: 'articles:write' },
      schema: {
        operationId: 'restoreDraftRevision',
        tags,
        summary: 'Bring a text in one language back as it was saved',
        description:
          'As a new save, by the same rules as an edit: nothing changes in public until it is published again, and a slug that another story has by now is refused.',
        params: DraftVersionParams,
        headers: IfMatch,
        body: body(RestoreInput, examples.restoreInput),
        security: keyed,
        response: { 200: answer(DraftAnswer, draftExample, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const { id, version } = request.params;
      const of = { articleId: id, locale: await localeOf(db, request.params.locale) };
      const wanted = { version, expected: parseIfMatch(request), note: request.body.note };
      const draft = await db.transaction(async (tx) => {
        await restoreDraft(tx, actorOf(request), of, wanted);
        return getDraft(tx, id, of.locale);
      });
      return sendDraft(reply, baseUrl, draft);
    },
  );
};
