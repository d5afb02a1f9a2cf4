// Turns samples into tables and verdicts. It measures nothing, and rounds no miss up.
import type { Comparison } from './plan.ts';
import { median, type Sample, type Samples } from './rounds.ts';

export interface Verdict {
  what: string;
  value: number;
  /** As it is printed. */
  shown: string;
  budget: string;
  result: 'PASS' | 'MISS' | '-';
}

/** Ratios are taken within each round, where both sides met the same machine, and their median counts. */
export function compare(samples: Samples, { what, ours, than, budget }: Comparison): Verdict {
  const mine = samples.get(ours) ?? [];
  const theirs = samples.get(than) ?? [];
  const ratios = mine.map(({ rate }, round) => rate / (theirs[round]?.rate ?? Number.NaN));
  const value = median(ratios);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return {
    what,
    value,
    shown: `${value.toFixed(2)} x  (${range})`,
    budget: budget === undefined ? '' : `>= ${budget} x`,
    result: budget === undefined ? '-' : value >= budget ? 'PASS' : 'MISS',
  };
}

export function atMost(what: string, value: number, budget: number, unit: string, digits = 0): Verdict {
  const result = value < budget ? 'PASS' : 'MISS';
  return { what, value, shown: `${value.toFixed(digits)} ${unit}`, budget: `< ${budget} ${unit}`, result };
}

/** Every view that was answered is in the database, once. */
export function countsAgree(samples: Samples): Verdict {
  const views = [...samples].filter(([, [first]]) => first?.counted != null).flatMap(([, all]) => all);
  const sum = (of: (sample: Sample) => number) => views.reduce((total, sample) => total + of(sample), 0);
  const answered = sum((sample) => sample.answered);
  const off = sum((sample) => Math.abs(sample.answered - (sample.counted ?? 0)));
  return {
    what: 'views answered and not counted, or counted and not answered',
    value: off,
    shown: `${off} of ${answered}`,
    budget: '0',
    result: off === 0 ? 'PASS' : 'MISS',
  };
}

const whole = (value: number) => Math.round(value).toLocaleString('en');

export function sampleTable(samples: Samples): string[] {
  const rows = [...samples].map(([name, all]) => {
    const of = (member: 'rate' | 'p50' | 'p99' | 'cpu') => median(all.map((sample) => sample[member]));
    const counted =
      all[0]?.counted != null ? all.map((sample) => `${sample.counted}/${sample.answered}`).join(' ') : '';
    return [name, whole(of('rate')), of('p50').toFixed(0), of('p99').toFixed(0), of('cpu').toFixed(0), counted];
  });
  return align([['', 'answers/s', 'p50 ms', 'p99 ms', 'CPU us', 'counted/answered in each round'], ...rows]);
}

export function verdictTable(verdicts: Verdict[]): string[] {
  return align([
    ['', 'measured', 'budget', ''],
    ...verdicts.map(({ what, shown, budget, result }) => [what, shown, budget, result]),
  ]);
}

function align(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
