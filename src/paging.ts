// Where a list is walked from, and the links from page to page; cursors are bound to the filters they were made for. It reads no row.
import { canonical } from './caching/addresses.ts';
import type { Cursors, CursorValues } from './plugins/cursors.ts';
import type { PageLinks } from './schemas.ts';

export interface Walk {
  /** All that decides which rows stand in which order. */
  scope: string;
  /** Go on behind this row; null at the start. */
  after: CursorValues | null;
  /** Towards the start. */
  backward: boolean;
}

/** @throws Problem invalid_cursor */
export function walkFrom(cursors: Cursors, scope: string, cursor: string | undefined): Walk {
  if (cursor === undefined) return { scope, after: null, backward: false };
  const { direction, values } = cursors.decode(scope, cursor);
  return { scope, after: values, backward: direction === 'prev' };
}

export interface Turned {
  /** Whether the walk goes on behind this page. */
  more: boolean;
  first: CursorValues | null;
  last: CursorValues | null;
}
/** The place to go on behind in a list by time; null at the start. */
export const timeAndId = ({ after }: Walk): [at: number, id: string] | null => after && [Number(after[0]), after[1]];

/**
 * @param rows in the order of the walk, one more than the limit where there are more
 * @param placeOf where a row stands in the order of the list
 * @returns the page as it is answered, in the order of the list
 */
export function turnPage<Row>(
  rows: readonly Row[],
  { backward }: Walk,
  limit: number,
  placeOf: (row: Row) => CursorValues,
): { page: Row[]; turned: Turned } {
  const page = rows.slice(0, limit);
  if (backward) page.reverse();
  const [first, last] = [page[0], page.at(-1)];
  const turned = { more: rows.length > limit, first: first ? placeOf(first) : null, last: last ? placeOf(last) : null };
  return { page, turned };
}

/** The first page, by the address that it has itself: URLSearchParams would write its commas and colons anew, and make another one of it. */
export function startOf(url: string): string {
  const from = url.indexOf('?');
  if (from === -1) return url;
  const parameters = url.slice(from + 1).split('&');
  const others = parameters.filter((parameter) => !new URLSearchParams(parameter).has('cursor'));
  return others.length === 0 ? url.slice(0, from) : `${url.slice(0, from)}?${others.join('&')}`;
}

/** Links repeat the parameters of the request, so that a client never builds one by itself. */
export function linksOf(
  cursors: Cursors,
  url: string,
  { scope, after, backward }: Walk,
  { more, first, last }: Turned,
): PageLinks {
  // Where there is no cursor, as on every first page, nothing has to be parsed.
  const start = after === null ? url : startOf(url);
  const link = (direction: 'next' | 'prev', from: CursorValues | null) => {
    if (!from) return null;
    const cursor = cursors.encode(scope, direction, from);
    return canonical(`${start}${start.includes('?') ? '&' : '?'}cursor=${cursor}`);
  };
  return {
    self: url,
    next: more || backward ? link('next', last) : null,
    prev: (backward ? more : after !== null) ? link('prev', first) : null,
  };
}

/** Characters of both, where each repeats very many ids: proxies take 8 KiB of headers, often. */
const MOST_LINKS = 4_096;

/** RFC 8288. What leads back is left to the answer itself where both would be too long. */
export const linkHeader = ({ next, prev }: PageLinks): string[] => [
  ...(next ? [`<${next}>; rel="next"`] : []),
  ...(prev && (next?.length ?? 0) + prev.length <= MOST_LINKS ? [`<${prev}>; rel="prev"`] : []),
];
