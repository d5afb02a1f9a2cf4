// Turns list parameters into a page request and its links, and back: cursors are bound to the filters they were made for.
import type { Cursors } from '../../plugins/cursors.ts';
import type { Bounds, Page, PageRequest } from './listing.ts';
import type { ArticleListQuery } from './schemas.ts';
import { textFor } from './sparse.ts';

const FILTERS = [
  'region', 'tag', 'tagAll', 'contributor', 'kind', 'country', 'publishedAfter', 'publishedBefore', 'updatedAfter', 'ids', 'excludeIds',
] as const;

/** Everything that decides which stories stand in which order; `limit`, `fields`, `include` and `count` may change on the way. */
function scopeOf(query: ArticleListQuery, locale: string): string {
  return JSON.stringify(['articles', locale, query.sort ?? '-publishedAt', ...FILTERS.map((name) => query[name] ?? null)]);
}

export const boundsOf = (query: ArticleListQuery): Bounds => ({
  publishedAfter: query.publishedAfter ?? null,
  publishedBefore: query.publishedBefore ?? null,
  updatedAfter: query.updatedAfter ?? null,
  ids: query.ids ?? null,
  excludeIds: query.excludeIds ?? null,
});

/** @throws Problem invalid_cursor */
export function pageOf(query: ArticleListQuery, locale: string, cursors: Cursors): PageRequest {
  const sort = query.sort ?? '-publishedAt';
  const cursor = query.cursor ? cursors.decode(scopeOf(query, locale), query.cursor) : null;
  const backward = cursor?.direction === 'prev';
  return {
    by: sort.endsWith('publishedAt') ? 'publishedAt' : 'updatedAt',
    descending: sort.startsWith('-') !== backward,
    after: cursor ? { at: Number(cursor.values[0]), id: cursor.values[1] } : null,
    limit: query.limit ?? 20,
    text: textFor(query.fields),
    backward,
  };
}

export interface Links {
  self: string;
  next: string | null;
  prev: string | null;
}

/** Links repeat the parameters of the request, so that a client never builds one by itself. */
export function linksOf(
  url: URL,
  query: ArticleListQuery,
  locale: string,
  request: { backward: boolean },
  page: Page,
  cursors: Cursors,
): Links {
  const scope = scopeOf(query, locale);
  const link = (direction: 'next' | 'prev') => {
    const from = direction === 'next' ? page.last : page.first;
    if (!from) return null;
    const there = new URL(url);
    there.searchParams.set('cursor', cursors.encode(scope, direction, [from.at, from.id]));
    return there.href;
  };
  const cameByCursor = query.cursor !== undefined;
  return {
    self: url.href,
    next: page.more || request.backward ? link('next') : null,
    prev: request.backward ? (page.more ? link('prev') : null) : cameByCursor ? link('prev') : null,
  };
}
