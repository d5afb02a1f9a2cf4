// Counts what an import came across beside its stories: kinds, languages, pictures, what was left out and what was changed on the way in.
import { storable } from '../../wellformed.ts';

/** How often each thing was met. */
export type Tally = Record<string, number>;
export interface Report {
  /** Of lines that were not refused. */
  kinds: Tally;
  locales: Tally;
  /** Hosts of pictures of stories, and in bodies that were read. */
  pictures: Tally;
  /** Pictures that were fetched and are kept, by type; absent in reports of versions before. */
  fetched?: Tally;
  /** What no story can be made of, such as comments and attachments. */
  leftOut: Tally;
  /** What could not be kept as it was. */
  notes: Tally;
}

/** A file with a million different things to tell of must not make the report long. */
const MOST = 200;
const OTHERS = 'other';

export const emptyReport = (): Report => ({
  kinds: {},
  locales: {},
  pictures: {},
  fetched: {},
  leftOut: {},
  notes: {},
});

export function note(tally: Tally, what: string, times = 1): void {
  const own = storable(what);
  const name = Object.hasOwn(tally, own) || Object.keys(tally).length < MOST ? own : OTHERS;
  // Names come from files: "__proto__" has to be a member like any other.
  const before = Object.hasOwn(tally, name) ? (tally[name] ?? 0) : 0;
  Object.defineProperty(tally, name, { value: before + times, enumerable: true, configurable: true, writable: true });
}

export function addTally(to: Tally, from: Tally): void {
  for (const [what, times] of Object.entries(from)) note(to, what, times);
}

export function addReport(to: Report, from: Report): void {
  for (const section of Object.keys(from) as (keyof Report)[]) {
    to[section] ??= {};
    addTally(to[section], from[section] ?? {});
  }
}
