// Routes of sitemaps: the index, its files by language and month, and the news of two days. What is not public stands in none of them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { listGroups } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { cacheable, open, problems } from '../../responses.ts';
import { closed, Locale, YEAR } from '../../schemas.ts';
import { listingKey } from '../articles/listing-keys.ts';
import { findFile, listLocaleTags, listMonths, listNews } from './queries.ts';
import { fileXml, indexXml, newsXml, PROTOCOL } from './writing.ts';

const FileParams = closed({
  locale: Locale,
  file: Type.String({
    pattern: `^${YEAR}-(0[1-9]|1[0-2])-[1-9][0-9]{0,3}\\.xml$`,
    maxLength: 16,
    description: 'Year and month of first publication (UTC), and the number of the file within it',
  }),
});
const tags = ['Sitemaps'];
const xml = Type.String({ description: 'The file' });
const type = 'application/xml; charset=utf-8';
const answers = (example: string) => cacheable(xml, example, { mediaType: 'application/xml' });

export const sitemapRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;
  const base = `${baseUrl}/v1/sitemaps`;
  const config = { access: 'public' as const };
  const groupsOf = (locales: readonly string[]) => locales.flatMap((locale) => listGroups(locale));

  app.get(
    '/sitemaps/index.xml',
    {
      config,
      schema: {
        operationId: 'getSitemapIndex',
        tags,
        summary: 'Read the index of sitemaps',
        description:
          'One file, or more, for each language and month of first publication, newest first, and the news. `lastmod` is the last major edit in that month. Name it in the robots.txt of the front end.',
        security: open,
        response: {
          ...answers(
            `<sitemapindex xmlns="${PROTOCOL}"><sitemap><loc>http://localhost:3000/v1/sitemaps/en/2026-05-1.xml</loc><lastmod>2026-05-27T08:00:00.000Z</lastmod></sitemap></sitemapindex>`,
          ),
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const [months, locales] = await Promise.all([listMonths(db), listLocaleTags(db)]);
      const json = indexXml(months, base);
      return sendCacheable(request, reply, { json, type, groups: groupsOf(locales), lifetime: 'list' });
    },
  );

  app.get(
    '/sitemaps/news.xml',
    {
      config,
      schema: {
        operationId: 'getNewsSitemap',
        tags,
        summary: 'Read the sitemap of news',
        description:
          'The newest stories of the last two days in all languages, 1,000 at most, without pages: what Google News reads. Without any it is an empty file.',
        security: open,
        response: {
          ...answers(
            `<urlset xmlns="${PROTOCOL}"><url><loc>https://www.example.org/en/mountain-line-opens</loc>…</url></urlset>`,
          ),
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const locales = await listLocaleTags(db);
      const news = await listNews(
        db,
        locales.map((locale) => listingKey(locale)),
      );
      const json = newsXml(news);
      return sendCacheable(request, reply, {
        json,
        type,
        groups: groupsOf(locales),
        lifetime: 'list',
        freshFor: news.freshFor,
      });
    },
  );

  app.get(
    '/sitemaps/:locale/:file',
    {
      config,
      schema: {
        operationId: 'getSitemap',
        tags,
        summary: 'Read a sitemap',
        description:
          'Stories and pages in one language, 2,500 at most, in the order of first publication: what is published later changes no file of an earlier month. `lastmod` is the last major edit. Each names all languages in which it is public, itself among them, and `x-default`, and its picture.',
        params: FileParams,
        security: open,
        response: {
          ...answers(
            `<urlset xmlns="${PROTOCOL}"><url><loc>https://www.example.org/en/mountain-line-opens</loc><lastmod>2026-05-27T08:00:00.000Z</lastmod></url></urlset>`,
          ),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const [year, month, part] = request.params.file.split(/[-.]/);
      const file = await findFile(db, request.params.locale, `${year}-${month}-01T00:00:00Z`, Number(part));
      if (file.locale === null) throw unknownLocale();
      if (file.urls.length === 0) throw new Problem('not_found');
      return sendCacheable(request, reply, {
        json: fileXml(file),
        type,
        groups: listGroups(file.locale),
        lifetime: 'list',
      });
    },
  );
};
