// Desk routes of stories: create, read, change, publish and take back, per language. Answers are private; every change is based on a version.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Problem } from '../../errors.ts';
import { mergePatch } from '../../merge-patch.ts';
import { parseIfMatch } from '../../plugins/preconditions.ts';
import { answer, body, changeProblems, keyed, MERGE_PATCH, problems, versioned, writeProblems } from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import { actorOf } from '../../plugins/access.ts';
import type { Rights } from '../site/schemas.ts';
import { answerOf, draftOf } from './answers.ts';
import { readDraftBody } from './bodies.ts';
import * as examples from './examples.ts';
import { listForDesk } from './listing.ts';
import { publish, type Removal, unpublish } from './publishing.ts';
import { findDeskArticle, findDraft } from './queries.ts';
import { findLocales, requireLocale, resolveTerms } from './references.ts';
import {
  ArticleIdParams, ArticleInput, ArticlePatch, DeskArticleAnswer, DeskListAnswer, DeskListQuery, DraftAnswer, DraftParams,
  DraftPatch, NewTranslation, PublishInput, WithdrawInput,
} from './schemas.ts';
import { changeArticle, changeDraft, createArticle, createDraft } from './workflow.ts';

export const deskRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const articleUrl = (id: string) => `${baseUrl}/v1/desk/articles/${id}`;
  const draftUrl = (id: string, locale: string) => `${articleUrl(id)}/locales/${locale}`;

  const getArticle = async (id: string) => {
    const article = await findDeskArticle(db, id);
    if (!article) throw new Problem('not_found');
    return article;
  };
  const getDraft = async (id: string, locale: string) => {
    const draft = await findDraft(db, id, locale);
    if (!draft) throw new Problem('not_found');
    return draft;
  };
  // An id may come in capitals (RFC 9562 section 4); what is kept and compared as text is in small letters.
  app.addHook('preHandler', async (request) => {
    const params = request.params as { id?: string };
    if (params.id) params.id = params.id.toLowerCase();
  });
  const localeOf = (given: string) => requireLocale(db, given, { parameter: 'locale' });

  app.get('/articles', {
    config: { access: 'articles:read' },
    schema: {
      operationId: 'listDeskArticles', tags: ['Desk'], summary: 'List stories with their drafts', description: 'Last changed first.',
      querystring: DeskListQuery, security: keyed,
      response: { 200: answer(DeskListAnswer, examples.deskList), ...problems(400, 403) },
    },
  }, (request) => listForDesk(app, request.query, baseUrl + request.url));

  app.post('/articles', {
    config: { access: 'articles:write' },
    schema: {
      operationId: 'createArticle', tags: ['Desk'], summary: 'Create a story with its first drafts',
      description: 'Drafts of all given languages are made together or not at all. Nothing is public before it is published.',
      body: body(ArticleInput, examples.articleInput), security: keyed,
      response: { 201: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }), ...writeProblems(409) },
    },
  }, async (request, reply) => {
    const { locales: given, region, regions, tags, byline, kind = 'news', externalId = null, rights = null } = request.body;
    const known = await findLocales(db, Object.keys(given));
    const terms = await resolveTerms(db, { ...(region !== undefined && { region }), ...(regions && { regions }), ...(tags && { tags }), ...(byline && { byline }) });
    const inputs = await Promise.all(Object.entries(given).map(async ([name, draft]) => {
      const locale = known.get(name) ?? (await requireLocale(db, name, { pointer: `/locales/${name}` }));
      const read = await readDraftBody(draft.body, `/locales/${name}/body`);
      return { warnings: read.warnings, draft: { ...draft, locale, slugPointer: `/locales/${name}/slug`, body: read.body, standfirst: draft.standfirst ?? null, corrections: draft.corrections ?? [] } };
    }));
    const id = await db.transaction(async (tx) => {
      const article = await createArticle(tx, actorOf(request), { kind, externalId, rights, ...terms });
      for (const { draft } of inputs) await createDraft(tx, actorOf(request), article.id, draft);
      return article.id;
    });
    const article = await getArticle(id);
    const warnings = inputs.flatMap((input) => input.warnings);
    return reply.code(201).header('location', articleUrl(id)).header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(id), warnings));
  });

  app.get('/articles/:id', {
    config: { access: 'articles:read' },
    schema: {
      operationId: 'getDeskArticle', tags: ['Desk'], summary: 'Read a story with the state of its drafts',
      description: 'What it has in every language, and where each language stands; the ETag is the version for If-Match.',
      params: ArticleIdParams, security: keyed,
      response: { 200: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }), ...problems(400, 403, 404) },
    },
  }, async (request, reply) => {
    const article = await getArticle(request.params.id);
    return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(article.id)));
  });

  app.patch('/articles/:id', {
    config: { access: 'articles:write' },
    schema: {
      operationId: 'changeArticle', tags: ['Desk'], summary: 'Change what a story has in every language',
      description: 'JSON Merge Patch (RFC 7396). Nothing changes in public until the story is published again.',
      params: ArticleIdParams, headers: IfMatch, consumes: MERGE_PATCH, body: body(ArticlePatch, examples.articlePatch), security: keyed,
      response: { 200: answer(DeskArticleAnswer, examples.deskArticle, { headers: versioned }), ...changeProblems() },
    },
  }, async (request, reply) => {
    const expected = parseIfMatch(request);
    const { region, regions, tags, byline, rights, ...columns } = request.body;
    const terms = await resolveTerms(db, { ...(region !== undefined && { region }), ...(regions && { regions }), ...(tags && { tags }), ...(byline && { byline }) });
    const { id } = request.params;
    // Read outside the lock: should it change before, the version is another one and the change refused.
    const merged = rights && (mergePatch((await getArticle(id)).rights, rights) as Partial<Rights>);
    const change = { ...columns, ...terms, ...(merged !== undefined && { rights: merged }) };
    await db.transaction((tx) => changeArticle(tx, actorOf(request), id, expected, change, request.body));
    const article = await getArticle(id);
    return reply.header('etag', `"${article.version}"`).send(answerOf(article, articleUrl(id)));
  });

  app.post('/articles/:id/locales', {
    config: { access: 'articles:write' },
    schema: {
      operationId: 'createDraft', tags: ['Desk'], summary: 'Add a language to a story',
      description: 'Without a slug, one is made from the title. What of the body could not be represented comes back in `meta.warnings`.',
      params: ArticleIdParams, body: body(NewTranslation, examples.newTranslation), security: keyed,
      response: { 201: answer(DraftAnswer, examples.draft, { headers: versioned }), ...writeProblems(404, 409) },
    },
  }, async (request, reply) => {
    const { id } = await getArticle(request.params.id);
    const locale = await requireLocale(db, request.body.locale, { pointer: '/locale' });
    const { body: text, warnings } = await readDraftBody(request.body.body, '/body');
    const { standfirst = null, corrections = [] } = request.body;
    const draft = await db.transaction((tx) => createDraft(tx, actorOf(request), id, { ...request.body, locale, body: text, standfirst, corrections }));
    const url = draftUrl(id, locale);
    return reply.code(201).header('location', url).header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), url, warnings));
  });

  app.get('/articles/:id/locales/:locale', {
    config: { access: 'articles:read' },
    schema: {
      operationId: 'getDraft', tags: ['Desk'], summary: 'Read the working text in one language',
      description: 'The body in all three forms; the ETag is the version for If-Match.',
      params: DraftParams, security: keyed,
      response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...problems(400, 403, 404) },
    },
  }, async (request, reply) => {
    const draft = await getDraft(request.params.id, await localeOf(request.params.locale));
    return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(draft.articleId, draft.locale)));
  });

  app.patch('/articles/:id/locales/:locale', {
    config: { access: 'articles:write' },
    schema: {
      operationId: 'changeDraft', tags: ['Desk'], summary: 'Change the working text in one language',
      description: 'JSON Merge Patch (RFC 7396). Nothing changes in public until it is published again.',
      params: DraftParams, headers: IfMatch, consumes: MERGE_PATCH, body: body(DraftPatch, examples.draftPatch), security: keyed,
      response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
    },
  }, async (request, reply) => {
    const expected = parseIfMatch(request);
    const { id } = request.params;
    const locale = await localeOf(request.params.locale);
    const { body: given, ...columns } = request.body;
    const read = given ? await readDraftBody(given, '/body') : undefined;
    const draft = await db.transaction((tx) => changeDraft(tx, actorOf(request), id, locale, expected, { ...columns, ...(read && { body: read.body }) }));
    return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(id, locale), read?.warnings));
  });

  app.post('/articles/:id/locales/:locale/publish', {
    config: { access: 'articles:publish' },
    schema: {
      operationId: 'publishDraft', tags: ['Desk'], summary: 'Publish a draft, or its changes',
      description: 'Readers see exactly this version from the answer on. `publishedAt` is kept on later edits.',
      params: DraftParams, headers: IfMatch, body: body(PublishInput, examples.publishInput), security: keyed,
      response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
    },
  }, async (request, reply) => {
    const actor = actorOf(request);
    const { publishedAt, updateType = 'major' } = request.body;
    if (publishedAt && !actor.scopes.has('articles:backdate')) throw new Problem('forbidden', { extra: { scope: 'articles:backdate' } });
    const item = { articleId: request.params.id, locale: await localeOf(request.params.locale), expected: parseIfMatch(request), updateType };
    await db.transaction((tx) => publish(tx, actor, [{ ...item, ...(publishedAt && { publishedAt: new Date(publishedAt) }) }]));
    const draft = await getDraft(item.articleId, item.locale);
    return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(item.articleId, item.locale)));
  });

  const takeBack = async (
    request: Parameters<typeof parseIfMatch>[0] & Parameters<typeof actorOf>[0] & { params: { id: string; locale: string } },
    removal: Removal,
  ) => {
    const { id } = request.params;
    const locale = await localeOf(request.params.locale);
    const expected = parseIfMatch(request);
    await db.transaction((tx) => unpublish(tx, actorOf(request), id, locale, expected, removal));
    return getDraft(id, locale);
  };

  app.post('/articles/:id/locales/:locale/unpublish', {
    config: { access: 'articles:publish' },
    schema: {
      operationId: 'unpublishDraft', tags: ['Desk'], summary: 'Take a story out of public in one language',
      description: 'As if it had never been public: 404. Use withdraw to say publicly that it is gone.',
      params: DraftParams, headers: IfMatch, security: keyed,
      response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...problems(400, 403, 404, 409, 412, 428) },
    },
  }, async (request, reply) => {
    const draft = await takeBack(request, { status: 'unpublished' });
    return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(draft.articleId, draft.locale)));
  });

  app.post('/articles/:id/locales/:locale/withdraw', {
    config: { access: 'articles:publish' },
    schema: {
      operationId: 'withdrawDraft', tags: ['Desk'], summary: 'Withdraw a story in one language', description: 'Answered by 410 with the public notice from then on.',
      params: DraftParams, headers: IfMatch, body: body(WithdrawInput, examples.withdrawInput), security: keyed,
      response: { 200: answer(DraftAnswer, examples.draft, { headers: versioned }), ...changeProblems() },
    },
  }, async (request, reply) => {
    const draft = await takeBack(request, { status: 'withdrawn', notice: request.body.notice ?? null });
    return reply.header('etag', `"${draft.version}"`).send(answerOf(draftOf(draft), draftUrl(draft.articleId, draft.locale)));
  });
};
