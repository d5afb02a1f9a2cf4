// Runs an import: portion by portion, each in one transaction with its own progress, so that it can be cut off at any moment.
import pg from 'pg';
import type { Db } from '../../db/client.ts';
import { problemOf } from '../../db/violations.ts';
import { settleIndex } from '../search/indexing.ts';
import { SourceError } from '../sources/problem.ts';
import { type Chunk, readBodies } from './chunks.ts';
import type { Copying } from './copying.ts';
import { importLines } from './importing.ts';
import type { Counts } from './queries.ts';
import { type Refusal, wordsOf } from './refusing.ts';
import { addReport, emptyReport, type Report } from './report.ts';
import { restoreRecords } from './restoring.ts';
import { makeAhead, type Outcome } from './sorting.ts';
import { type Finished, RESULTS, type Step, stepOf, together } from './steps.ts';
import { type Made, nothingMade } from './terms.ts';

export interface RunOptions {
  /** Refuses lines that name what does not exist, instead of making it. */
  strict: boolean;
  /** Checks everything and takes it back. */
  dryRun: boolean;
  /** Without it the import leaves no trace of its progress. */
  progress?: Progress;
  /** Fetches pictures and keeps them; without it they stay where they are. */
  copying?: Copying;
  /** Ends the import behind the portion in flight. */
  signal?: AbortSignal;
  onRefusal?: (refusal: Refusal) => void;
  onChunk?: (summary: Summary, chunk: Chunk) => void;
}
/** In the transaction of the portion; of a dry run, whose transaction is taken back, behind it. @param to all lines up to this one are finished when it commits */
export type Advance = (tx: Db, to: number, step: Step) => Promise<void>;

export interface Progress {
  /** Where it goes on. */
  lines: number;
  advance: Advance;
  /** Is given what went in behind a portion that did not: whoever goes on comes to these lines again, and counts them then. */
  leave?: (step: Step) => Promise<void>;
}

export interface Summary extends Counts {
  lines: number;
  made: Made;
  report: Report;
  /** Number of the last line whose outcome is committed. */
  last: number;
  interrupted: boolean;
}

interface InFlight {
  chunk: Chunk;
  done: Promise<unknown>;
}
const NOUNS = ['locales', 'regions', 'tags', 'contributors'] as const;
/** While Postgres writes one portion, Node.js builds the texts of another: two together are 1.3 times as fast as one by one, a third adds 5 %. */
const IN_FLIGHT = 3;

export async function runImport(db: Db, chunks: AsyncIterable<Chunk>, options: RunOptions): Promise<Summary> {
  const summary: Summary = {
    lines: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    refused: 0,
    made: nothingMade(),
    report: emptyReport(),
    last: options.progress?.lines ?? 0,
    interrupted: false,
  };
  const { copying, signal } = options;
  const reading = { ...(copying && { copying: { ...copying, silent: new Map() } }), ...(signal && { signal }) };
  const iterator = chunks[Symbol.asyncIterator]();
  const readNext = async () => {
    const { value, done } = await iterator.next();
    return done ? undefined : readBodies(db, value, reading);
  };
  let inFlight: InFlight[] = [];
  let failure: { error: unknown } | undefined;
  let isWhole = true;
  let ahead: Finished[] = [];
  let started = summary.last;
  const tell = (finished: Finished[]) => {
    for (const refusal of together(finished).refused) options.onRefusal?.(refusal);
  };
  const start = (chunk: Chunk) => {
    const isFirst = () => inFlight[0]?.chunk === chunk;
    const work = async () => {
      const own: Finished = { last: chunk.last, step: together([]) };
      let counted: Finished[] = [];
      // Lines are finished in any order, but counted only when all before them are: whoever goes on after a crash comes to the others again.
      const outcome = await importChunk(db, chunk, options, async (tx, step) => {
        own.step = step;
        counted = isFirst() ? [...ahead.filter(({ last }) => last < chunk.last), own] : [];
        await options.progress?.advance(tx, counted.length > 0 ? chunk.last : 0, together(counted));
      });
      if (counted.length === 0) ahead.push(own);
      ahead = ahead.filter((other) => !counted.includes(other));
      if (isFirst()) summary.last = chunk.last;
      inFlight = inFlight.filter((other) => other.chunk !== chunk);
      add(summary, outcome, chunk, own.step.report);
      tell(counted);
      options.onChunk?.(summary, chunk);
    };
    started = chunk.last;
    inFlight.push({
      chunk,
      done: work().catch((error: unknown) => {
        failure ??= { error };
        isWhole = false;
      }),
    });
  };
  let next = readNext();
  for (;;) {
    const chunk = await next.catch((error: unknown) => {
      failure ??= { error };
      return undefined;
    });
    if (!chunk || options.signal?.aborted || failure) {
      summary.interrupted = chunk !== undefined;
      break;
    }
    next = readNext();
    next.catch(() => {}); // thrown where it is awaited, unless a portion fails first
    while (!failure && (inFlight.length >= IN_FLIGHT || inFlight.some((other) => mustFollow(other.chunk, chunk)))) {
      await Promise.race(inFlight.map(({ done }) => done));
    }
    if (!failure) start(chunk);
  }
  await Promise.all(inFlight.map(({ done }) => done));
  await iterator.return?.();
  const settled = isWhole
    ? options.progress?.advance(db, started, together(ahead))
    : options.progress?.leave?.(together(ahead));
  if (failure) {
    await settled?.catch(() => {}); // what broke the import is what is told
    if (isWhole) tell(ahead);
    throw failure.error;
  }
  await settled;
  tell(ahead);
  if (!options.dryRun) await settleIndex(db);
  summary.last = started;
  return summary;
}

