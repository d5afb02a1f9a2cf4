// What every command does around its work: reads the configuration, finds or starts the database, connects, and ends it all again.
import { join } from 'node:path';
import type pg from 'pg';
import { type Config, loadDotEnv, readConfig } from '../config.ts';
import { type EmbeddedPostgres, startPostgres } from '../db/embedded.ts';
import { explainRefusal } from '../db/refusals.ts';
import { openPool } from './pooling.ts';

interface Options {
  /** By which its connections are told apart in Postgres. */
  name: string;
  connections: number;
  say: (line: string) => void;
  /** Brings the database to where the work can begin. */
  prepare: (databaseUrl: string, config: Config) => Promise<unknown>;
}

/** @throws ConfigError before anything is started */
export async function withDatabase<Result>(
  { name, connections, say, prepare }: Options,
  work: (pool: pg.Pool, config: Config) => Promise<Result>,
): Promise<Result> {
  loadDotEnv();
  const config = readConfig();
  let postgres: EmbeddedPostgres | undefined;
  try {
    if (!config.databaseUrl)
      postgres = await startPostgres({ dataDir: join(config.dataDir, 'postgres'), onProgress: say });
    const databaseUrl = config.databaseUrl ?? postgres?.url ?? '';
    await prepare(databaseUrl, config).catch((error: unknown) => {
      throw explainRefusal(error, databaseUrl) ?? error;
    });
    const pool = openPool(databaseUrl, { name, max: connections });
    try {
      return await work(pool, config);
    } finally {
      await pool.end();
    }
  } finally {
    await postgres?.stop();
  }
}
