// Answers a page of the comments on a story. It changes none.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Problem } from '../../errors.ts';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { findDeskArticle } from '../desk/queries.ts';
import { requireLocale } from '../desk/references.ts';
import { listComments } from './queries.ts';
import type { CommentListQuery } from './schemas.ts';

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
  const rows = await listComments(db, filter, { after: timeAndId(walk), backward: walk.backward, limit });
  const { page, turned } = turnPage(rows, walk, limit, (row) => [Date.parse(row.createdAt), row.id]);
  return { data: page, meta: {}, links: linksOf(cursors, url, walk, turned) };
}
