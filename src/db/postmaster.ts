// Launches and ends the PostgreSQL server process; it trusts no pid that it has not matched with the data folder.
import { execFile, spawn } from 'node:child_process';
import { lchown, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commandOf, type Identity } from './account.ts';
import { type Binaries, CHILD_ENV } from './binaries.ts';
import { logFileOf } from './cluster.ts';
import { freePort } from './ports.ts';

const run = promisify(execFile);

const LOG_LIMIT = 1_048_576;
/** After a crash the server replays at most max_wal_size before it is ready. */
const START_MS = 120_000;
/** A fast shutdown writes a checkpoint, an immediate one leaves the work to recovery. */
const STOP = [
  ['SIGINT', 8_000],
  ['SIGQUIT', 6_000],
] as const;

/** Lines 1, 4 and 8 of postmaster.pid. */
export interface PidFile {
  readonly pid: number;
  readonly port: number | undefined;
  readonly status: string;
}

export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]) || undefined, status: lines[7]?.trim() ?? '' };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process is a server that was started for this data folder, by its command line. */
export async function isPostmaster(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    return words.includes(dataDir);
  }
  const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(dataDir);
}

/**
 * Makes a stale pid file harmless whose pid now belongs to a stranger. Only the pid is replaced, by one that no system
 * hands out: the shared-memory key in the same file still lets PostgreSQL see backends that outlived their server. An
 * empty file, as a power failure leaves it, goes: PostgreSQL would refuse to start.
 */
export async function retirePidFile(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postmaster.pid');
  const [pid, ...rest] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  if (pid) await writeFile(path, ['2147483647', ...rest].join('\n'));
  else await rm(path, { force: true });
}

/** The port of the last start when it is free, so that open pools find the server again; else any free one. */
export async function choosePort(dataDir: string, attempt: number): Promise<number> {
  const last = (await readFile(join(dataDir, 'postmaster.opts'), 'utf8').catch(() => '')).match(/"port=(\d+)"/)?.[1];
  return freePort(attempt === 1 && last ? Number(last) : 0);
}

/**
 * Starts the server in a session of its own (Ctrl-C in the terminal does not reach it) and waits until it takes connections.
 * @returns undefined when it is ready, else what it wrote to its log
 */
export async function launch(
  dataDir: string,
  binaries: Binaries,
  identity: Identity,
  settings: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const path = logFileOf(dataDir);
  const log = await open(path, 'a', 0o600);
  if ((await log.stat()).size > LOG_LIMIT) await log.truncate(0);
  if (identity.owner) await lchown(path, identity.owner.uid, identity.owner.gid);
  const { size } = await log.stat();
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program, args] = commandOf(identity, binaries.postgres, ['-D', dataDir, ...flags]);
  let ended: string | undefined;
  const child = spawn(program, args, {
    ...identity.switchTo,
    env: CHILD_ENV,
    cwd: dirname(dataDir),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  child.unref();
  await log.close();
  const deadline = Date.now() + START_MS;
  while (ended === undefined && Date.now() < deadline) {
    const pidFile = await readPidFile(dataDir);
    if (pidFile?.pid === child.pid && pidFile?.status === 'ready') return undefined;
    await sleep(10);
  }
  if (ended === undefined) {
    child.kill('SIGQUIT');
    ended = `it was not ready after ${START_MS / 1000} s`;
  }
  const written = (await readFile(path)).subarray(size).toString('utf8').trim();
  return [ended, ...written.split('\n').slice(-20)].join('\n');
}

/** Ends the server of this data folder and waits; does nothing when there is none. */
export async function shutDown(dataDir: string): Promise<void> {
  const pidFile = await readPidFile(dataDir);
  if (!pidFile || !(await isPostmaster(pidFile.pid, dataDir))) return;
  for (const [signal, patienceMs] of STOP) {
    try {
      process.kill(pidFile.pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      // The file goes at the very end; the pid alone would still answer as a zombie while its parent is busy.
      if (!isAlive(pidFile.pid) || (await readPidFile(dataDir)) === undefined) return;
      await sleep(10);
    }
  }
  throw new Error(`The PostgreSQL server of ${dataDir} (pid ${pidFile.pid}) does not stop.`);
}
