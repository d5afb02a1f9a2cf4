// Answers the desk's list of redirects: a page, and links bound to its filter.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { listRedirects, type RedirectRow } from './queries.ts';
import type { Redirect, RedirectListQuery } from './schemas.ts';

export function redirectOf({ articleId, locale, createdAt, updatedAt, ...row }: RedirectRow): Redirect {
  return {
    id: row.id,
    path: row.path,
    target: row.target,
    story: articleId !== null && locale !== null ? { articleId, locale } : null,
    status: row.status,
    version: row.version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export async function listForDesk(app: FastifyInstance, query: Static<typeof RedirectListQuery>, url: string) {
  const prefix = query.path?.normalize('NFC') ?? null;
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, JSON.stringify(['redirects', prefix]), query.cursor);
  const limit = query.limit ?? 20;
  const rows = await listRedirects(app.db.desk, {
    prefix,
    forward: !walk.backward,
    limit,
    after: timeAndId(walk),
  });
  const { page, turned } = turnPage(rows, walk, limit, (row) => [row.updatedAt.getTime(), row.id]);
  return { data: page.map(redirectOf), meta: {}, links: linksOf(cursors, url, walk, turned) };
}
