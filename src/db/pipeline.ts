// Public reads: named prepared statements sent down two pipelined connections under the reader role. It knows no transactions.
// Two pipelined connections answered 1.7 to 2 times as many reads a second as a pool of ten (one core, 64 clients).
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Problem } from '../errors.ts';
import { passBytes } from './bytes.ts';
import { endInTime } from './ending.ts';
import { type KnownColumns, Prepared } from './prepared.ts';
import { settings } from './settings.ts';

export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Planned anew for the values of each request, where the way to go depends on them; on a connection for such alone. */
  readonly isPlannedAnew?: boolean;
  /** Takes the longer the more stories there are: on a connection for such alone. */
  readonly isLong?: boolean;
  /** Answered by the site and the taxonomy alone, so that caching/names.ts may remember it until those change. */
  readonly isOfNames?: boolean;
}
export interface PublicDb {
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  end(): Promise<void>;
}

const CONNECTIONS = 2;
/** One more, for what is planned anew. */
const PLANNING = CONNECTIONS;
/** And one for what is both: suggestions, which keep pace with somebody who types, do not wait behind searches. */
const SEARCHING = PLANNING + 1;
/**
 * And one for what is long, since what comes down the same connection waits behind it. While 20 clients had stories counted among 40,000
 * texts (0.14 s of CPU each, two busy cores), one story of a hundred that was not kept took 3 s or more, and takes 0.12; before, some were a 503.
 */
const LONG = SEARCHING + 1;
/**
 * Left to itself, Postgres plans a list anew for each request, since it takes its plan for any values to be dearer than it is: 2.2 ms
 * a list instead of 0.7, a fallback 3.9 instead of 2.0.
 */
const ONE_PLAN = ' -c plan_cache_mode=force_generic_plan';
/** Milliseconds; the server cancels what takes longer, so that one slow read cannot hold up those behind it for long. */
const STATEMENT_TIMEOUT = 5_000;
/**
 * Milliseconds; a connection that has answered nothing for so long is given up, with all that wait. One that does answer is not, however
 * much waits there; but nothing more is put behind what has waited for so long.
 */
const PATIENCE = 2 * STATEMENT_TIMEOUT;
const CROWDED = { detail: 'Too much of this kind waits for the database already.', headers: { 'retry-after': '5' } };

/**
 * What is asked while one turn of the event loop lasts is sent together: with 64 clients, a write for seven statements, and 12 % less CPU
 * for a story. Nothing waits for more than the turn.
 */
function sendTogether(stream: Duplex): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

interface Line {
  client: pg.Client;
  known: KnownColumns;
  /** What has no answer yet, in the order in which it was asked. */
  waiting: Set<{ askedAt: number }>;
  answeredAt: number;
}

const isOver = (since: number) => performance.now() - since > PATIENCE;

/** One clock for all that wait: a timer for each statement costs more than sending it. */
function watch(line: Line): void {
  const { client, waiting } = line;
  const clock = setInterval(() => {
    const [first] = waiting;
    if (first && isOver(Math.max(first.askedAt, line.answeredAt))) client.connection.stream.destroy();
  }, 1_000).unref();
  client.once('end', () => clearInterval(clock));
}

function ask<Row extends object>(line: Line, statement: Statement, values: readonly unknown[]): Promise<Row[]> {
  const [first] = line.waiting;
  if (first && isOver(first.askedAt)) throw new Problem('service_unavailable', CROWDED);
  sendTogether(line.client.connection.stream);
  const question = { askedAt: performance.now() };
  line.waiting.add(question);
  return new Promise((resolve, reject) => {
    const prepared = new Prepared<Row>(line.known, statement, values, (error) => {
      line.waiting.delete(question);
      line.answeredAt = performance.now();
      if (error) reject(error);
      else resolve(prepared.found);
    });
    line.client.query(prepared);
  });
}

export function openPublicDb(databaseUrl: string, onError: (error: Error) => void): PublicDb {
  const lines: (Promise<Line> | undefined)[] = new Array(LONG + 1).fill(undefined);
  const open = new Set<pg.Client>();
  let turn = 0;
  let ended = false;

  function placeOf({ isPlannedAnew, isLong }: Statement): number {
    if (isPlannedAnew) return isLong ? SEARCHING : PLANNING;
    if (isLong) return LONG;
    turn = (turn + 1) % CONNECTIONS;
    return turn;
  }

  function connect(at: number): Promise<Line> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'dateline public',
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      options: settings(
        `-c role=dateline_reader -c default_transaction_read_only=on -c statement_timeout=${STATEMENT_TIMEOUT} -c pg_trgm.word_similarity_threshold=0.4${at === PLANNING || at === SEARCHING ? '' : ONE_PLAN}`,
      ),
    });
    open.add(client.once('end', () => open.delete(client)));
    passBytes(client);
    const drop = () => {
      if (lines[at] === connecting) lines[at] = undefined; // the next read connects anew
    };
    client.on('error', (error) => {
      drop();
      onError(error);
    });
    client.on('end', drop);
    const connecting = client.connect().then(
      () => {
        const line: Line = { client, known: new Map(), waiting: new Set(), answeredAt: 0 };
        watch(line);
        return line;
      },
      (error) => {
        drop();
        throw error;
      },
    );
    lines[at] = connecting;
    return connecting;
  }

  return {
    async query<Row extends object>(statement: Statement, values: readonly unknown[]) {
      if (ended) throw new Error('the database connections are closed');
      const at = placeOf(statement);
      const line = await (lines[at] ?? connect(at));
      try {
        return await ask<Row>(line, statement, values);
      } catch (error) {
        // Where it was asked; the error was made where the answer was read.
        if (error instanceof Error) Error.captureStackTrace(error);
        throw error;
      }
    },
    async end() {
      ended = true;
      await endInTime(Promise.allSettled(lines.map(async (line) => (await line)?.client.end())), open);
    },
  };
}
