// Routes of the desk for the site and its locales. Rules live in checking.ts and workflow.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { checkAddress } from '../../outbound/refusing.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  empty,
  keyed,
  located,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import * as examples from './examples.ts';
import { getLocale, getSite, listLocales } from './queries.ts';
import {
  type DeskLocale,
  DeskLocaleAnswer,
  DeskLocaleListAnswer,
  type DeskSite,
  DeskSiteAnswer,
  LocaleInput,
  LocaleParams,
  LocalePatch,
  SitePatch,
} from './schemas.ts';
import { changeLocale, changeSite, createLocale, removeLocale } from './workflow.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}

export const deskSiteRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const checkHubs = ({ hubs = [] }: SitePatch) =>
    Promise.all(hubs.map((hub, at) => checkAddress(app.outbound, hub, `/hubs/${at}`)));
  const config = { access: 'site:write' } as const;
  const tags = ['Desk'];
  const wrapSite = (data: DeskSite) => ({ data, meta: {}, links: { self: `${baseUrl}/v1/desk/site` } });
  const addressOf = ({ tag }: DeskLocale) => `${baseUrl}/v1/desk/locales/${tag}`;
  const wrapLocale = (data: DeskLocale) => ({ data, meta: {}, links: { self: addressOf(data) } });
  const description =
    'JSON Merge Patch (RFC 7396): members that are absent stay. Stories follow, the newest within seconds, tens of thousands within minutes.';

  app.get(
    '/site',
    {
      config,
      schema: {
        operationId: 'getDeskSite',
        tags,
        summary: 'Read the site with its version',
        description: 'As readers see it, and what is for the desk alone; the ETag holds the version for If-Match.',
        security: keyed,
        response: {
          200: answer(DeskSiteAnswer, wrapSite(examples.deskSite), { headers: versioned }),
          ...problems(403),
        },
      },
    },
    async (_request, reply) => {
      const site = await getSite(db);
      return reply.header('etag', `"${site.version}"`).send(wrapSite(site));
    },
  );

  app.patch(
    '/site',
    {
      config: { ...config, ahead: ({ body }) => checkHubs(body as SitePatch) },
      schema: {
        operationId: 'changeSite',
        tags,
        summary: 'Change the site',
        description,
        security: keyed,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(SitePatch, examples.sitePatch),
        response: {
          200: answer(DeskSiteAnswer, wrapSite(examples.deskSite), { headers: versioned }),
          ...writeProblems(409, 412, 428),
        },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await checkHubs(request.body);
      const site = await db.transaction((tx) => changeSite(tx, actorOf(request), expected, request.body));
      return reply.header('etag', `"${site.version}"`).send(wrapSite(site));
    },
  );

  app.get(
    '/locales',
    {
      config,
      schema: {
        operationId: 'listDeskLocales',
        tags,
        summary: 'List the languages with their versions',
        description: 'As readers see them; each has its version for If-Match.',
        security: keyed,
        response: {
          200: answer(DeskLocaleListAnswer, {
            data: [examples.deskLocale],
            meta: {},
            links: { self: `${baseUrl}/v1/desk/locales` },
          }),
          ...problems(403),
        },
      },
    },
    async () => ({ data: await listLocales(db), meta: {}, links: { self: `${baseUrl}/v1/desk/locales` } }),
  );

  app.post(
    '/locales',
    {
      config,
      schema: {
        operationId: 'createLocale',
        tags,
        summary: 'Add a language',
        description: 'The tag must be in BCP 47 canonical form; no tag or alias may stand for two languages.',
        security: keyed,
        body: body(LocaleInput, examples.localeInput),
        response: {
          201: answer(DeskLocaleAnswer, wrapLocale(examples.deskLocale), {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const locale = await db.transaction((tx) => createLocale(tx, actorOf(request), request.body));
      return reply
        .code(201)
        .header('location', addressOf(locale))
        .header('etag', `"${locale.version}"`)
        .send(wrapLocale(locale));
    },
  );

  app.get(
    '/locales/:tag',
    {
      config,
      schema: {
        operationId: 'getDeskLocale',
        tags,
        summary: 'Read a language with its version',
        description: 'By its tag, not by an alias; the ETag holds the version for If-Match.',
        security: keyed,
        params: LocaleParams,
        response: {
          200: answer(DeskLocaleAnswer, wrapLocale(examples.deskLocale), { headers: versioned }),
          ...problems(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const locale = await getLocale(db, request.params.tag);
      return reply.header('etag', `"${locale.version}"`).send(wrapLocale(locale));
    },
  );

  app.patch(
    '/locales/:tag',
    {
      config,
      schema: {
        operationId: 'changeLocale',
        tags,
        summary: 'Change a language',
        description,
        security: keyed,
        params: LocaleParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(LocalePatch, examples.localePatch),
        response: {
          200: answer(DeskLocaleAnswer, wrapLocale(examples.deskLocale), { headers: versioned }),
          ...changeProblems(),
        },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const locale = await db.transaction((tx) =>
        changeLocale(tx, actorOf(request), request.params.tag, expected, request.body),
      );
      return reply.header('etag', `"${locale.version}"`).send(wrapLocale(locale));
    },
  );

  app.delete(
    '/locales/:tag',
    {
      config,
      schema: {
        operationId: 'deleteLocale',
        tags,
        summary: 'Delete a language that nothing uses',
        description: 'Refused as long as a story, a name or anything else is in it, or falls back to it.',
        security: keyed,
        params: LocaleParams,
        headers: IfMatch,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeLocale(tx, actorOf(request), request.params.tag, expected));
      return reply.code(204).send();
    },
  );
};
