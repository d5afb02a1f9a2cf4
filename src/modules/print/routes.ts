// Route of the print version: a public story as a page of its own. What is not public is answered as the story itself is.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../plugins/caching.ts';
import { cacheable, empty, open, problems } from '../../responses.ts';
import { Locale, query } from '../../schemas.ts';
import { markLicence, readById } from '../articles/reading.ts';
import { type Article, ArticleParams } from '../articles/schemas.ts';
import { getSiteFace } from '../site/face.ts';
import { printPage, printPolicy } from './page.ts';

const PrintQuery = query({ locale: Type.Optional(Locale) });
const page = Type.String({ description: 'The page, in the language and direction of the story' });
const example =
  '<!doctype html><html lang="en" dir="ltr"><head><title>Mountain line opens</title></head><body>…</body></html>';

export const printRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;

  app.get(
    '/articles/:id/print',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'printArticle',
        tags: ['Articles'],
        summary: 'Read the print version of a story',
        description:
          'A page of its own with the text, byline, dates in the time zone of the newsroom, corrections, the licence line and the canonical address. It runs no script and loads nothing but the pictures of the story.',
        params: ArticleParams,
        querystring: PrintQuery,
        security: open,
        response: {
          ...cacheable(page, example, { mediaType: 'text/html' }),
          301: empty('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    async (request, reply) => {
      const { locale } = request.query;
      const story = await readById(db, request.params.id, request.query);
      if ('movedTo' in story) {
        const search = locale === undefined ? '' : `?locale=${locale}`;
        return reply.redirect(`${baseUrl}/v1/articles/${story.movedTo}/print${search}`, 301);
      }
      const site = await getSiteFace(db, story.locale);
      reply.header('content-language', story.locale);
      markLicence(reply, story);
      return sendCacheable(request, reply, {
        json: printPage(JSON.parse(story.document) as Article, site),
        type: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': printPolicy(site) },
        groups: [storyGroup(story.id)],
      });
    },
  );
};
