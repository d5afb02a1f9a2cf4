// The public route of pictures: one that a published story shows. Those of the desk are in desk-routes.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { MEDIA, storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem, unknownLocale } from '../../errors.ts';
import { cacheable, open, problems } from '../../responses.ts';
import { LocaleQuery } from '../../schemas.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import * as examples from './examples.ts';
import { findShownMedia } from './reading.ts';
import { MediaAnswer, MediaParams } from './schemas.ts';

export const mediaRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const example = {
    data: examples.media,
    meta: { requestedLocale: 'en', locale: 'en' },
    links: { self: `${baseUrl}/v1/media/${examples.media.id}` },
  };

  app.get(
    '/media/:id',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getMedia',
        tags: ['Media'],
        summary: 'Read a picture',
        description:
          'With its texts in the locale asked for, or else in the best one there is. It is found as long as a published story shows it.',
        params: MediaParams,
        querystring: LocaleQuery,
        security: open,
        response: {
          ...cacheable(MediaAnswer, example, {
            headers: {
              'Content-Language': { type: 'string', description: 'Language of the texts (RFC 9110 section 8.5)' },
            },
          }),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const { locale: requested } = request.query;
      const { locale, item, language, shownBy } = await findShownMedia(
        app.db.public,
        request.params.id,
        requested ?? null,
      );
      if (locale === null) throw unknownLocale();
      if (item === null || shownBy === null) throw new Problem('not_found');
      const meta = { requestedLocale: requested ?? locale, locale };
      reply.header('content-language', language ?? locale);
      return sendCacheable(request, reply, {
        json: plainEnvelope(item, meta, { self: baseUrl + request.url }),
        // Whether it may be seen is up to the story; should that stop showing it, another one may still do.
        groups: [MEDIA, storyGroup(shownBy)],
      });
    },
  );
};
