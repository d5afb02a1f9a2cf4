// Public route of our own WebSub hub: takes requests to follow feeds. It does nothing before the callback has confirmed.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalid, Problem } from '../../errors.ts';
import { body, empty, open, problems } from '../../responses.ts';
import { resolveFilters } from '../articles/listing.ts';
import { FeedQuery } from '../feeds/schemas.ts';
import { insertIntent } from './queries.ts';
import { example, HubRequest, LEASE } from './schemas.ts';
import { readTopic } from './topics.ts';

const FORM = 'application/x-www-form-urlencoded';
const MOST_BYTES = 16_384;

/**
 * Those that are not known are passed over, however often they come: PubSubHubbub 0.3 has `hub.verify` once for each way that will do.
 * @throws Problem bad_request where one that is known is given twice
 */
function readForm(text: string): Record<string, string> {
  const parameters = new URLSearchParams(text);
  if (Object.keys(HubRequest.properties).some((name) => parameters.getAll(name).length > 1))
    throw new Problem('bad_request', { detail: 'A parameter is given more than once.' });
  return Object.fromEntries(parameters);
}

export const hubRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    FORM,
    { parseAs: 'string', bodyLimit: MOST_BYTES },
    async (_request: unknown, text: string) => readForm(text),
  );

  app.post(
    '/hub',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'requestHub',
        tags: ['Feeds'],
        summary: 'Follow a feed by WebSub, or no more',
        description:
          'A hub of WebSub (W3C Recommendation) for all feeds of this API. The callback is asked to confirm with `hub.challenge`; then what is new in the feed is sent there as soon as it is public, signed with `X-Hub-Signature: sha256=…` where there is a secret. When what the filters of a feed name is deleted, its followers are told so by `hub.mode=denied`.',
        consumes: [FORM],
        body: body(HubRequest, example),
        security: open,
        response: { 202: empty('The callback is asked to confirm'), ...problems(400, 409, 429) },
      },
    },
    async (request, reply) => {
      const form = request.body;
      const { 'hub.mode': mode, 'hub.callback': callback, 'hub.secret': secret = null } = form;
      const check = request.compileValidationSchema(FeedQuery, 'querystring');
      const topic = readTopic(form['hub.topic'], baseUrl, (query) => check(query) === true);
      if (!topic)
        throw invalid({ pointer: '/hub.topic' }, 'is not the canonical address of a feed of this API', 'unknown');
      // Whoever follows a feed that is no more may leave it.
      if (mode === 'subscribe') await resolveFilters(app.db.public, topic.query);
      const refusal = await app.outbound.check(callback);
      if (refusal !== null) throw invalid({ pointer: '/hub.callback' }, refusal);
      const asked = Number(form['hub.lease_seconds'] ?? LEASE.usual);
      const leaseSeconds = Math.min(LEASE.most, Math.max(LEASE.least, asked));
      const { url, format, query } = topic;
      // Without the port: a host that has many is one all the same.
      const { hostname: host } = new URL(callback);
      const intent = { mode, topic: url, format, query, callback, host, secret, leaseSeconds };
      if (!(await insertIntent(app.db.desk, intent)))
        throw new Problem('too_many_requests', { headers: { 'retry-after': '60' } });
      return reply.code(202).send();
    },
  );
};
