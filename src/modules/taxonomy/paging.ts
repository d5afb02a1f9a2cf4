// What a cursor into a list of terms is bound to, and the place it names. Links are made in src/paging.ts.
import { Problem } from '../../errors.ts';
import { type Walk, walkFrom } from '../../paging.ts';
import type { Cursors } from '../../plugins/cursors.ts';

export interface TermWalk extends Walk {
  after: [number, string] | null;
}

/** @param filters the query; limit and include may change on the way. @throws Problem invalid_cursor */
export function positionOf(cursors: Cursors, list: string, filters: Record<string, unknown>): TermWalk {
  const { cursor, limit: _limit, include: _include, ...deciding } = filters;
  const scope = JSON.stringify([list, Object.entries(deciding).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const walk = walkFrom(cursors, scope, typeof cursor === 'string' ? cursor : undefined);
  if (walk.after === null) return { ...walk, after: null };
  const [position, key] = walk.after;
  if (typeof position !== 'number') throw new Problem('invalid_cursor');
  return { ...walk, after: [position, key] };
}
