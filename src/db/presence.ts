// This process's standing connection to the embedded server: proves whose server it is and shows others that it is in use; it never stops the server.
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ROLE } from './cluster.ts';
import { isAlive } from './postmaster.ts';

const PRESENCE = 'dateline presence ';

export interface Server {
  readonly port: number;
  readonly password: string;
  readonly client: pg.Client;
  readonly socket: Socket;
}

/** Connects to the maintenance database, so that the connection never stands in the way of CREATE or DROP DATABASE. */
export async function connect(port: number, password: string, dataDir: string): Promise<Server> {
  const socket = new Socket();
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: ROLE,
    password,
    database: 'postgres',
    ssl: false,
    application_name: `${PRESENCE}${process.pid}`,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    stream: () => socket,
  });
  client.on('error', () => {});
  await client.connect();
  // A copied folder carries a copy of the pid file and of the password: only the server itself knows whose data it serves.
  const { rows } = await client.query<{ path: string }>(`select current_setting('data_directory') as path`);
  if (rows[0]?.path !== dataDir) {
    await client.end();
    throw new Error(`The PostgreSQL server on port ${port} serves ${rows[0]?.path}, not ${dataDir}.`);
  }
  return { port, password, client, socket };
}

export async function createDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
}

/**
 * Holds one idle connection that tells other processes that this one uses the server, also after the server came back
 * from a crash. It does not keep this process running.
 * @param revive starts the server where none is there
 * @returns a function that ends it and answers whether nobody else is present
 */
export function stayPresent(
  first: Server,
  dataDir: string,
  revive?: (isWanted: () => boolean) => Promise<Server | undefined>,
): () => Promise<boolean> {
  let server: Server | undefined;
  let left = false;
  const settle = (arrived: Server) => {
    server = arrived;
    arrived.socket.unref();
    arrived.client.once('end', () => {
      server = undefined;
      void comeBack();
    });
  };
  const comeBack = async () => {
    while (!left && !server) {
      await sleep(1_000, undefined, { ref: false });
      if (left) return;
      const again =
        (await connect(first.port, first.password, dataDir).catch(() => undefined)) ??
        (await revive?.(() => !left).catch(() => undefined));
      if (again && left) await again.client.end();
      else if (again) settle(again);
    }
  };
  settle(first);
  return async () => {
    left = true;
    const last = server ?? (await connect(first.port, first.password, dataDir).catch(() => undefined));
    if (!last) return true;
    last.socket.ref();
    try {
      const { rows } = await last.client.query<{ name: string }>(
        'select application_name as name from pg_stat_activity where starts_with(application_name, $1) and pid <> pg_backend_pid()',
        [PRESENCE],
      );
      // A process that was killed a moment ago may still be listed.
      return !rows.some(({ name }) => isAlive(Number(name.slice(PRESENCE.length))));
    } catch {
      return true;
    } finally {
      await last.client.end().catch(() => {});
    }
  };
}
