// The table of contents: every plugin in order, then every module with its prefix. No behaviour lives here.
import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { canonical } from './caching/addresses.ts';
import type { Config } from './config.ts';
import { withoutValues } from './db/told.ts';
import { type Log, standardOutput } from './log.ts';
import { keyRoutes } from './modules/access/routes.ts';
import { aroundRoutes } from './modules/around/routes.ts';
import { articleRoutes } from './modules/articles/routes.ts';
import { auditRoutes } from './modules/audit/routes.ts';
import { bulkRoutes } from './modules/bulk/routes.ts';
import { changeRoutes } from './modules/changes/routes.ts';
import { commentRoutes } from './modules/comments/routes.ts';
import { contributorNoun } from './modules/contributors/noun.ts';
import { deskRoutes } from './modules/desk/routes.ts';
import { entryRoutes } from './modules/entries/routes.ts';
import { exportRoutes } from './modules/exports/routes.ts';
import { feedRoutes } from './modules/feeds/routes.ts';
import { fieldRoutes } from './modules/fields/routes.ts';
import { formRoutes } from './modules/formats/routes.ts';
import { deskFrontRoutes } from './modules/fronts/desk-routes.ts';
import { frontRoutes } from './modules/fronts/routes.ts';
import { healthRoutes } from './modules/health/routes.ts';
import { hubRoutes } from './modules/hub/routes.ts';
import { importRoutes } from './modules/imports/routes.ts';
import { liveRoutes } from './modules/live/routes.ts';
import { lockRoutes } from './modules/locks/routes.ts';
import { deskMediaRoutes } from './modules/media/desk-routes.ts';
import { keptMediaRoutes } from './modules/media/kept-routes.ts';
import { mediaRoutes } from './modules/media/routes.ts';
import { openStore } from './modules/media/store.ts';
import { oembedRoutes } from './modules/oembed/routes.ts';
import { partnerRoutes } from './modules/partners/routes.ts';
import { userRoutes } from './modules/people/routes.ts';
import { deskFrontPreviewRoutes, frontPreviewRoutes } from './modules/previews/front-routes.ts';
import { frontLinkRoutes } from './modules/previews/link-routes.ts';
import { deskPreviewRoutes, previewRoutes } from './modules/previews/routes.ts';
import { printRoutes } from './modules/print/routes.ts';
import { redirectRoutes, resolveRoutes } from './modules/redirects/routes.ts';
import { regionNoun } from './modules/regions/noun.ts';
import { republishRoutes } from './modules/republish/routes.ts';
import { revisionRoutes } from './modules/revisions/routes.ts';
import { embargoRoutes } from './modules/schedules/embargo-routes.ts';
import { scheduleRoutes } from './modules/schedules/routes.ts';
import { searchRoutes } from './modules/search/routes.ts';
import { sessionRoutes } from './modules/sessions/routes.ts';
import { deskSiteRoutes } from './modules/site/desk-routes.ts';
import { siteRoutes } from './modules/site/routes.ts';
import { sitemapRoutes } from './modules/sitemaps/routes.ts';
import { tagNoun } from './modules/tags/noun.ts';
import { deskTaxonomyRoutes } from './modules/taxonomy/desk-routes.ts';
import { taxonomyRoutes } from './modules/taxonomy/routes.ts';
import { translationRoutes } from './modules/translations/routes.ts';
import { trashRoutes } from './modules/trash/routes.ts';
import { trendingRoutes } from './modules/trending/routes.ts';
import { deskViewRoutes } from './modules/views/desk-routes.ts';
import { viewRoutes } from './modules/views/routes.ts';
import { deliveryRoutes } from './modules/webhooks/log-routes.ts';
import { webhookRoutes } from './modules/webhooks/routes.ts';
import { access } from './plugins/access.ts';
import { announcements } from './plugins/announcements.ts';
import { ARRIVALS, arrivals } from './plugins/arrivals.ts';
import { components } from './plugins/components.ts';
import { conventions } from './plugins/conventions.ts';
import { cursors } from './plugins/cursors.ts';
import { database } from './plugins/database.ts';
import { deliveries } from './plugins/deliveries.ts';
import { departures } from './plugins/departures.ts';
import { docs } from './plugins/docs.ts';
import { door } from './plugins/door.ts';
import { expectations } from './plugins/expectations.ts';
import { idempotency } from './plugins/idempotency.ts';
import { inner } from './plugins/inner.ts';
import { jobs } from './plugins/jobs.ts';
import { methods } from './plugins/methods.ts';
import { naming } from './plugins/naming.ts';
import { openapi } from './plugins/openapi.ts';
import { outbound } from './plugins/outbound.ts';
import { partners } from './plugins/partners.ts';
import { answerClientError, originForm, problems, sendProblem } from './plugins/problems.ts';
import { responseCache } from './plugins/response-cache.ts';
import { scheduler } from './plugins/scheduler.ts';
import { buildValidator } from './validation.ts';

export interface AppConfig
  extends Pick<Config, 'baseUrl' | 'logLevel' | 'trustProxy' | 'roles'>,
    Partial<Pick<Config, 'oidc' | 'cacheMb' | 'streams' | 'outbound'>> {
  databaseUrl: string;
  /** Folder of pictures that are kept; without it none are. */
  mediaDir?: string;
  /** Where the log goes, one line each; standard output by default. */
  logStream?: Log;
}

