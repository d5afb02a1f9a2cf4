// Tells in plain words how an import went: its counts, what was made, what was left out and what could not be kept as it was.
import type { Tally } from '../modules/imports/report.ts';
import type { Summary } from '../modules/imports/running.ts';
import { complain, say } from './saying.ts';

const SHOWN = 20;

/** @param refusals the first of them, in words */
export function tellImport(
  summary: Summary,
  refusals: string[],
  given: { dryRun: boolean; report: string | undefined },
  seconds: number,
): void {
  const { lines, created, updated, unchanged, refused, made, report } = summary;
  for (const refusal of refusals) complain(refusal);
  if (refused > refusals.length)
    complain(
      `... and ${refused - refusals.length} more${given.report ? `, all in ${given.report}` : ' (--report FILE writes them all)'}`,
    );
  const rate = seconds > 0 ? Math.round(lines / seconds) : 0;
  say(
    `${given.dryRun ? 'Dry run, nothing was written: ' : ''}${lines} lines: ${created} created, ${updated} updated, ${unchanged} unchanged, ${refused} refused`,
  );
  const terms = Object.entries(made).flatMap(([noun, keys]) =>
    keys.length > 0 ? [`${keys.length} ${noun} (${shortened(keys)})`] : [],
  );
  if (terms.length > 0) say(`Made: ${terms.join('; ')}`);
  sayTally('Kinds', report.kinds);
  sayTally('Languages', report.locales);
  sayTally('Pictures', report.pictures);
  sayTally('Fetched', report.fetched ?? {});
  sayTally('Left out', report.leftOut);
  for (const [what, times] of mostFirst(report.notes)) say(`Note: ${what}${times > 1 ? ` (${times} times)` : ''}`);
  const others = Object.keys(report.notes).length - SHOWN;
  if (others > 0) say(`... and ${others} other notes`);
  say(`${seconds.toFixed(1)} s, ${rate} stories/s`);
  if (summary.interrupted) say(`Stopped behind line ${summary.last}. The same command goes on from there.`);
}

const shortened = (keys: string[]) =>
  keys.length > SHOWN ? `${keys.slice(0, SHOWN).join(', ')}, ...` : keys.join(', ');

const mostFirst = (tally: Tally) =>
  Object.entries(tally)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN);

function sayTally(title: string, tally: Tally): void {
  const words = mostFirst(tally).map(([what, times]) => `${times} ${what}`);
  if (words.length > 0) say(`${title}: ${words.join(', ')}${Object.keys(tally).length > SHOWN ? ', ...' : ''}`);
}
