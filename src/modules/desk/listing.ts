// Answers the desk's list of stories: a page, and links bound to its filters.
import type { FastifyInstance } from 'fastify';
import type { Static } from '@sinclair/typebox';
import { listDeskArticles } from './queries.ts';
import { requireLocale } from './references.ts';
import type { DeskListQuery } from './schemas.ts';

export async function listForDesk(app: FastifyInstance, query: Static<typeof DeskListQuery>, url: URL) {
  const locale = query.locale ? await requireLocale(app.db.desk, query.locale, { parameter: 'locale' }) : null;
  const scope = JSON.stringify(['desk', locale, query.status ?? null, query.kind ?? null]);
  const cursors = await app.cursors();
  const cursor = query.cursor ? cursors.decode(scope, query.cursor) : null;
  const forward = cursor?.direction !== 'prev';
  const limit = query.limit ?? 20;
  const rows = await listDeskArticles(app.db.desk, {
    statuses: query.status ?? null, kinds: query.kind ?? null, locale, forward, limit,
    after: cursor ? [Number(cursor.values[0]), cursor.values[1]] : null,
  });
  const more = rows.length > limit;
  const page = forward ? rows.slice(0, limit) : rows.slice(0, limit).reverse();
  const link = (direction: 'next' | 'prev') => {
    const row = direction === 'next' ? page.at(-1) : page[0];
    if (!row) return null;
    const there = new URL(url);
    there.searchParams.set('cursor', cursors.encode(scope, direction, [row.at, row.article.id]));
    return there.href;
  };
  return {
    data: page.map(({ article }) => article),
    meta: {},
    links: {
      self: url.href,
      next: forward ? (more ? link('next') : null) : link('next'),
      prev: forward ? (cursor ? link('prev') : null) : more ? link('prev') : null,
    },
  };
}