/** Two transactions on one story would wait for each other, and the second must see what the first has written; lines of an export build on those before. */
function mustFollow(one: Chunk, other: Chunk): boolean {
  if (one.records.length + other.records.length > 0) return true;
  const ids = new Set(one.lines.map(({ story }) => story.externalId));
  return other.lines.some(({ story }) => ids.has(story.externalId));
}

function add(summary: Summary, outcome: Outcome, chunk: Chunk, report: Report): void {
  for (const result of RESULTS) summary[result] += outcome[result].length;
  summary.lines += chunk.lines.length + chunk.records.length + chunk.refused.length;
  for (const noun of NOUNS) {
    summary.made[noun] = [...new Set([...summary.made[noun], ...outcome.made[noun]])];
  }
  addReport(summary.report, report);
}

/** Rolls a transaction back whose outcome is wanted all the same. */
class DryRun extends Error {}

async function importChunk(
  db: Db,
  chunk: Chunk,
  options: RunOptions,
  advance: (tx: Db, step: Step) => Promise<void>,
): Promise<Outcome> {
  const attempt = async (work: (tx: Db) => Promise<Outcome>): Promise<Outcome> => {
    let outcome: Outcome | undefined;
    await db
      .transaction(async (tx) => {
        outcome = await work(tx);
        outcome.refused = [...chunk.refused, ...outcome.refused].sort((a, b) => a.line - b.line);
        if (options.dryRun) throw new DryRun();
        await advance(tx, stepOf(outcome, chunk));
      })
      .catch((error: unknown) => {
        if (!(error instanceof DryRun)) throw error;
      });
    if (!outcome) throw new Error('a transaction without an outcome');
    if (options.dryRun) await advance(db, stepOf(outcome, chunk));
    return outcome;
  };
  let made = nothingMade();
  try {
    if (!options.dryRun && !options.strict) made = await makeAhead(db, chunk.lines);
    return withMade(await attempt((tx) => importAll(tx, chunk, options)), made);
  } catch (error) {
    if ((reasonOf(error) ?? malformed(error, chunk)) === undefined) throw error;
    return withMade(await attempt((tx) => importOneByOne(tx, chunk, options)), made);
  }
}

function withMade(outcome: Outcome, made: Made): Outcome {
  for (const noun of NOUNS) outcome.made[noun].push(...made[noun]);
  return outcome;
}

type Portion = Pick<Chunk, 'lines' | 'records'>;
async function importAll(tx: Db, { lines, records }: Portion, options: RunOptions): Promise<Outcome> {
  if (records.length > 0 && options.dryRun)
    throw new SourceError(
      'lines of an export build on those before: a dry run, which takes each portion back, cannot tell what would be done',
    );
  return records.length > 0 ? restoreRecords(tx, records) : importLines(tx, lines, options);
}

/** What one line breaks, its savepoint takes back. */
async function importOneByOne(tx: Db, { lines, records }: Portion, options: RunOptions): Promise<Outcome> {
  const whole: Outcome = { created: [], updated: [], unchanged: [], refused: [], made: nothingMade() };
  const portions = [
    ...records.map((record): Portion => ({ lines: [], records: [record] })),
    ...lines.map((line): Portion => ({ lines: [line], records: [] })),
  ];
  for (const portion of portions) {
    try {
      const one = await tx.transaction((savepoint) => importAll(savepoint, portion, options));
      for (const result of ['created', 'updated', 'unchanged'] as const) whole[result].push(...one[result]);
      whole.refused.push(...one.refused);
      withMade(whole, one.made);
    } catch (error) {
      const reason = reasonOf(error) ?? malformed(error, portion);
      if (reason === undefined) throw error;
      const line = [...portion.lines, ...portion.records][0]?.number ?? 0;
      whole.refused.push({ line, reason });
    }
  }
  return whole;
}

/** A row of an export is written as it is: what has not the form of one is found out by whoever reads it. */
const malformed = (error: unknown, { records }: Portion): string | undefined =>
  records.length > 0 && (error instanceof TypeError || error instanceof RangeError)
    ? 'it is not in the form of an export'
    : undefined;

/** @returns why a line is refused; undefined where the error is none of its doing */
function reasonOf(error: unknown): string | undefined {
  const problem = problemOf(error);
  if (problem) return problem.statusCode < 500 ? wordsOf(problem) : undefined;
  for (let current = error; current instanceof Error; current = current.cause) {
    // Data exceptions, broken constraints and limits of the program, of the SQLSTATE table.
    if (current instanceof pg.DatabaseError && /^(22|23|54)/.test(current.code ?? '')) return current.message;
  }
  return undefined;
}
