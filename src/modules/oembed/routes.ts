// Route of the oEmbed provider: the card of a public story for its address. It never fetches the address it is given.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { storyGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { Problem } from '../../errors.ts';
import { cacheable, open, problems } from '../../responses.ts';
import { ref } from '../../schemas.ts';
import { getSiteFace } from '../site/face.ts';
import { cardOf, cardXml } from './card.ts';
import { getStoryAt } from './finding.ts';
import { Card, CardQuery } from './schemas.ts';

const example: Card = {
  version: '1.0',
  type: 'rich',
  title: 'Mountain line opens',
  author_name: 'Four Winds Courier',
  provider_name: 'Four Winds Courier',
  provider_url: 'https://www.example.org/',
  cache_age: 300,
  html: '<blockquote cite="https://www.example.org/en/mountain-line-opens" lang="en" dir="ltr"><p><a href="https://www.example.org/en/mountain-line-opens">Mountain line opens</a></p></blockquote>',
  width: 600,
  height: 200,
};
const json = cacheable(ref(Card), example);
const xml = { 'text/xml': { schema: Type.String({ description: 'The same as XML' }), example: cardXml(example) } };

export const oembedRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;

  app.get(
    '/oembed',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getOEmbedCard',
        tags: ['Formats'],
        summary: 'Read the card of a story for its address',
        description:
          'An oEmbed provider (oembed.com): a card of the type `rich` for the address of a story on the front end, now or before, its short address, or itself in this API. It is told of in the header Link of stories and in print. Parameters that it does not know are passed over, as oEmbed has it. What is not public is answered as the story itself is.',
        querystring: CardQuery,
        security: open,
        response: {
          ...json,
          200: { ...json[200], content: { ...json[200].content, ...xml } },
          ...problems(400, 404, 410, 501),
        },
      },
    },
    async (request, reply) => {
      const { url, format = 'json', ...limits } = request.query;
      if (format !== 'json' && format !== 'xml') throw new Problem('not_implemented');
      const { document, isById } = await getStoryAt(db, url, baseUrl);
      const card = cardOf(document, await getSiteFace(db, document.locale), limits);
      reply.header('content-language', document.locale);
      return sendCacheable(request, reply, {
        json: format === 'json' ? JSON.stringify(card) : cardXml(card),
        ...(format === 'xml' && { type: 'text/xml; charset=utf-8' }),
        // Redirects of paths tell nobody when they change: what was found on such a way is not kept.
        groups: [storyGroup(document.id)],
        isKept: isById,
      });
    },
  );
};
