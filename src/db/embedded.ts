// The default database: starts or adopts the PostgreSQL server of a data folder and stops it with its last user; it knows nothing of tables.
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { chooseIdentity } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { type Cluster, createCluster, handOver, inspectCluster, locate, logFileOf, ROLE } from './cluster.ts';
import { withMutex } from './mutex.ts';
import { choosePort, isAlive, isPostmaster, launch, readPidFile, retirePidFile, shutDown } from './postmaster.ts';
import { connect, createDatabase, type Server, stayPresent } from './presence.ts';

export interface EmbeddedPostgres {
  /** `postgres://dateline:…@127.0.0.1:PORT/DATABASE`; the role is the server's superuser. */
  readonly url: string;
  /** False when a running server was adopted. */
  readonly started: boolean;
  /** Stops the server unless another process still uses it. Close every pool first. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder of the data; its log and password are kept beside it, as `<dataDir>.log` and `<dataDir>.password`. */
  readonly dataDir: string;
  /** Database to create when it is absent; `dateline` by default. */
  readonly database?: string;
  /** Server settings by name, such as `{ fsync: 'off' }`; they count when the server is started, not when it is adopted. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onProgress?: (line: string) => void;
  /** Starts the server again where it has died, as when the system is out of memory, for as long as this process uses it. */
  readonly revive?: boolean;
}

/** For a small machine with a solid-state disk. fsync and synchronous_commit keep their default, on: what is acknowledged is on disk. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  random_page_cost: '1.1',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Clients are told of their errors; the file would only grow by them.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};

const ADOPT_MS = 120_000;
/** Backends that outlived a killed server leave within moments. */
const LEFTOVER_MS = 30_000;

/**
 * @returns once the database accepts connections
 * @throws Error that says what to do: no programs for this machine, no account to run under, unusable data, or the server's own words
 */
export async function startPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  const dataDir = await locate(options.dataDir);
  return withMutex(dataDir, async () => {
    const cluster = await inspectCluster(dataDir, binaries.major);
    let server = await adopt(cluster);
    const started = server === undefined;
    server ??= await start(cluster, binaries, options);
    const { port, password } = server;
    const database = options.database ?? 'dateline';
    const revive = (isWanted: () => boolean) =>
      withMutex(dataDir, async () => {
        if (!isWanted()) return undefined;
        const left = await inspectCluster(dataDir, binaries.major);
        return left.exists ? ((await adopt(left)) ?? start(left, binaries, options)) : undefined;
      });
    const leave = stayPresent(server, dataDir, options.revive ? revive : undefined);
    try {
      await createDatabase(server.client, database);
    } catch (error) {
      if (await leave()) await shutDown(dataDir);
      throw error;
    }
    let stopping: Promise<void> | undefined;
    return {
      url: `postgres://${ROLE}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
      started,
      stop: () => {
        stopping ??= withMutex(dataDir, async () => {
          if (await leave()) await shutDown(dataDir);
        });
        return stopping;
      },
    };
  });
}

/** The server that runs on this data already, or undefined; a pid file left by a crash is made harmless. */
async function adopt({ dataDir, exists, password }: Cluster): Promise<Server | undefined> {
  if (!exists || password === undefined) return undefined;
  const deadline = Date.now() + ADOPT_MS;
  for (;;) {
    const pidFile = await readPidFile(dataDir);
    if (pidFile && !isAlive(pidFile.pid)) return undefined;
    let refusal: unknown;
    if (pidFile?.port) {
      const server = await connect(pidFile.port, password, dataDir).catch((error: unknown) => {
        refusal = error;
      });
      if (server) return server;
    }
    if (!pidFile || !(await isPostmaster(pidFile.pid, dataDir))) {
      await retirePidFile(dataDir);
      return undefined;
    }
    const wrongPassword = refusal instanceof pg.DatabaseError && refusal.code === '28P01';
    if (wrongPassword || Date.now() > deadline) {
      throw new Error(
        `A PostgreSQL server (pid ${pidFile.pid}) holds ${dataDir}, but does not let us in. Stop it first: kill -INT ${pidFile.pid}.`,
        { cause: refusal },
      );
    }
    await sleep(20);
  }
}

async function start(cluster: Cluster, binaries: Binaries, options: EmbeddedOptions): Promise<Server> {
  const { dataDir } = cluster;
  const settings = { ...SETTINGS, ...options.settings };
  const programs = [binaries.initdb, binaries.postgres];
  const identity = await chooseIdentity({ dataDir, parent: dirname(dataDir), programs });
  let password = cluster.password;
  if (!cluster.exists || password === undefined) {
    options.onProgress?.(`Creating a PostgreSQL ${binaries.major} database in ${dataDir}`);
    const durable = options.settings?.fsync !== 'off';
    password = await createCluster(dataDir, binaries, identity, { durable, onProgress: options.onProgress });
  }
  await handOver(dataDir, identity.owner);
  options.onProgress?.(`Starting PostgreSQL ${binaries.major} in ${dataDir}`);
  const deadline = Date.now() + LEFTOVER_MS;
  for (let attempt = 1; ; attempt += 1) {
    const port = await choosePort(dataDir, attempt);
    const failure = await launch(dataDir, binaries, identity, { ...settings, port: String(port) });
    if (failure === undefined) return connect(port, password, dataDir);
    const portTaken = failure.includes('could not bind') && attempt < 5;
    const leftover = failure.includes('pre-existing shared memory block') && Date.now() < deadline;
    if (!portTaken && !leftover) {
      throw new Error(`PostgreSQL did not start; its log ${logFileOf(dataDir)} ends with:\n${failure}`);
    }
    await sleep(200);
  }
}
