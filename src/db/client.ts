// Opens the connections: a pool for the desk and jobs, a pipeline for public reads. It refuses to share rights between the two.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { endInTime } from './ending.ts';
import { openPublicDb, type PublicDb } from './pipeline.ts';
import { keepPlans } from './plans.ts';
import { settings } from './settings.ts';
import { isReadOnly, lostRace } from './violations.ts';

/** A pool or a transaction: every function that writes takes it as its first parameter. */
export type Db = PgDatabase<NodePgQueryResultHKT, Record<string, never>>;

export interface Databases {
  desk: Db;
  public: PublicDb;
  /** Under `desk`, for what brings its own statements: jobs and the view counter. */
  pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Milliseconds in which Postgres sends something while it owes an answer: more than any statement may take. A network that swallows
 * what is sent tells nobody, and the kernel gives up after a quarter of an hour.
 */
const PATIENCE = 20_000;

/** Milliseconds that a connection is waited for, or a turn of those that hold theirs for long. */
const CONNECTING = 5_000;

function endSilent(client: pg.Client, patience: number): void {
  const stream = client.connection.stream as Socket;
  stream.setTimeout(patience, () => {
    if (!Reflect.get(client, 'readyForQuery')) stream.destroy();
  });
}

/**
 * A server that was made a standby refuses what is written on connections of before, for ever; the next ones lead to its successor. What
 * one of them is told counts for all that are open: those at rest are cut, and those that are lent end when they are given back.
 */
function endDemoted(pool: pg.Pool): void {
  const isLent = new Map<pg.Client, boolean>();
  const demoted = new WeakSet<pg.Client>();
  pool.on('connect', (client) => {
    client.connection.on('errorMessage', (error: pg.DatabaseError) => {
      if (!isReadOnly(error)) return;
      for (const [each, lent] of isLent) {
        demoted.add(each);
        if (!lent) each.connection.stream.destroy();
      }
    });
  });
  pool.on('acquire', (client) => isLent.set(client, true));
  pool.on('release', (_error, client) => {
    isLent.set(client, false);
    if (demoted.has(client)) void client.end();
  });
  pool.on('remove', (client) => isLent.delete(client));
}

/** @param options.patience for statements that may take longer than usual, in milliseconds */
export function openPool(
  databaseUrl: string,
  { name, max, patience = PATIENCE }: { name: string; max: number; patience?: number },
  onError: (error: Error) => void,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: name,
    max,
    keepAlive: true,
    connectionTimeoutMillis: CONNECTING,
    options: settings('-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000'),
  });
  pool.on('error', onError);
  const open = new Set<pg.Client>();
  // A connection that breaks while it is lent fails its statement and also speaks here; unheard, that would end the process.
  pool.on('connect', (lent) => {
    const client = lent as pg.PoolClient & pg.Client;
    client.on('error', onError);
    open.add(client.once('end', () => open.delete(client)));
    endSilent(client, patience);
  });
  endDemoted(pool);
  const end = pool.end.bind(pool);
  pool.end = () => endInTime(end(), open);
  return pool;
}

export function openDatabases(databaseUrl: string, onError: (error: Error) => void): Databases {
  const pool = openPool(databaseUrl, { name: 'dateline desk', max: 10 }, onError);
  const keep = keepPlans();
  pool.on('connect', (lent) => keep(lent as pg.PoolClient & pg.Client));
  const publicDb = openPublicDb(databaseUrl, onError);
  return {
    desk: deskDb(pool),
    public: publicDb,
    pool,
    async close() {
      await Promise.allSettled([publicDb.end(), pool.end()]);
    },
  };
}

/** Of a transaction that failed by no fault of its own; what waits longer than a lock_timeout is told at once, as 503. */
const TRIES = 3;
const mayPass = (error: unknown): boolean => lostRace(error) || isReadOnly(error);

/**
 * drizzle lends a connection for a transaction and keeps it for ever when `begin` itself fails, as it does on one that has just
 * been cut: ten such failures emptied the pool, and its end was waited for in vain. Here it is given back whatever happens.
 * The work of a transaction is done anew where Postgres ended it for a deadlock or had become a standby: it may do nothing but ask the
 * database.
 */
export function deskDb(pool: pg.Pool): Db {
  const db = drizzle(pool) as Db;
  db.transaction = async (work, config) => {
    for (let tried = 1; ; tried += 1) {
      const client = await pool.connect();
      try {
        return await (drizzle(client) as Db).transaction(work, config);
      } catch (error) {
        if (tried === TRIES || !mayPass(error)) throw error;
      } finally {
        client.release();
      }
    }
  };
  return new Proxy(db, {
    get(own, member) {
      const held = ambient.getStore();
      const db = held?.tx ?? own;
      if (held && member === 'transaction') return savepointOf(held);
      const value: unknown = Reflect.get(db, member, db);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}

interface Held {
  tx: Db;
  /** What Postgres ended meanwhile: the request told it as a refusal, and whoever holds the transaction does all of it anew. */
  lost?: unknown;
}
const ambient = new AsyncLocalStorage<Held | undefined>();

const savepointOf =
  (held: Held): Db['transaction'] =>
  async (work, config) => {
    try {
      return await held.tx.transaction(work, config);
    } catch (error) {
      if (mayPass(error)) held.lost = error;
      throw error;
    }
  };

/**
 * All that `work` asks of the desk's database, it asks in this transaction; transactions of its own become savepoints. For whole
 * requests that are answered within another (plugins/inner.ts): everything else is handed its `tx`.
 */
export async function within<T>(tx: Db, work: () => Promise<T>): Promise<T> {
  const held: Held = { tx };
  const result = await ambient.run(held, work);
  if (held.lost) throw held.lost;
  return result;
}

/** Half of the pool: what such a request does outside() of its transaction needs another connection. */
const MOST_HELD = 5;
let holding = 0;
const waiting: (() => void)[] = [];
/**
 * For a transaction that whole requests are answered in. One within another has its turn already.
 * @throws what the pool throws where no connection comes free in time
 */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (isWithin()) return work();
  if (holding < MOST_HELD) holding += 1;
  else await turn();
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else holding -= 1;
  }
}

function turn(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => {
    waiting.splice(waiting.indexOf(go), 1);
    reject(new Error('timeout exceeded when trying to connect'));
  }, CONNECTING);
  const go = () => {
    clearTimeout(late);
    resolve();
  };
  waiting.push(go);
  return promise;
}
/** For what has to stay although the request that it belongs to is refused and taken back: on a connection of its own. */
export const outside = <T>(work: () => Promise<T>): Promise<T> => ambient.run(undefined, work);
export const isWithin = (): boolean => ambient.getStore() !== undefined;
