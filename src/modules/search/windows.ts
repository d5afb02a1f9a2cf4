// How far back a search looks before it looks further: marks of months and years, newest first, until enough is found. It asks nothing.
// Postgres cannot walk a GIN index by time: among a million stories a word of every tenth has 100,000 hits, all of them to be read
// and sorted for the newest 20. In one posting list with the month it has hundreds.
import { anyOf, mark } from './marks.ts';

/** Months, this one and those before it; then years; then all there is. */
const MONTHS = [2, 12];
const YEARS = [5];

export interface Span {
  /** Where the walk begins; milliseconds since 1970. */
  from: number;
  /** Towards older stories, or towards newer ones. */
  descending: boolean;
  /** Nothing behind this is wanted. */
  until: number | null;
}

/** Queries for tsquery, each with all that the one before it has; '' for no bound. */
export function windowsOf({ from, descending, until }: Span): string[] {
  const step = descending ? -1 : 1;
  const [year, month] = [new Date(from).getUTCFullYear(), new Date(from).getUTCMonth()];
  const reaches = (at: number) => until !== null && (descending ? at <= until : at >= until);
  const windows: string[] = [];
  // A clock that is behind that of the database must not hide what was published just now.
  const start = descending ? 1 : 0;
  for (const length of MONTHS) {
    const months = Array.from({ length: length + start }, (_, n) => Date.UTC(year, month + step * (n - start)));
    windows.push(anyOf(months.map((at) => mark.month(new Date(at).toISOString().slice(0, 7)))));
    const edge = months.at(-1) ?? from;
    if (reaches(descending ? edge : Date.UTC(new Date(edge).getUTCFullYear(), new Date(edge).getUTCMonth() + 1)))
      return windows;
  }
  for (const length of YEARS) {
    const years = Array.from({ length: length + start }, (_, n) => year + step * (n - start));
    windows.push(anyOf(years.map((one) => mark.year(String(one).padStart(4, '0')))));
    const edge = years.at(-1) ?? year;
    if (reaches(Date.UTC(descending ? edge : edge + 1))) return windows;
  }
  return [...windows, ''];
}
