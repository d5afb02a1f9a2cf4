// Desk routes of partners: who takes stories, which, and what came of it. Keys are made, rotated and revoked at /v1/desk/keys.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { actorOf } from '../../plugins/access.ts';
import { parseIfMatch } from '../../preconditions.ts';
import {
  answer,
  body,
  changeProblems,
  keyed,
  located,
  MERGE_PATCH,
  problems,
  versioned,
  writeProblems,
} from '../../responses.ts';
import { IfMatch } from '../../schemas.ts';
import * as examples from './examples.ts';
import { getPartner, listPartners, type PartnerRow } from './queries.ts';
import {
  PartnerAnswer,
  PartnerInput,
  PartnerListAnswer,
  PartnerParams,
  PartnerPatch,
  UsageAnswer,
  UsageQuery,
  UsedStoriesAnswer,
  UsedStoriesQuery,
} from './schemas.ts';
import { findUsage, listUsedStories, spanOf } from './usage.ts';
import { changePartner, createPartner, partnerOf } from './workflow.ts';

export const partnerRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.desk;
  const config = { access: 'partners:write' } as const;
  const tags = ['Partners'];
  const self = `${baseUrl}/v1/desk/partners`;
  const wrap = (row: PartnerRow) => ({ data: partnerOf(row), meta: {}, links: { self: `${self}/${row.id}` } });
  const example = { data: examples.partner, meta: {}, links: { self: `${self}/${examples.partner.id}` } };

  app.get(
    '/partners',
    {
      config,
      schema: {
        operationId: 'listPartners',
        tags,
        summary: 'List partners',
        description: 'In the order in which they came, disabled ones included.',
        security: keyed,
        response: {
          200: answer(PartnerListAnswer, { data: [examples.partner], meta: {}, links: { self } }),
          ...problems(403),
        },
      },
    },
    async () => ({ data: (await listPartners(db)).map(partnerOf), meta: {}, links: { self } }),
  );

  app.post(
    '/partners',
    {
      config,
      schema: {
        operationId: 'createPartner',
        tags,
        summary: 'Make a partner',
        description:
          'Its keys are made at /v1/desk/keys, with the scope `syndicate` alone and the partner they are for. With one, public stories are answered within these entitlements.',
        body: body(PartnerInput, examples.partnerInput),
        security: keyed,
        response: {
          201: answer(PartnerAnswer, example, {
            description: 'It is made',
            headers: located,
          }),
          ...writeProblems(409),
        },
      },
    },
    async (request, reply) => {
      const row = await db.transaction((tx) => createPartner(tx, actorOf(request), request.body));
      return reply
        .code(201)
        .headers({ etag: `"${row.version}"`, location: `${self}/${row.id}` })
        .send(wrap(row));
    },
  );

  app.get(
    '/partners/:id',
    {
      config,
      schema: {
        operationId: 'getPartner',
        tags,
        summary: 'Read a partner',
        description: 'Its keys are listed at /v1/desk/keys.',
        params: PartnerParams,
        security: keyed,
        response: { 200: answer(PartnerAnswer, example, { headers: versioned }), ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const row = await getPartner(db, request.params.id);
      return reply.header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.patch(
    '/partners/:id',
    {
      config,
      schema: {
        operationId: 'changePartner',
        tags,
        summary: 'Change what a partner may have, or disable it',
        description:
          'JSON Merge Patch (RFC 7396); lists are replaced as a whole. Counts from its next request on, on every node. None is deleted: pages go on naming it.',
        headers: IfMatch,
        params: PartnerParams,
        consumes: MERGE_PATCH,
        body: body(PartnerPatch, examples.partnerPatch),
        security: keyed,
        response: { 200: answer(PartnerAnswer, example, { headers: versioned }), ...changeProblems() },
      },
    },
    async (request, reply) => {
      const expected = parseIfMatch(request);
      const { id } = request.params;
      const row = await db.transaction((tx) => changePartner(tx, actorOf(request), id, expected, request.body));
      return reply.header('etag', `"${row.version}"`).send(wrap(row));
    },
  );

  app.get(
    '/partners/:id/usage',
    {
      config,
      schema: {
        operationId: 'getPartnerUsage',
        tags,
        summary: 'Read what a partner took, and how often it was read',
        description:
          'Day by day (UTC). Taken are texts, and whatever is fetched for republishing; what was taken is kept for 400 days, and comes in within seconds. Read are views in its pages, counted by the picture that republished texts carry.',
        params: PartnerParams,
        querystring: UsageQuery,
        security: keyed,
        response: { 200: answer(UsageAnswer, examples.usage), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const partner = await getPartner(db, request.params.id);
      const data = await findUsage(db, partner, await spanOf(db, request.query));
      return { data, meta: {}, links: { self: baseUrl + request.url } };
    },
  );

  app.get(
    '/partners/:id/usage/stories',
    {
      config,
      schema: {
        operationId: 'listPartnerStories',
        tags,
        summary: 'List the stories that a partner took',
        description: 'And those that were read there in these days, taken before; each in its language, latest first.',
        params: PartnerParams,
        querystring: UsedStoriesQuery,
        security: keyed,
        response: { 200: answer(UsedStoriesAnswer, examples.usedStories), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const partner = await getPartner(db, request.params.id);
      const span = await spanOf(db, request.query);
      const { limit = 20, cursor } = request.query;
      const cursors = await app.cursors();
      const walk = walkFrom(cursors, JSON.stringify(['used', partner.id, span.from, span.to]), cursor);
      const rows = await listUsedStories(db, partner, span, { after: timeAndId(walk), backward: walk.backward, limit });
      const { page, turned } = turnPage(rows, walk, limit, ({ position }) => position);
      const links = linksOf(cursors, baseUrl + request.url, walk, turned);
      return { data: page.map(({ story }) => story), meta: span, links };
    },
  );
};
