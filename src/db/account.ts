// Chooses the account PostgreSQL runs under, since it refuses root; it never changes the permissions of a folder that is not its own.
import { execFile } from 'node:child_process';
import { lstat, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { CHILD_ENV } from './binaries.ts';

const run = promisify(execFile);

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Identity {
  /** Set when the child must switch accounts. */
  readonly switchTo: Owner | undefined;
  /** Put before the program: enters a user namespace. Empty as a rule. */
  readonly launcher: readonly string[];
  /** Who the data must belong to; undefined leaves it as it is. */
  readonly owner: Owner | undefined;
}

export interface Place {
  readonly dataDir: string;
  /** Folder of the data folder; it exists. */
  readonly parent: string;
  /** Programs that the account has to execute. */
  readonly programs: readonly string[];
  /** Where accounts are listed; `/etc/passwd` by default. */
  readonly passwdFile?: string;
}

/** The program and arguments to spawn so that `file` runs under the identity. */
export function commandOf(identity: Identity, file: string, args: readonly string[]): [string, string[]] {
  const [first = file, ...rest] = [...identity.launcher, file, ...args];
  return [first, rest];
}

/** @throws Error that says what to do, when root has no way to run PostgreSQL on this data */
export async function chooseIdentity(place: Place): Promise<Identity> {
  const accounts = await listAccounts(place.passwdFile ?? '/etc/passwd');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && isNamed()) return { switchTo: undefined, launcher: [], owner: undefined };

  const known = ['postgres', 'nobody'].flatMap((name) => accounts.filter((account) => account.name === name));
  const ordinary = accounts.filter((account) => account.uid > 0);
  const favourites = [...known, ...ordinary.slice(0, 1)];
  if (isRoot) {
    // Whoever owns the data, or else the checkout around it, keeps it: the next start may be under that very account.
    const dataOwner = await ownerOf(place.dataDir);
    const candidates: Owner[] = dataOwner ? [dataOwner] : [];
    for (let folder = place.parent; folder !== dirname(folder); folder = dirname(folder)) {
      const owner = await ownerOf(folder);
      candidates.push(...ordinary.filter((account) => account.uid === owner?.uid));
    }
    candidates.push(...favourites);
    for (const { uid, gid } of candidates) {
      if (await reaches(place, [], { uid, gid })) return { switchTo: { uid, gid }, launcher: [], owner: { uid, gid } };
    }
  }
  // In a user namespace root keeps its rights as the owner of files while PostgreSQL sees an ordinary uid. An account
  // without an entry in passwd (docker run --user 1234) borrows a name the same way, since initdb demands one.
  for (const { uid } of favourites) {
    const launcher = ['unshare', '--user', `--map-user=${uid}`, '--'];
    if (await reaches(place, launcher)) {
      return { switchTo: undefined, launcher, owner: isRoot ? { uid: 0, gid: 0 } : undefined };
    }
  }
  throw new Error(
    `PostgreSQL refuses to run as ${isRoot ? 'root' : `uid ${process.getuid?.()}, which has no name`}, and no other account ` +
      `can reach ${place.parent} and ${place.programs[0]}; a user namespace is not available either. ` +
      'Set DATABASE_URL to a PostgreSQL server, or move the folder out of the closed one, or start as an ordinary user.',
  );
}

async function listAccounts(passwdFile: string): Promise<(Owner & { name: string })[]> {
  const text = await readFile(passwdFile, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

function isNamed(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** Its owner; undefined when it is absent or belongs to root. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  return stats && stats.uid > 0 ? { uid: stats.uid, gid: stats.gid } : undefined;
}

/** Asks test(1) under that account instead of reading mode bits: access lists and mount options count too. */
async function reaches(place: Place, launcher: readonly string[], account: Partial<Owner> = {}): Promise<boolean> {
  const conditions = [place.parent, ...place.programs].flatMap((path, index) => [...(index ? ['-a'] : []), '-x', path]);
  const [program = 'test', ...args] = [...launcher, 'test', ...conditions];
  return run(program, args, { ...account, env: CHILD_ENV, cwd: '/' }).then(
    () => true,
    () => false,
  );
}
