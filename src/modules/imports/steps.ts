// What portions of an import have come to: counts, refusals and what is told of them, of one and of several together. It writes nothing.
import type { Chunk } from './chunks.ts';
import type { Counts } from './queries.ts';
import type { Refusal } from './refusing.ts';
import { addReport, addTally, emptyReport, note, type Report } from './report.ts';
import type { Outcome } from './sorting.ts';

/** What a portion has come to. */
export interface Step {
  counts: Counts;
  report: Report;
  refused: Refusal[];
  /** Bytes of the file up to its end. */
  position: number;
}
export interface Finished {
  last: number;
  step: Step;
}
export const RESULTS = ['created', 'updated', 'unchanged', 'refused'] as const;

function reportOf({ refused }: Outcome, { lines, records, leftOut }: Chunk): Report {
  const report = { ...emptyReport(), fetched: {}, leftOut };
  const wrong = new Set(refused.map(({ line }) => line));
  for (const { number, record } of records) if (!wrong.has(number)) note(report.kinds, `${record.record}`);
  for (const { number, story, tag = story.locale, notes, fetched, body = [] } of lines) {
    if (wrong.has(number)) continue;
    note(report.kinds, story.kind ?? 'news');
    note(report.locales, tag);
    addTally(report.notes, notes);
    addTally(report.fetched, fetched);
    if (story.image) note(report.pictures, hostOf(story.image.url));
    for (const block of body) {
      if (block._type === 'image') note(report.pictures, hostOf(block.src));
    }
  }
  return report;
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'on the site itself';

export function together(finished: Finished[]): Step {
  const whole: Step = {
    counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
    report: emptyReport(),
    refused: [],
    position: 0,
  };
  for (const { step } of [...finished].sort((one, other) => one.last - other.last)) {
    for (const result of RESULTS) whole.counts[result] += step.counts[result];
    addReport(whole.report, step.report);
    whole.refused.push(...step.refused);
    whole.position = Math.max(whole.position, step.position);
  }
  return whole;
}

export function stepOf(outcome: Outcome, chunk: Chunk): Step {
  const { created, updated, unchanged, refused } = outcome;
  return {
    counts: {
      created: created.length,
      updated: updated.length,
      unchanged: unchanged.length,
      refused: refused.length,
    },
    report: reportOf(outcome, chunk),
    refused,
    position: chunk.position,
  };
}
