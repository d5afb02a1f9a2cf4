// A page of the previews of a draft or a front for the desk, newest first, with links to the pages beside it. It tells no token.
import type { FastifyInstance } from 'fastify';
import { linksOf, walkFrom } from '../../paging.ts';
import { listPreviews, type Shown } from './queries.ts';

export async function listPage<Of extends Shown>(
  app: FastifyInstance,
  self: string,
  of: Of,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
) {
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['previews', ...Object.values(of)]), cursor);
  const after = walk.after && ([Number(walk.after[0]), walk.after[1]] as [number, string]);
  const rows = await listPreviews(app.db.desk, of, { after, backward: walk.backward, limit });
  const data = rows.slice(0, limit);
  if (walk.backward) data.reverse();
  const place = (row: { id: string; createdAt: string } | undefined): [number, string] | null =>
    row ? [Date.parse(row.createdAt), row.id] : null;
  const turned = { more: rows.length > limit, first: place(data[0]), last: place(data.at(-1)) };
  return { data, meta: {}, links: linksOf(cursors, self, walk, turned) };
}
