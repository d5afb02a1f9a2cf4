// Routes of public stories in forms that others have set: ninjs, JSON-LD, plain text, Markdown. Each has its own path, so that no cache has to heed Accept.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TSchema, Type } from 'typebox';
import { cacheable, inLanguage, moved, open, problems } from '../../responses.ts';
import { LocaleQuery, ref } from '../../schemas.ts';
import { ArticleParams } from '../articles/schemas.ts';
import { jsonLdOf } from '../articles/seo.ts';
import * as examples from './examples.ts';
import { ninjsOf } from './ninjs.ts';
import { listNinjs } from './ninjs-list.ts';
import { Ninjs, NinjsListAnswer, NinjsListQuery } from './ninjs-schemas.ts';
import { Link, NewsArticle } from './schemas.ts';
import { type Form, sendStoryAs } from './sending.ts';
import { textOf } from './text.ts';

interface Described extends Form {
  operationId: string;
  /** In a sentence: "Read a story as ...". */
  as: string;
  description: string;
  schema: TSchema;
  example: unknown;
}
const FORMS: Described[] = [
  {
    name: 'ninjs',
    operationId: 'getArticleAsNinjs',
    as: 'ninjs',
    description:
      'ninjs 3.1 of the IPTC: the text as HTML and plain text, who it is by and about, its licence; other languages, its picture and those in the text as associations.',
    type: 'application/json; charset=utf-8',
    schema: ref(Ninjs),
    example: examples.ninjs,
    taken: 'ninjs',
    build: (story, site) => JSON.stringify(ninjsOf(story, site)),
  },
  {
    name: 'jsonld',
    operationId: 'getArticleAsJsonLd',
    as: 'JSON-LD',
    description:
      'A schema.org NewsArticle: what `include=seo` has in `jsonLd`, but for the views. It holds no <, > and &, and so can stand in a script element as it is.',
    type: 'application/ld+json; charset=utf-8',
    schema: ref(NewsArticle),
    example: examples.newsArticle,
    build: (story, site) => jsonLdOf(story, site, null),
  },
  {
    name: 'text',
    operationId: 'getArticleAsText',
    as: 'plain text',
    description: 'Title, standfirst, byline, text, corrections, licence line and address, parted by empty lines.',
    type: 'text/plain; charset=utf-8',
    schema: Type.String({ description: 'The story, with the licence line and its address at the end' }),
    example: examples.text,
    taken: 'text',
    isTextAlone: true,
    build: textOf,
  },
  {
    name: 'markdown',
    operationId: 'getArticleAsMarkdown',
    as: 'Markdown',
    description:
      'CommonMark with tables and strikethrough: title, standfirst, byline, picture, text, corrections, licence line and address. Relative links and pictures are made whole.',
    type: 'text/markdown; charset=utf-8; variant=CommonMark',
    schema: Type.String({ description: 'The story, with the licence line and its address at the end' }),
    example: examples.markdown,
    taken: 'markdown',
    isTextAlone: true,
    build: async (story, site) => (await import('./markdown.ts')).markdownOf(story, site),
  },
];

export const formRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  for (const { operationId, as, description, schema, example, ...form } of FORMS) {
    const [mediaType = ''] = form.type.split(';');
    app.get(
      `/articles/:id/${form.name}`,
      {
        config: { access: 'public', partners: true },
        schema: {
          operationId,
          tags: ['Formats'],
          summary: `Read a story as ${as}`,
          description,
          params: ArticleParams,
          querystring: LocaleQuery,
          security: open,
          response: {
            ...cacheable(schema, example, { mediaType, headers: { ...inLanguage, Link } }),
            301: moved('The story at the address in Location stands for it now'),
            ...problems(400, 404, 410),
          },
        },
      },
      (request, reply) => sendStoryAs(app.db.public, form, request, reply, baseUrl),
    );
  }

  app.get(
    '/ninjs',
    {
      config: { access: 'public', partners: true },
      schema: {
        operationId: 'listNinjs',
        tags: ['Formats'],
        summary: 'List stories as ninjs',
        description: 'The filters, order and cursors of `/v1/articles`; each story whole, in ninjs 3.1.',
        querystring: NinjsListQuery,
        security: open,
        response: { ...cacheable(NinjsListAnswer, examples.ninjsList, { headers: inLanguage }), ...problems(400) },
      },
    },
    (request, reply) => listNinjs(app, request, reply, baseUrl + request.url),
  );
};
