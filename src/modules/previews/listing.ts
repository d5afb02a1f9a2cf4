// A page of the previews of a draft or a front for the desk, newest first, with links to the pages beside it. It tells no token.
import type { FastifyInstance } from 'fastify';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { listPreviews, type Shown } from './queries.ts';

export async function listPage<Of extends Shown>(
  app: FastifyInstance,
  self: string,
  of: Of,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
) {
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['previews', ...Object.values(of)]), cursor);
  const rows = await listPreviews(app.db.desk, of, { after: timeAndId(walk), backward: walk.backward, limit });
  const { page, turned } = turnPage(rows, walk, limit, (row) => [Date.parse(row.createdAt), row.id]);
  return { data: page, meta: {}, links: linksOf(cursors, self, walk, turned) };
}
