// Route of the print version: a public story as a page of its own. What is not public is answered as the story itself is.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { cacheable, inLanguage, moved, open, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import { ArticleParams } from '../articles/schemas.ts';
import { Link } from '../formats/schemas.ts';
import { type Form, sendStoryAs } from '../formats/sending.ts';
import { printPage, printPolicy } from './page.ts';

const page = Type.String({ description: 'The page, in the language and direction of the story' });
const example =
  '<!doctype html><html lang="en" dir="ltr"><head><title>Mountain line opens</title></head><body>…</body></html>';

const form: Form = {
  name: 'print',
  type: 'text/html; charset=utf-8',
  build: printPage,
  headers: () => ({ 'content-security-policy': printPolicy() }),
};

export const printRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
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
        querystring: LocaleQuery,
        security: open,
        response: {
          ...cacheable(page, example, { mediaType: 'text/html', headers: { ...inLanguage, Link } }),
          301: moved('The story at the address in Location stands for it now'),
          ...problems(400, 404, 410),
        },
      },
    },
    (request, reply) => sendStoryAs(app.db.public, form, request, reply, baseUrl),
  );
};
