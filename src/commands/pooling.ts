// Opens the connections of a command. It outlives the loss of each: the work that needed it fails, in words.
import pg from 'pg';
import { PATIENTLY } from '../db/settings.ts';

/** @param name by which its connections are told apart in Postgres */
export function openPool(databaseUrl: string, { name, max }: { name: string; max: number }): pg.Pool {
  const pool = new pg.Pool({ connectionString: databaseUrl, application_name: name, max, options: PATIENTLY });
  // The statement in flight fails as well, and that is thrown. Between two statements of a transaction there is none, and whoever has lent the
  // connection is told alone: unheard, that would end the process.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  return pool;
}
