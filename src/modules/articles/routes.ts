// Public routes of stories: lists, single stories by id and slug, their translations. Reads only what is published.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem } from '../../errors.ts';
import { cacheable, inLanguage, linked, moved, open, problems } from '../../responses.ts';
import { openQuery } from '../../schemas.ts';
import { entitlementsOf } from '../partners/entitlements.ts';
import { alternateHeader, alternatesOf, hrefOf } from './alternates.ts';
import * as examples from './examples.ts';
import { listStories } from './listing-answer.ts';
import { listTranslations, translationOf } from './queries.ts';
import { documentOf, readById, readBySlug, sendStory } from './reading.ts';
import {
  ArticleAnswer,
  ArticleListAnswer,
  ArticleListQuery,
  ArticleParams,
  ArticleQuery,
  BySlugParams,
  BySlugQuery,
  ShortParams,
  TranslationsAnswer,
} from './schemas.ts';
import { idOfShortCode, shortCodeOf } from './short-codes.ts';

const searchOf = ({ url }: { url: string }) => (url.includes('?') ? url.slice(url.indexOf('?')) : '');

export const articleRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;
  /** Whoever asks with a partner's key gets what it is entitled to, which is noted. */
  const config = { access: 'public', partners: true } as const;

  app.get(
    '/articles',
    {
      config,
      schema: {
        operationId: 'listArticles',
        tags: ['Articles'],
        summary: 'List published stories',
        description:
          'Any combination of filters, newest first; pages (about, contacts) only when asked for by kind. Custom fields that are declared so are filters as `extra.<key>`, with commas between values of which any will do; the document of a running server lists them.',
        querystring: ArticleListQuery,
        security: open,
        response: { ...cacheable(ArticleListAnswer, examples.list, { headers: inLanguage }), ...problems(400) },
      },
    },
    (request, reply) => listStories(app, request, reply, baseUrl + request.url),
  );

  app.get(
    '/articles/:id',
    {
      config,
      schema: {
        operationId: 'getArticle',
        tags: ['Articles'],
        summary: 'Read a published story',
        description:
          'In the given locale, or the default one; with `fallback` else in the first of other languages in which it is public, which `meta` tells. A 404 names the other languages in which the story is public; a withdrawn story is a 410, or a 301 to the story that stands for it now. The header Link names its page as canonical, and the languages in which it is public for hreflang.',
        params: ArticleParams,
        querystring: ArticleQuery,
        security: open,
        response: {
          ...cacheable(ArticleAnswer, examples.article, { headers: { ...inLanguage, ...linked } }),
          301: moved('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    async (request, reply) => {
      const story = await readById(db, request.params.id, request.query, entitlementsOf(request));
      if ('movedTo' in story) return reply.redirect(`${baseUrl}/v1/articles/${story.movedTo}${searchOf(request)}`, 301);
      return sendStory(db, request, reply, { baseUrl, story, query: request.query });
    },
  );

  app.get(
    '/articles/by-slug/:locale/:slug',
    {
      config,
      schema: {
        operationId: 'getArticleBySlug',
        tags: ['Articles'],
        summary: 'Read a published story by its slug',
        description:
          'A slug that the story had before, or in other letter case, is answered by 301 with its present address; so is that of a story which was withdrawn for another.',
        params: BySlugParams,
        querystring: BySlugQuery,
        security: open,
        response: {
          ...cacheable(ArticleAnswer, examples.article, { headers: { ...inLanguage, ...linked } }),
          301: moved('The story has moved to the address in Location'),
          ...problems(400, 404, 410),
        },
      },
    },
    async (request, reply) => {
      const { locale, slug } = request.params;
      const story = await readBySlug(db, locale, slug, request.query, entitlementsOf(request));
      if ('movedTo' in story) {
        const moved = `by-slug/${story.locale}/${encodeURIComponent(story.movedTo)}`;
        return reply.redirect(`${baseUrl}/v1/articles/${moved}${searchOf(request)}`, 301);
      }
      return sendStory(db, request, reply, { baseUrl, story, query: { ...request.query, locale } });
    },
  );

  app.get(
    '/s/:locale/:code',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'followShortUrl',
        tags: ['Articles'],
        summary: 'Follow the short address of a story',
        description:
          'To where the story stands on the front end, whatever its slug is now. Parameters, which those who share an address put behind it, are passed over. What is not public is answered as the story itself is.',
        params: ShortParams,
        querystring: openQuery({}),
        security: open,
        response: { 301: moved('The story stands at the address in Location'), ...problems(400, 404, 410) },
      },
    },
    async (request, reply) => {
      const { locale, code } = request.params;
      const story = await readById(db, idOfShortCode(code), { locale });
      if ('movedTo' in story)
        return reply.redirect(`${baseUrl}/v1/s/${story.locale}/${shortCodeOf(story.movedTo)}`, 301);
      return reply.redirect(hrefOf(documentOf(story).url), 301);
    },
  );

  app.get(
    '/articles/:id/translations',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listTranslations',
        tags: ['Articles'],
        summary: 'List the languages in which a story is public',
        description:
          'For language switches: every language in which the story can be read now. `links.alternate` is the set for hreflang, with `x-default`: the default language of the site where it is public, else the first. The header Link says the same.',
        params: ArticleParams,
        security: open,
        response: {
          ...cacheable(TranslationsAnswer, examples.translations, { headers: linked }),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const rows = await listTranslations(db, request.params.id);
      const [first] = rows;
      if (!first) throw new Problem('not_found');
      const alternate = alternatesOf(rows, { ...first, locales: rows.map(({ locale }) => locale) });
      const lastModified = new Date(Math.max(...rows.map(({ modifiedAt }) => modifiedAt.getTime())));
      reply.header('link', alternateHeader(alternate));
      const links = { self: baseUrl + request.url, alternate };
      return sendCacheable(request, reply, {
        json: JSON.stringify({ data: rows.map(translationOf), meta: {}, links }),
        lastModified,
        groups: [storyGroup(request.params.id.toLowerCase())],
      });
    },
  );
};
