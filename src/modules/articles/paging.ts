// Turns list parameters into a page request: its filters, its order, and what a cursor is bound to.
import type { Walk } from '../../paging.ts';
import type { Resolved } from './listing.ts';
import type { Bounds, PageRequest } from './page-request.ts';
import type { ArticleListQuery } from './schemas.ts';
import { textFor } from './sparse.ts';

const FILTERS = [
  'region',
  'tag',
  'tagAll',
  'contributor',
  'kind',
  'country',
  'publishedAfter',
  'publishedBefore',
  'updatedAfter',
  'ids',
  'excludeIds',
] as const;

/** Everything that decides which stories stand in which order; `limit`, `fields`, `include` and `count` may change on the way. */
export function scopeOf(query: ArticleListQuery, { chain, isChained, extra }: Resolved): string {
  return JSON.stringify([
    'articles',
    isChained ? chain : chain[0],
    query.sort ?? '-publishedAt',
    ...FILTERS.map((name) => query[name] ?? null),
    extra.toSorted((a, b) => (a.fieldId < b.fieldId ? -1 : 1)),
  ]);
}

export const boundsOf = (query: ArticleListQuery): Bounds => ({
  publishedAfter: query.publishedAfter ?? null,
  publishedBefore: query.publishedBefore ?? null,
  updatedAfter: query.updatedAfter ?? null,
  ids: query.ids ?? null,
  excludeIds: query.excludeIds ?? null,
});

export function pageOf(query: ArticleListQuery, { after, backward }: Walk): PageRequest {
  const sort = query.sort ?? '-publishedAt';
  const by = sort.endsWith('publishedAt') ? 'publishedAt' : 'updatedAt';
  const { publishedAfter, publishedBefore, updatedAfter } = query;
  return {
    by,
    isBoundAcross:
      by === 'publishedAt' ? updatedAfter !== undefined : (publishedAfter ?? publishedBefore) !== undefined,
    descending: sort.startsWith('-') !== backward,
    after: after && { at: Number(after[0]), id: after[1] },
    limit: query.limit ?? 20,
    text: textFor(query.fields),
    backward,
  };
}
