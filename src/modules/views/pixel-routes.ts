// Route of the picture that republished texts carry: whoever loads it has read the text elsewhere. It tells nothing, whatever it is asked for.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { answer, open, problems } from '../../responses.ts';
import { isPartnerCode } from '../partners/queries.ts';
import { PixelQuery } from './addresses.ts';
import { ViewParams } from './schemas.ts';
import { REPUBLISHED, republishedAt } from './sources.ts';
import type { CountRead } from './visiting.ts';

/** The smallest GIF that every client shows: one transparent dot, 43 bytes (GIF89a). */
const DOT = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const Gif = Type.Unsafe<Buffer | string>(Type.String({ format: 'binary', description: 'A GIF of 43 bytes' }));

export const pixelRoutes: FastifyPluginAsyncTypebox<{ countRead: CountRead }> = async (app, { countRead }) => {
  app.get(
    '/articles/:id/pixel.gif',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'countRepublishedView',
        tags: ['Views'],
        summary: 'Count a view of a republished story',
        description:
          'The transparent dot that republished texts carry, answered once the view is on disk. The rules are those of `POST /v1/articles/{id}/views`; ' +
          'for partners, stories and texts that are not there, and for HEAD, the dot is the same and nothing is counted.',
        params: ViewParams,
        querystring: PixelQuery,
        security: open,
        response: {
          200: answer(Gif, 'GIF89a…', { mediaType: 'image/gif' }),
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const { locale, partner } = request.query;
      const isMeant =
        request.method === 'GET' && (partner === undefined || (await isPartnerCode(app.db.desk, partner)));
      const source = partner === undefined ? REPUBLISHED : republishedAt(partner);
      if (isMeant) await countRead(request, { articleId: request.params.id, locale, source });
      return reply
        .type('image/gif')
        .headers({ 'cache-control': 'no-store', 'cross-origin-resource-policy': 'cross-origin' })
        .send(DOT);
    },
  );
};
