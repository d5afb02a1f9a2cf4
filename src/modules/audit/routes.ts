// Route of the audit log: a list, and no way to change it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
import { answer, keyed, problems } from '../../responses.ts';
import { changesOf } from './differing.ts';
import { type AuditRow, listAudit } from './queries.ts';
import { type AuditEntry, AuditListAnswer, AuditQuery } from './schemas.ts';

const entry: AuditEntry = {
  id: 4711,
  at: '2026-05-26T11:46:00.000Z',
  actor: { type: 'person', id: '01980a2e-0009-7000-8000-000000000009', name: 'Night editor' },
  action: 'draft.change',
  entity: 'draft',
  entityId: '01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10/en',
  changes: [
    { field: 'version', before: 1, after: 2 },
    { field: 'title', before: 'Mountain line opens', after: 'Mountain line opens at last' },
  ],
};
const self = 'http://localhost:3000/v1/desk/audit?entity=draft';
const example: Static<typeof AuditListAnswer> = {
  data: [entry],
  meta: {},
  links: { self, next: `${self}&cursor=AQAB`, prev: null },
};

const toWire = ({ before, after, ...row }: AuditRow): AuditEntry => ({ ...row, changes: changesOf(before, after) });

export const auditRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  app.get(
    '/audit',
    {
      config: { access: 'audit:read' },
      schema: {
        operationId: 'listAudit',
        tags: ['Audit'],
        summary: 'Read who did what, and when',
        description: 'Newest first. The log is append-only: the database itself refuses to change or delete an entry.',
        querystring: AuditQuery,
        security: keyed,
        response: { 200: answer(AuditListAnswer, example), ...problems(400, 403) },
      },
    },
    async (request) => {
      const { limit = 20, cursor, ...filter } = request.query;
      const cursors = await app.cursors();
      const { entity, entityId, action, actor, from, to } = filter;
      const walk = walkFrom(cursors, JSON.stringify(['audit', entity, entityId, action, actor, from, to]), cursor);
      const after = walk.after && Number(walk.after[0]);
      const rows = await listAudit(app.db.desk, filter, { after, backward: walk.backward, limit });
      const { page, turned } = turnPage(rows, walk, limit, ({ id }) => [id, '']);
      const links = linksOf(cursors, baseUrl + request.url, walk, turned);
      return { data: page.map(toWire), meta: {}, links };
    },
  );
};
