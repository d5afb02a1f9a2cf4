// Opens the connections: a pool for the desk and jobs, a pipeline for public reads. It refuses to share rights between the two.
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { openPublicDb, type PublicDb } from './pipeline.ts';

/** A pool or a transaction: every function that writes takes it as its first parameter. */
export type Db = PgDatabase<NodePgQueryResultHKT, Record<string, never>>;

export interface Databases {
  desk: Db;
  public: PublicDb;
  /** Under `desk`, for what brings its own statements: jobs and the view counter. */
  pool: pg.Pool;
  close(): Promise<void>;
}

export function openDatabases(databaseUrl: string, onError: (error: Error) => void): Databases {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'dateline desk',
    max: 10,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    options: '-c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000',
  });
  pool.on('error', onError);
  // A connection that breaks while it is lent fails its statement and also speaks here; unheard, that would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  const publicDb = openPublicDb(databaseUrl, onError);
  return {
    desk: drizzle(pool),
    public: publicDb,
    pool,
    async close() {
      await Promise.allSettled([publicDb.end(), pool.end()]);
    },
  };
}
