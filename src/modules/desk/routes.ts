// Desk routes of stories: list, create, read, and change what a story has in every language. Answers are private.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
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
import { lockSurroundings } from '../articles/surroundings.ts';
import { convertAhead } from '../body/reading.ts';
import { answerOf, articleUrl } from './answers.ts';
import { resolveAround } from './around.ts';
import { noteAlone, originalOf, readDrafts } from './bodies.ts';
import { draftRoutes } from './draft-routes.ts';
import { createDrafts } from './drafting.ts';
import * as examples from './examples.ts';
import { lowerId } from './ids.ts';
import { jointRoutes } from './joint-routes.ts';
import { listForDesk } from './listing.ts';
import { resolveImage } from './picturing.ts';
import { findDeskArticle } from './queries.ts';
import { requireLocale, resolveTerms } from './references.ts';
import { reviewRoutes } from './review-routes.ts';
import { resolveRights } from './rights.ts';
import {
  ArticleIdParams,
  ArticleInput,
  ArticlePatch,
  DeskArticleAnswer,
  DeskListAnswer,
  DeskListQuery,
} from './schemas.ts';
import { transitionRoutes } from './transition-routes.ts';
import { changeArticle, createArticle } from './workflow.ts';

export const deskRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const getArticle = async (id: string, from = db) => {
    const article = await findDeskArticle(from, id);
    if (!article) throw new Problem('not_found');
    return article;
  };
  app.addHook('preHandler', lowerId);

  app.get(
    '/articles',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'listDeskArticles',
        tags: ['Desk'],
        summary: 'List stories with their drafts',
        description: 'Last changed first.',
        querystring: DeskListQuery,
        security: keyed,
        response: { 200: answer(DeskListAnswer, examples.deskList), ...problems(400, 403) },
      },
    },
    (request) => listForDesk(app, request.query, baseUrl + request.url),
  );

  app.post(
    '/articles',
    {
      config: {
        access: 'articles:write',
        ahead: ({ body }) => convertAhead(Object.values((body as ArticleInput).locales).map(({ body }) => body)),
      },
      schema: {
        operationId: 'createArticle',
        tags: ['Desk'],
        summary: 'Create a story with its first drafts',
        description:
          'Drafts of all given languages are made together or not at all. Nothing is public before it is published.',
        body: body(ArticleInput, examples.articleInput),
        security: keyed,
        response: {
          201: answer(DeskArticleAnswer, examples.deskArticle, { headers: located }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const { kind = 'news', externalId = null, extra, note } = request.body;
      const terms = {
        ...(await resolveTerms(db, request.body)),
        ...(await resolveImage(db, request.body)),
        ...(await resolveAround(db, null, request.body)),
      };
      const inputs = await readDrafts(db, request.body.locales);
      const originalLocale = await originalOf(
        db,
        request.body.originalLocale,
        inputs.map(({ draft }) => draft.locale),
      );
      const article = await db.transaction(async (tx) => {
        // Before any row: who merges a tag that it names holds the lock alone, and waits for the row.
        if (inputs.some(({ draft }) => draft.extra)) await lockSurroundings(tx);
        const rights = await resolveRights(tx, request.body.rights ?? null);
        const { id } = await createArticle(
          tx,
          actorOf(request),
          { kind, externalId, rights, extra, originalLocale, ...terms },
          { note },
        );
        const drafts = inputs.map(({ draft }) => ({ ...draft, articleId: id }));
        await createDrafts(tx, actorOf(request), drafts, { note });
        return getArticle(id, tx);
      });
      const warnings = inputs.flatMap((input) => input.warnings);
      return reply
        .code(201)
        .header('location', articleUrl(baseUrl, article.id))
        .header('etag', `"${article.version}"`)
        .send(answerOf(article, articleUrl(baseUrl, article.id), warnings));
    },
  );

  app.get(
    '/articles/:id',
    {
      config: { access: 'articles:read' },
      schema: {
        operationId: 'getDeskArticle',
        tags: ['Desk'],
        summary: 'Read a story with the state of its drafts',
        description:
          'What it has in every language, and where each language stands; the ETag is the version for If-Match.',
        params: ArticleIdParams,
        security: keyed,
        response: {
          200: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const article = await getArticle(request.params.id);
      return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(baseUrl, article.id)));
    },
  );

  app.patch(
    '/articles/:id',
    {
      config: { access: 'articles:write' },
      schema: {
        operationId: 'changeArticle',
        tags: ['Desk'],
        summary: 'Change what a story has in every language',
        description: 'JSON Merge Patch (RFC 7396). Nothing changes in public until the story is published again.',
        params: ArticleIdParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(ArticlePatch, examples.articlePatch),
        security: keyed,
        response: { 200: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { note, ...asked } = request.body;
      if (note !== undefined && Object.keys(asked).length === 0) throw noteAlone();
      const { region: _region, regions: _regions, tags: _tags, byline: _byline, rights: _rights, ...rest } = asked;
      const terms = await resolveTerms(db, request.body);
      const picture = await resolveImage(db, request.body);
      const around = await resolveAround(db, request.params.id, request.body);
      const { originalLocale: original, image: _image, related: _related, follows: _follows, ...columns } = rest;
      const originalLocale = original && (await requireLocale(db, original, { pointer: '/originalLocale' }));
      const { id } = request.params;
      const change = {
        ...columns,
        ...terms,
        ...picture,
        ...around,
        ...(originalLocale !== undefined && { originalLocale }),
      };
      const article = await db.transaction(async (tx) => {
        if (asked.rights) asked.rights = await resolveRights(tx, asked.rights);
        const whole = { ...change, ...(asked.rights !== undefined && { rightsPatch: asked.rights }) };
        await changeArticle(tx, actorOf(request), { id, expected }, whole, { asked, note });
        return getArticle(id, tx);
      });
      return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(baseUrl, id)));
    },
  );

  await app.register(draftRoutes, { baseUrl });
  await app.register(reviewRoutes, { baseUrl });
  await app.register(transitionRoutes, { baseUrl });
  await app.register(jointRoutes, { baseUrl });
};
