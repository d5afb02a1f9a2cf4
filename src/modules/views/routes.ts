// Public routes of views: the beacon that counts one, and the numbers. A view that is answered 204 is on disk, or is none that counts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem } from '../../errors.ts';
import { cacheable, empty, open, problems } from '../../responses.ts';
import { createViewDoor } from './door.ts';
import * as examples from './examples.ts';
import { pixelRoutes } from './pixel-routes.ts';
import { findViews, findViewTotals } from './queries.ts';
import { ArticleViewsQuery, ViewParams, ViewQuery, ViewsAnswer, ViewsQuery, ViewTotalsAnswer } from './schemas.ts';
import { findSeries } from './series.ts';
import { createReadCounter } from './visiting.ts';

/** navigator.sendBeacon sends at most 64 KiB. */
const BEACON_BYTES = 65_536;

interface ViewOptions {
  baseUrl: string;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  trustProxy: readonly string[];
}

export const viewRoutes: FastifyPluginAsyncTypebox<ViewOptions> = async (app, { baseUrl, trustProxy }) => {
  const countRead = createReadCounter(app);
  const door = createViewDoor({ prefix: app.prefix, trustProxy, countRead });
  app.stand(door.answer);
  await app.register(pixelRoutes, { countRead });

  await app.register(async (beacons: typeof app) => {
    // Any body, since a beacon may send text without asking first (CORS simple request); none of it is read.
    beacons.removeAllContentTypeParsers();
    beacons.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BEACON_BYTES }, (_request, _body, done) =>
      done(null),
    );

    beacons.addHook('onResponse', async (request, reply) => {
      if (reply.statusCode === 204 && request.actor === null) door.note(reply.raw);
    });

    beacons.post(
      '/articles/:id/views',
      {
        config: { access: 'public' },
        schema: {
          operationId: 'countView',
          tags: ['Views'],
          summary: 'Count a view',
          description:
            'Made for navigator.sendBeacon. Answered 204 once the view is on disk. One view per visitor, story and language in any 30 seconds. ' +
            'A visitor is a browser at an address (of IPv6: in a network). Without `locale`, doubles are known by the default language of the site: of a story that is not public in it, name the language always or never. ' +
            'Not counted, and answered the same: bots, prefetches, requests with a key, and stories that are not public.',
          params: ViewParams,
          querystring: ViewQuery,
          security: open,
          response: { 204: empty('The view is on disk, or is none that counts'), ...problems(400) },
        },
      },
      async (request, reply) => {
        const refusal = door.refusalOf(request.raw);
        if (refusal !== undefined) throw refusal;
        const { locale, source = 'web' } = request.query;
        await countRead(request, { articleId: request.params.id, locale, source });
        return reply.code(204).send();
      },
    );
  });

  app.get(
    '/articles/:id/views',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getViews',
        tags: ['Views'],
        summary: 'Read how often a story was viewed',
        description:
          'The sum of all hours, by language and by source. With `interval`, how they came: hours or days (UTC) in order, those without a view as well.',
        params: ViewParams,
        querystring: ArticleViewsQuery,
        security: open,
        response: { ...cacheable(ViewsAnswer, examples.views), ...problems(400, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const [found, series] = await Promise.all([
        findViews(app.db.public, id),
        findSeries(app.db.public, id, request.query),
      ]);
      if (!found) throw new Problem('not_found');
      const links = { self: baseUrl + request.url };
      const data = { ...found.views, ...(series && { series }) };
      const json = JSON.stringify({ data, links });
      return sendCacheable(request, reply, {
        json,
        send: JSON.stringify({ data, meta: { asOf: found.asOf }, links }),
        groups: [storyGroup(id.toLowerCase())],
        isKept: false,
      });
    },
  );

  app.get(
    '/views',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listViews',
        tags: ['Views'],
        summary: 'Read the views of many stories',
        description: 'One number for each story that is public; for lists and most-read boxes.',
        querystring: ViewsQuery,
        security: open,
        response: { ...cacheable(ViewTotalsAnswer, examples.totals), ...problems(400) },
      },
    },
    async (request, reply) => {
      const { asOf, totals } = await findViewTotals(
        app.db.public,
        request.query.ids.map((id) => id.toLowerCase()),
      );
      const links = { self: baseUrl + request.url };
      const json = JSON.stringify({ data: totals, links });
      return sendCacheable(request, reply, {
        json,
        send: JSON.stringify({ data: totals, meta: { asOf }, links }),
        groups: null,
      });
    },
  );
};
