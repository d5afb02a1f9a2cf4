// Runs measures in turn, round after round, so that what else the machine does falls on all of them alike. It judges no number.
import type pg from 'pg';
import type { Measure } from './plan.ts';
import type { Generator, Server } from './servers.ts';

export interface Sample {
  /** Good answers per second. */
  rate: number;
  p50: number;
  p99: number;
  /** CPU time of the server process for each answer, microseconds. */
  cpu: number;
  answered: number;
  /** By how much the database's count grew. */
  counted: number | null;
}
export type Samples = Map<string, Sample[]>;

export interface RoundOptions {
  rounds: number;
  seconds: number;
  warmUp: number;
  servers: ReadonlyMap<string, Server>;
  generator: Generator;
  db: Pick<pg.Pool, 'query'>;
  say: (line: string) => void;
}

export async function runRounds(measures: Measure[], options: RoundOptions): Promise<Samples> {
  const samples: Samples = new Map(measures.map(({ name }) => [name, []]));
  for (const measure of measures) await runOne(measure, options.warmUp, options);
  for (let round = 1; round <= options.rounds; round += 1) {
    options.say(`  round ${round} of ${options.rounds}`);
    for (const measure of measures) samples.get(measure.name)?.push(await runOne(measure, options.seconds, options));
  }
  return samples;
}

async function runOne(measure: Measure, seconds: number, { servers, generator, db }: RoundOptions): Promise<Sample> {
  const server = servers.get(measure.server);
  if (!server) throw new Error(`there is no server ${measure.server}`);
  const countBefore = await count(db, measure);
  const before = await server.usage();
  const round = await generator.run({ ...measure.load, port: server.port, seconds });
  const after = await server.usage();
  const countAfter = await count(db, measure);
  const good = round.statuses[measure.status] ?? 0;
  if (good !== round.answers || round.errors > 0 || good === 0) {
    throw new Error(
      `${measure.name}: wanted ${measure.status}, but got ${JSON.stringify(round.statuses)} and ${round.errors} errors`,
    );
  }
  return {
    rate: good / round.seconds,
    p50: round.p50,
    p99: round.p99,
    cpu: (after.cpu - before.cpu) / good,
    answered: good,
    counted: countBefore === null || countAfter === null ? null : countAfter - countBefore,
  };
}

async function count(db: RoundOptions['db'], { counts }: Measure): Promise<number | null> {
  if (!counts) return null;
  const { rows } = await db.query<{ sum: string }>(`select coalesce(sum(views), 0) as sum from ${counts}`);
  return Number(rows[0]?.sum);
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
