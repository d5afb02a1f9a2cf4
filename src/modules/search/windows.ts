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
const day = (iso: string) => mark.day(iso.slice(0, 10));
const month = (iso: string) => mark.month(iso.slice(0, 7));
const year = (at: number) => new Date(at).getUTCFullYear();
// Of a year below 100, Date.UTC makes one of the last century.
const monthOf = (at: number, by = 0) => new Date(0).setUTCFullYear(year(at), new Date(at).getUTCMonth() + by, 1);
const yearOf = (at: number, by = 0) => new Date(0).setUTCFullYear(year(at) + by, 0, 1);
/** Each reaches about twice as far as the one before, by few marks: 17 months took 43 ms to look up, and three years 11. */
const STEPS: readonly Step[] = [
  ...[2, 4, 8, 16].map((days): Step => [days, (at) => Math.floor(at / DAY) * DAY, (at, by) => at + by * DAY, day]),
  ...[2, 4, 8].map((months): Step => [months, monthOf, monthOf, month]),
  ...[2, 4].map((years): Step => [years, yearOf, yearOf, (iso) => mark.year(iso.slice(0, 4))]),
];
/** How many of the steps are so narrow that other languages are passed over faster than they are looked up. */
export const NARROW = 7;
/** 16 times as far where so few hits tell little: a word may be rare in these days alone. */
const LONGEST = 4;
const FEW = 8;

/**
 * SQL: the window after the n-th, the first that is so wide that the hits of that one let expect enough of them.
 * @param walk a row with `n`, 0 before the first, and `size`
 * @param windows as windowsOf() has them, a text[]
 */
export const nextWindow = (walk: string, limit: string, windows: string) => `case when ${walk}.n = 0 then 1 else (
    select coalesce(min(i), array_length(${windows}, 1)) from generate_subscripts(${windows}, 1) i
    where i > ${walk}.n and (i = ${walk}.n + case when ${walk}.size < ${FEW} then ${LONGEST} end
      or (${windows})[i][2]::float8 >= (${windows})[${walk}.n][2]::float8 * ${limit} / greatest(${walk}.size, 0.1))) end`;

/** A query for tsquery, '' for no bound, and how many days it spans. */
export type Window = [query: string, days: number];

/** Each has all that the one before it has. */
export function windowsOf({ from, descending, until }: Span): Window[] {
  const windows: Window[] = [];
  for (const [count, start, shift, name] of STEPS) {
    // A clock that is behind that of the database must not hide what was published just now.
    const first = shift(start(from), descending ? 1 : 0);
    const starts = Array.from({ length: count + (descending ? 1 : 0) }, (_, n) => shift(first, descending ? -n : n));
    const last = starts.at(-1) ?? first;
    const days = (descending ? from - last : shift(last, 1) - from) / DAY;
    windows.push([anyOf(starts.map((at) => name(new Date(at).toISOString()))), days]);
    if (until !== null && (descending ? last <= until : shift(last, 1) > until)) return windows;
  }
  return [...windows, ['', Number.POSITIVE_INFINITY]];
}

/** For words by their beginnings, of which each look gathers all: few looks. */
export const fewWindows = (windows: Window[]): Window[] =>
  windows.length > FOUR_MONTHS
    ? [...windows.slice(FOUR_MONTHS - 1, FOUR_MONTHS), ...windows.slice(-1)]
    : windows.slice(-1);
const FOUR_MONTHS = 6;
