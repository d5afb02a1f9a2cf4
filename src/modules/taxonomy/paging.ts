// Positions in lists that are ordered by place and key, and the links from page to page. Cursors are bound to the filters.
import { Problem } from '../../errors.ts';
import type { Cursors } from '../../plugins/cursors.ts';

export interface Wanted {
  scope: string;
  after: [number, string] | null;
  backward: boolean;
}

/** @param filters the query; limit and include may change on the way. @throws Problem invalid_cursor */
export function positionOf(cursors: Cursors, list: string, filters: Record<string, unknown>): Wanted {
  const { cursor, limit: _limit, include: _include, ...deciding } = filters;
  const scope = JSON.stringify([list, Object.entries(deciding).sort(([a], [b]) => (a < b ? -1 : 1))]);
  if (typeof cursor !== 'string') return { scope, after: null, backward: false };
  const { direction, values } = cursors.decode(scope, cursor);
  const [position, key] = values;
  if (typeof position !== 'number') throw new Problem('invalid_cursor');
  return { scope, after: [position, key], backward: direction === 'prev' };
}

export interface Turned {
  more: boolean;
  first: [number, string] | null;
  last: [number, string] | null;
}

/** Links repeat the parameters of the request, so that a client never builds one by itself. */
export function linksOf(
  cursors: Cursors,
  url: string,
  { scope, after, backward }: Wanted,
  { more, first, last }: Turned,
) {
  const link = (direction: 'next' | 'prev', from: [number, string] | null) => {
    if (!from) return null;
    const there = new URL(url);
    there.searchParams.set('cursor', cursors.encode(scope, direction, from));
    return there.href;
  };
  return {
    self: url,
    next: more || backward ? link('next', last) : null,
    prev: (backward ? more : after !== null) ? link('prev', first) : null,
  };
}

/** RFC 8288. */
export const linkHeader = ({ next, prev }: { next: string | null; prev: string | null }): string[] => [
  ...(next ? [`<${next}>; rel="next"`] : []),
  ...(prev ? [`<${prev}>; rel="prev"`] : []),
];
