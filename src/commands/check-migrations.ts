// Fails when the tables in the code are ahead of the migrations: drizzle-kit would then write a file, which is taken away again.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIGRATIONS = 'migrations';
const safe = mkdtempSync(join(tmpdir(), 'dateline-migrations-'));
try {
  cpSync(MIGRATIONS, safe, { recursive: true });
  const before = readdirSync(MIGRATIONS);
  // Without a terminal drizzle-kit asks nothing: where it would ask, it fails, and so does this check.
  const output = execFileSync('drizzle-kit', ['generate', '--config', 'migrations/drizzle.config.ts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const added = readdirSync(MIGRATIONS).filter((name) => !before.includes(name));
  if (added.length > 0 || !output.includes('No schema changes')) {
    rmSync(MIGRATIONS, { recursive: true });
    cpSync(safe, MIGRATIONS, { recursive: true });
    process.stderr.write('The tables differ from the migrations: run npm run migrate:generate and commit the file.\n');
    process.exitCode = 1;
  }
} finally {
  rmSync(safe, { recursive: true, force: true });
}