export async function buildApp(config: AppConfig): Promise<FastifyInstance> {
  const app = Fastify({
    logger: {
      level: config.logLevel,
      // Of no request that is logged today: its headers are left out. It stays so, whoever logs one whole.
      redact: ['req.headers.authorization'],
      formatters: {
        log(told) {
          withoutValues(told.err);
          return told;
        },
      },
      stream: config.logStream ?? standardOutput(),
    },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: 1_048_576,
    requestTimeout: ARRIVALS.requestTimeout,
    forceCloseConnections: 'idle',
    // The hook in problems.ts refuses instead, with a problem document.
    return503OnClosing: false,
    // Node would answer a missing Host itself, with an empty 400; the hook in problems.ts does.
    // Of two Authorization or Content-Type, Node takes the first and drops the second; a gateway may have judged by that one.
    http: { requireHostHeader: false, joinDuplicateHeaders: true, ...ARRIVALS.http },
    rewriteUrl: ({ url }) => canonical(originForm(url ?? '/')),
    routerOptions: { maxParamLength: 1_000 },
    schemaController: { compilersFactory: { buildValidator } },
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, error),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // What a handler returns is what is sent: a serialiser that drops undeclared members would hide a leak from the tests.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  await app.register(problems);
  await app.register(methods);
  await app.register(arrivals);
  await app.register(departures);
  await app.register(database, { databaseUrl: config.databaseUrl });
  await app.register(inner);
  await app.register(conventions);
  await app.register(access);
  await app.register(expectations);
  await app.register(partners);
  await app.register(announcements, { databaseUrl: config.databaseUrl });
  const cacheMb = config.cacheMb ?? 64;
  await app.register(door);
  await app.register(naming, { enabled: cacheMb > 0 });
  await app.register(responseCache, { maxBytes: cacheMb * 1_048_576 });
  await app.register(cursors);
  await app.register(components);
  await app.register(idempotency);
  await app.register(openapi, { baseUrl: config.baseUrl });
  await app.register(docs, { baseUrl: config.baseUrl });
  await app.register(outbound, config.outbound ?? { loopback: false });
  const store = openStore(config.mediaDir);
  const working = { enabled: config.roles.jobs, databaseUrl: config.databaseUrl, baseUrl: config.baseUrl };
  await app.register(jobs, { ...working, store });
  await app.register(deliveries, working);
  await app.register(scheduler, working);

  await app.register(healthRoutes);
  if (config.roles.api) {
    await app.register(keptMediaRoutes, { store });
    const reader = { prefix: '/v1', baseUrl: config.baseUrl };
    const editor = { prefix: '/v1/desk', baseUrl: config.baseUrl };
    await app.register(siteRoutes, reader);
    await app.register(articleRoutes, reader);
    await app.register(printRoutes, reader);
    await app.register(formRoutes, reader);
    await app.register(republishRoutes, reader);
    await app.register(feedRoutes, reader);
    await app.register(hubRoutes, reader);
    await app.register(oembedRoutes, reader);
    await app.register(sitemapRoutes, reader);
    await app.register(aroundRoutes, reader);
    await app.register(liveRoutes, { ...reader, maxStreams: config.streams ?? 1_000 });
    await app.register(changeRoutes, { ...reader, mostWaiting: config.streams ?? 1_000 });
    for (const noun of [regionNoun, tagNoun, contributorNoun]) {
      await app.register(taxonomyRoutes, { ...reader, noun });
      await app.register(deskTaxonomyRoutes, { ...editor, noun });
    }
    await app.register(frontRoutes, reader);
    await app.register(mediaRoutes, reader);
    await app.register(resolveRoutes, reader);
    await app.register(searchRoutes, reader);
    await app.register(viewRoutes, { ...reader, trustProxy: config.trustProxy });
    await app.register(trendingRoutes, reader);
    await app.register(embargoRoutes, reader);
    await app.register(previewRoutes, reader);
    await app.register(frontPreviewRoutes, reader);
    await app.register(deskRoutes, editor);
    await app.register(deskViewRoutes, editor);
    await app.register(entryRoutes, editor);
    await app.register(scheduleRoutes, editor);
    await app.register(redirectRoutes, editor);
    await app.register(deskSiteRoutes, editor);
    await app.register(deskFrontRoutes, editor);
    await app.register(deskMediaRoutes, editor);
    await app.register(fieldRoutes, editor);
    await app.register(keyRoutes, editor);
    await app.register(partnerRoutes, editor);
    await app.register(bulkRoutes, editor);
    await app.register(userRoutes, editor);
    await app.register(sessionRoutes, { ...editor, oidc: config.oidc });
    await app.register(deskPreviewRoutes, editor);
    await app.register(deskFrontPreviewRoutes, editor);
    await app.register(frontLinkRoutes, editor);
    await app.register(revisionRoutes, editor);
    await app.register(lockRoutes, editor);
    await app.register(commentRoutes, editor);
    await app.register(translationRoutes, editor);
    await app.register(trashRoutes, editor);
    await app.register(webhookRoutes, editor);
    await app.register(deliveryRoutes, editor);
    await app.register(auditRoutes, editor);
    await app.register(exportRoutes, editor);
    await app.register(importRoutes, editor);
  }
  return app;
}
