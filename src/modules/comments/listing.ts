// Answers a page of the comments on a story. It changes none.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { linksOf, walkFrom } from '../../paging.ts';
import { findDeskArticle } from '../desk/queries.ts';
import { requireLocale } from '../desk/references.ts';
import { listComments } from './queries.ts';
import type { Comment, CommentListQuery } from './schemas.ts';

/** @throws Problem not_found, unknown_locale, invalid_cursor */
export async function answerList(
  app: FastifyInstance,
  id: string,
  { limit = 20, cursor, resolved, locale: given }: Static<typeof CommentListQuery>,
  url: string,
) {
  const db = app.db.desk;
  const article = await findDeskArticle(db, id);
  if (!article) throw new Problem('not_found');
  const locale = given === undefined ? undefined : await requireLocale(db, given, { parameter: 'locale' });
  const filter = { articleId: article.id, locale, resolved };
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['comments', article.id, locale, resolved]), cursor);
  const after = walk.after && ([Number(walk.after[0]), walk.after[1]] as [number, string]);
  const rows = await listComments(db, filter, { after, backward: walk.backward, limit });
  const data = rows.slice(0, limit);
  if (walk.backward) data.reverse();
  const place = (row: Comment | undefined): [number, string] | null =>
    row ? [Date.parse(row.createdAt), row.id] : null;
  const turned = { more: rows.length > limit, first: place(data[0]), last: place(data.at(-1)) };
  return { data, meta: {}, links: linksOf(cursors, url, walk, turned) };
}
