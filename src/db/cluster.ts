// Makes the data folder of the embedded PostgreSQL and its password, whole or not at all; it never touches a folder it does not recognise.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lchown, lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { commandOf, type Identity, type Owner } from './account.ts';
import { type Binaries, CHILD_ENV } from './binaries.ts';

const run = promisify(execFile);

/** The one role of the embedded server: its superuser. */
export const ROLE = 'dateline';

export interface Cluster {
  /** Absolute, without symbolic links: PostgreSQL reports it in this spelling. */
  readonly dataDir: string;
  /** False before initdb. */
  readonly exists: boolean;
  /** Undefined when there is none. */
  readonly password: string | undefined;
}

export const logFileOf = (dataDir: string) => `${dataDir}.log`;
const DRAFT = '.new-';
const passwordFileOf = (dataDir: string) => `${dataDir}.password`;

/**
 * Absolute spelling without symbolic links. Makes the folders above it; when root does, they belong to whom the folder
 * around them belongs to, so that a later start without sudo can write there.
 */
export async function locate(path: string): Promise<string> {
  const wanted = resolve(path);
  const parent = dirname(wanted);
  try {
    const made = await mkdir(parent, { recursive: true });
    if (made && process.getuid?.() === 0) {
      const { uid, gid } = await lstat(dirname(made));
      for (let folder = parent; folder.length >= made.length; folder = dirname(folder)) await lchown(folder, uid, gid);
    }
    return await realpath(wanted).catch(async () => join(await realpath(parent), basename(wanted)));
  } catch (error) {
    throw new Error(`${parent} cannot be made or read: set DATA_DIR to another folder, or set DATABASE_URL.`, {
      cause: error,
    });
  }
}

/** @throws Error that says what to do, when the folder is of another account, another major version or something else */
export async function inspectCluster(dataDir: string, major: number): Promise<Cluster> {
  const uid = process.getuid?.();
  const stats = await lstat(dataDir).catch(() => undefined);
  if (stats && uid !== 0 && stats.uid !== uid) {
    throw new Error(
      `${dataDir} belongs to the account with uid ${stats.uid}, this process has uid ${uid}. ` +
        'Start as that account, or set DATA_DIR to another folder, or set DATABASE_URL.',
    );
  }
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  const entries = version === undefined && stats ? await readdir(dataDir) : [];
  if (entries.length > 0)
    throw new Error(`${dataDir} is not empty and holds no PostgreSQL data. Set DATA_DIR to another folder.`);
  if (version !== undefined && Number(version) !== major) {
    throw new Error(
      `${dataDir} was written by PostgreSQL ${version.trim()}, the installed one is ${major}, and a major version cannot read ` +
        `another's files. Move the data with pg_dump and pg_restore of version ${version.trim()}, or set DATA_DIR to another folder.`,
    );
  }
  const password = await readFile(passwordFileOf(dataDir), 'utf8').catch(() => undefined);
  if (version !== undefined && !password) {
    throw new Error(
      `${passwordFileOf(dataDir)} is missing, so nobody can log in to ${dataDir}. Put it back from a copy.`,
    );
  }
  return { dataDir, exists: version !== undefined, password: password?.trim() };
}

/**
 * Runs initdb in a folder beside the final one and renames it: a crash half-way leaves nothing that looks like data. Each
 * try has a folder of its own, since an initdb whose parent was killed goes on writing for a while. Returns the password.
 */
export async function createCluster(
  dataDir: string,
  binaries: Binaries,
  identity: Identity,
  { durable, onProgress }: { durable: boolean; onProgress: ((line: string) => void) | undefined },
): Promise<string> {
  await removeDrafts(dataDir);
  const password = randomBytes(24).toString('base64url');
  const draft = `${dataDir}${DRAFT}${randomBytes(6).toString('hex')}`;
  const passwordFile = passwordFileOf(draft);
  const file = await open(passwordFile, 'wx', 0o600).catch((error: unknown) => {
    throw new Error(`${dirname(dataDir)} cannot be written: set DATA_DIR to another folder, or set DATABASE_URL.`, {
      cause: error,
    });
  });
  await file.writeFile(`${password}\n`);
  await file.sync();
  await file.close();
  await mkdir(draft, { mode: 0o700 });
  await giveTo(identity.owner, passwordFile, draft);

  const args = [`--pgdata=${draft}`, `--username=${ROLE}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  args.push('--encoding=UTF8', '--data-checksums', '--no-instructions', '--text-search-config=simple');
  args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  if (!durable) args.push('--no-sync');
  // lower() and ILIKE follow the built-in provider, but PostgreSQL 17's text search parser and pg_trgm still ask the C
  // library: under lc_ctype=C «НОВОСТЬ» is one word with its quotes, never folded, and show_trgm('Ереван') is empty.
  const ctypes = ['C.UTF-8', 'en_US.UTF-8', 'UTF-8', 'C'];
  for (const [index, ctype] of ctypes.entries()) {
    const [program, rest] = commandOf(identity, binaries.initdb, [...args, `--lc-ctype=${ctype}`]);
    try {
      await run(program, rest, { ...identity.switchTo, env: CHILD_ENV, cwd: '/' });
      if (ctype === 'C')
        onProgress?.('This system has no UTF-8 locale: search will be poor in scripts other than Latin.');
      break;
    } catch (error) {
      const reason = (error as { stderr?: string }).stderr?.trim() || String(error);
      if (reason.includes('invalid locale name') && index < ctypes.length - 1) continue;
      await removeDrafts(dataDir);
      throw new Error(`PostgreSQL could not make its data folder ${dataDir}: ${reason}`, { cause: error });
    }
  }
  await rename(passwordFile, passwordFileOf(dataDir));
  await rename(draft, dataDir);
  return password;
}

async function removeDrafts(dataDir: string): Promise<void> {
  const names = await readdir(dirname(dataDir));
  for (const name of names.filter((name) => name.startsWith(`${basename(dataDir)}${DRAFT}`))) {
    await rm(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** Hands the data and its password to the account that runs the server; for a server that is not running. */
export async function handOver(dataDir: string, owner: Owner | undefined): Promise<void> {
  await giveTo(owner, passwordFileOf(dataDir));
  if (!owner || (await lstat(dataDir)).uid === owner.uid) return;
  // The folder itself comes last: it tells the next start that the hand-over was finished.
  await giveTo(owner, ...(await readdir(dataDir, { recursive: true })).map((entry) => join(dataDir, entry)), dataDir);
}

async function giveTo(owner: Owner | undefined, ...paths: string[]): Promise<void> {
  if (!owner) return;
  for (const path of paths) await lchown(path, owner.uid, owner.gid);
}
