// Public routes of feeds: any list of stories in the formats that readers and integrators take already.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TSchema, Type } from 'typebox';
import { sendCacheable } from '../../caching/sending.ts';
import { linkHeader } from '../../paging.ts';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { ref } from '../../schemas.ts';
import { entitlementsOf } from '../partners/entitlements.ts';
import { noteTaken, takingOf } from '../partners/noting.ts';
import * as examples from './examples.ts';
import { FORMATS } from './formats.ts';
import { type Feed, readFeed } from './reading.ts';
import { FeedQuery, JsonFeed } from './schemas.ts';

interface Described {
  name: keyof typeof FORMATS;
  operationId: string;
  called: string;
  schema: TSchema;
  example: unknown;
}
const DESCRIBED: Described[] = [
  {
    name: 'rss',
    operationId: 'getRssFeed',
    called: 'RSS 2.0',
    schema: Type.String({ description: 'RSS 2.0 with content, Dublin Core, Media RSS and Atom links' }),
    example: examples.rss,
  },
  {
    name: 'atom',
    operationId: 'getAtomFeed',
    called: 'Atom 1.0',
    schema: Type.String({ description: 'Atom 1.0 (RFC 4287) in pages (RFC 5005), with deletions (RFC 6721)' }),
    example: examples.atom,
  },
  {
    name: 'json',
    operationId: 'getJsonFeed',
    called: 'JSON Feed 1.1',
    schema: ref(JsonFeed),
    example: examples.json,
  },
];

const HEADERS = {
  ...inLanguage,
  'Content-Location': { type: 'string', description: 'The canonical address of the feed, as its `self` has it' },
} as const;

/** WebSub section 4: where to follow it, and under which name. */
const feedLinks = ({ links, hubs }: Feed): string[] => [
  ...linkHeader(links),
  ...hubs.map((href) => `<${href}>; rel="hub"`),
  `<${links.self}>; rel="self"`,
];

export const feedRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  for (const { name, operationId, called, schema, example } of DESCRIBED) {
    const { mediaType, tellsDeletions, write } = FORMATS[name];
    app.get(
      `/feeds/${name}`,
      {
        config: { access: 'public', partners: true },
        schema: {
          operationId,
          tags: ['Feeds'],
          summary: `Read stories as ${called}`,
          description:
            'Any list of `/v1/articles`, with the same filters. Ids are permanent: they stay when title, slug and host change. Pages lead on to all older stories. A partner gets those that are its own, without the texts that it may not republish (yet).',
          querystring: FeedQuery,
          security: open,
          response: { ...cacheable(schema, example, { mediaType, headers: HEADERS }), ...problems(400) },
        },
      },
      async (request, reply) => {
        const partner = entitlementsOf(request);
        const feed = await readFeed(app, baseUrl, request.url, request.query, { tellsDeletions, partner });
        const { languages, locale, links, groups, lastModified, isTimed, freshFor, stories } = feed;
        // RFC 9110 section 8.5: every language that is in it.
        reply.header('content-language', languages.join(', ') || locale).header('link', feedLinks(feed));
        const answer = sendCacheable(request, reply, {
          json: write(feed),
          type: `${mediaType}; charset=utf-8`,
          // RFC 9110 section 8.7: the address that the feed itself and WebSub name, however its parameters stood in the request.
          headers: {
            'content-location': links.self,
            // Told alone, and nothing found unchanged by it.
            ...(!isTimed && !partner && { 'last-modified': lastModified.toUTCString() }),
          },
          ...(isTimed && { lastModified }),
          freshFor,
          groups,
          lifetime: 'list',
        });
        noteTaken(request, reply, 'feed', stories.filter(feed.isFull).flatMap(takingOf));
        return answer;
      },
    );
  }
};
