// How far back a search looks before it looks further: marks of days, months and years until enough is found. It asks nothing.
// Postgres cannot walk a GIN index by time: among a million stories a word of every tenth has 100,000 hits, all of them to be read
// and sorted for the newest 20. Together with the marks of two weeks it has hundreds.
import { anyOf, mark } from './marks.ts';

const DAY = 86_400_000;

export interface Span {
  /** Where the walk begins; milliseconds since 1970. */
  from: number;
  /** Towards older stories, or towards newer ones. */
  descending: boolean;
  /** Nothing behind this is wanted. */
  until: number | null;
}

type Step = readonly [
  count: number,
  start: (at: number) => number,
  shift: (at: number, by: number) => number,
  name: (iso: string) => string,
];
const year = (at: number) => new Date(at).getUTCFullYear();
const monthOf = (at: number, by = 0) => Date.UTC(year(at), new Date(at).getUTCMonth() + by);
const yearOf = (at: number, by = 0) => new Date(0).setUTCFullYear(year(at) + by, 0, 1);
/** Each reaches six to thirty times further than the one before: what was looked through in vain is little beside what comes next. */
const STEPS: readonly Step[] = [
  [14, (at) => Math.floor(at / DAY) * DAY, (at, by) => at + by * DAY, (iso) => mark.day(iso.slice(0, 10))],
  [3, monthOf, monthOf, (iso) => mark.month(iso.slice(0, 7))],
  [3, yearOf, yearOf, (iso) => mark.year(iso.slice(0, 4))],
];
/** How many of the steps are so narrow that other languages are passed over faster than they are looked up. */
export const NARROW = 2;

/** Queries for tsquery, each with all that the one before it has; '' for no bound. */
export function windowsOf({ from, descending, until }: Span): string[] {
  const windows: string[] = [];
  for (const [count, start, shift, name] of STEPS) {
    // A clock that is behind that of the database must not hide what was published just now.
    const first = shift(start(from), descending ? 1 : 0);
    const starts = Array.from({ length: count + (descending ? 1 : 0) }, (_, n) => shift(first, descending ? -n : n));
    windows.push(anyOf(starts.map((at) => name(new Date(at).toISOString()))));
    const last = starts.at(-1) ?? first;
    if (until !== null && (descending ? last <= until : shift(last, 1) > until)) return windows;
  }
  return [...windows, ''];
}

/** For words by their beginnings, of which each look gathers all: few looks. */
export const fewWindows = (windows: string[]): string[] =>
  windows.length > 2 ? [...windows.slice(1, 2), ...windows.slice(-1)] : windows;
