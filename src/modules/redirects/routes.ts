// Routes of redirects: what a path leads to, for every front end; and how the desk redirects paths. Rules live in checking.ts and placing.ts.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { storyGroup, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  cacheable,
  changeProblems,
  empty,
  keyed,
  located,
  MERGE_PATCH,
  open,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import * as examples from './examples.ts';
import { listForDesk, redirectOf } from './listing.ts';
import type { RedirectRow } from './queries.ts';
import { resolvePath } from './resolving.ts';
import {
  RedirectAnswer,
  RedirectBatch,
  RedirectBatchAnswer,
  RedirectInput,
  RedirectListAnswer,
  RedirectListQuery,
  RedirectParams,
  RedirectPatch,
  type Resolution,
  ResolutionAnswer,
  ResolveQuery,
} from './schemas.ts';
import { changeRedirect, createRedirects, getRedirect, removeRedirect } from './workflow.ts';

interface Options {
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
}

/** Redirects of paths have no name: what was found is told, and not on which way. */
const groupsOf = ({ article, term }: Resolution) => [
  ...(article ? [storyGroup(article.id)] : []),
  ...(term ? [termsGroup({ plural: `${term.noun}s` })] : []),
];

export const resolveRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const self = `${baseUrl}/v1/resolve?path=/en/mountain-line`;

  app.get(
    '/resolve',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'resolvePath',
        tags: ['Articles'],
        summary: 'Tell what a path of the front end leads to',
        description:
          'For middleware: always 200, with what the front end is to answer as data. First the public story at that address, then the redirects of editors, then stories that moved or were withdrawn, then regions, tags and contributors. What is not public is as if it did not exist.',
        querystring: ResolveQuery,
        security: open,
        response: {
          ...cacheable(ResolutionAnswer, { data: examples.resolution, meta: {}, links: { self } }),
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const data = await resolvePath(app.db.public, request.query.path);
      return sendCacheable(request, reply, {
        json: JSON.stringify({ data, meta: {}, links: { self: baseUrl + request.url } }),
        groups: groupsOf(data),
        isKept: false,
        ...(data.status >= 400 && { lifetime: 'ended' }),
      });
    },
  );
};

export const redirectRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'redirects:write' } as const;
  const tags = ['Desk'];
  const self = `${baseUrl}/v1/desk/redirects`;
  const addressOf = ({ id }: { id: string }) => `${self}/${id}`;
  const wrap = (row: RedirectRow) => ({ data: redirectOf(row), meta: {}, links: { self: addressOf(row) } });
  const example = { data: examples.redirect, meta: {}, links: { self: addressOf(examples.redirect) } };

  app.get(
    '/redirects',
    {
      config,
      schema: {
        operationId: 'listRedirects',
        tags,
        summary: 'List redirects of paths',
        description: 'Last changed first; `path` picks those whose path begins like that.',
        querystring: RedirectListQuery,
        security: keyed,
        response: {
          200: answer(RedirectListAnswer, {
            data: [examples.redirect],
            meta: {},
            links: { self, next: null, prev: null },
          }),
          ...problems(400, 403),
        },
      },
    },
    (request) => listForDesk(app, request.query, baseUrl + request.url),
  );

  app.post(
    '/redirects',
    {
      config,
      schema: {
        operationId: 'createRedirect',
        tags,
        summary: 'Redirect a path',
        description:
          'To another path, to a story, to a URL elsewhere, or to nowhere (410). A way over other redirects is flattened, a loop refused; so is a path that a public story has.',
        body: body(RedirectInput, examples.redirectInput),
        security: keyed,
        response: {
          201: answer(RedirectAnswer, example, {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const row = await db.transaction(async (tx) => {
        const [made] = await createRedirects(tx, actorOf(request), [request.body], () => '');
        if (!made) throw new Error('an insert returned no row');
        return made;
      });
      return reply.code(201).header('location', addressOf(row)).header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.post(
    '/redirects/batch',
    {
      config,
      schema: {
        operationId: 'createRedirects',
        tags,
        summary: 'Redirect many paths at once',
        description: 'Up to 1,000, all of them or none; they may lead through each other.',
        body: body(RedirectBatch, examples.redirectBatch),
        security: keyed,
        response: {
          201: answer(
            RedirectBatchAnswer,
            { data: [examples.redirect], meta: {}, links: { self } },
            { description: 'They are made, in the order given' },
          ),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const rows = await db.transaction((tx) =>
        createRedirects(tx, actorOf(request), request.body.redirects, (index) => `/redirects/${index}`),
      );
      return reply.code(201).send({ data: rows.map(redirectOf), meta: {}, links: { self } });
    },
  );

  app.get(
    '/redirects/:id',
    {
      config,
      schema: {
        operationId: 'getRedirect',
        tags,
        summary: 'Read a redirect',
        description: 'The ETag holds the version for If-Match.',
        params: RedirectParams,
        security: keyed,
        response: { 200: answer(RedirectAnswer, example, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const row = await getRedirect(db, request.params.id);
      return reply.header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.patch(
    '/redirects/:id',
    {
      config,
      schema: {
        operationId: 'changeRedirect',
        tags,
        summary: 'Change a redirect',
        description:
          'JSON Merge Patch (RFC 7396). Those that lead to its path go its way; those that were flattened through it before lead on as they do.',
        params: RedirectParams,
        headers: IfMatch,
        consumes: MERGE_PATCH,
        body: body(RedirectPatch, examples.redirectPatch),
        security: keyed,
        response: { 200: answer(RedirectAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const row = await db.transaction((tx) =>
        changeRedirect(tx, actorOf(request), request.params.id.toLowerCase(), expected, request.body),
      );
      return reply.header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.delete(
    '/redirects/:id',
    {
      config,
      schema: {
        operationId: 'deleteRedirect',
        tags,
        summary: 'Take a redirect away',
        description: 'Those that led through it lead on as they do.',
        params: RedirectParams,
        headers: IfMatch,
        security: keyed,
        response: { 204: empty('It is deleted'), ...problems(400, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      await db.transaction((tx) => removeRedirect(tx, actorOf(request), request.params.id.toLowerCase(), expected));
      return reply.code(204).send();
    },
  );
};
