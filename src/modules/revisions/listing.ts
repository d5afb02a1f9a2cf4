// Answers a page of revisions. It reads no content.
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../errors.ts';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
import { findCurrentVersion, listRevisions, type Which } from './queries.ts';

/** @throws Problem not_found, invalid_cursor */
export async function answerList(
  app: FastifyInstance,
  which: Which,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
  url: string,
) {
  const db = app.db.desk;
  const currentVersion = await findCurrentVersion(db, which);
  if (currentVersion === null) throw new Problem('not_found');
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['revisions', which.articleId.toLowerCase(), which.locale]), cursor);
  const after = walk.after && Number(walk.after[0]);
  const rows = await listRevisions(db, which, { after, backward: walk.backward, limit });
  const { page, turned } = turnPage(rows, walk, limit, ({ version }) => [version, '']);
  return { data: page, meta: { currentVersion }, links: linksOf(cursors, url, walk, turned) };
}
