// Public routes of the site and its locales: what every reader may know.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { sendCacheable } from '../../caching/sending.ts';
import { unknownLocale } from '../../errors.ts';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import * as examples from './examples.ts';
import { getPublicLocales, getPublicSite } from './queries.ts';
import { LocaleListAnswer, SiteAnswer } from './schemas.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}

export const siteRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const db = app.db.public;
  const links = { self: `${baseUrl}/v1/site` };

  app.get(
    '/site',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getSite',
        tags: ['Site'],
        summary: 'Read what the publication is',
        description: 'Texts come in all languages, as maps; `locale` says which of them the reader asked for.',
        querystring: LocaleQuery,
        security: open,
        response: {
          ...cacheable(
            SiteAnswer,
            { data: examples.site, meta: { requestedLocale: 'arm', locale: 'hy' }, links },
            { headers: inLanguage },
          ),
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const { locale: requested } = request.query;
      const { json, locale, modifiedAt } = await getPublicSite(db, requested ?? null);
      if (locale === null) throw unknownLocale();
      const meta = { requestedLocale: requested ?? locale, locale };
      reply.header('content-language', locale);
      return sendCacheable(request, reply, {
        json: plainEnvelope(json, meta, { self: baseUrl + request.url }),
        lastModified: modifiedAt,
        groups: [],
        lifetime: 'settings',
      });
    },
  );

  app.get(
    '/locales',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listLocales',
        tags: ['Site'],
        summary: 'List the languages of the publication',
        description: 'In the order of language switches, with aliases, direction of the script and fallbacks.',
        security: open,
        response: {
          ...cacheable(LocaleListAnswer, {
            data: examples.site.locales,
            meta: {},
            links: { self: `${baseUrl}/v1/locales` },
          }),
          ...problems(),
        },
      },
    },
    async (request, reply) => {
      const { json, modifiedAt } = await getPublicLocales(db);
      return sendCacheable(request, reply, {
        json: plainEnvelope(json, {}, { self: baseUrl + request.url }),
        lastModified: modifiedAt,
        groups: [],
        lifetime: 'settings',
      });
    },
  );
};
