// Brings a database to the newest schema: one node at a time, each file wholly or not at all. It refuses a database whose history differs.
// drizzle's own migrator takes no lock and compares only the newest timestamp, so that a file from a merged branch is skipped in silence.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';

const FOLDER = new URL('../../migrations/', import.meta.url);
/** Any constant that no other software on the same database is likely to take. */
const LOCK = 0x64_61_74_65;

interface Migration {
  name: string;
  digest: string;
  statements: string[];
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, FOLDER), 'utf8');
      return {
        name: name.slice(0, -'.sql'.length),
        digest: createHash('sha256').update(text).digest('hex'),
        statements: text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== ''),
      };
    }),
  );
}

/** @returns the names of the migrations that were applied now */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'dateline migrate',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {}); // a broken connection also fails the statement in flight, and that is thrown
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string; digest: string }>(
      'select name, digest from migrations order by name',
    );
    const known = await readMigrations();
    checkHistory(rows, known);
    const missing = known.filter(({ name }) => !rows.some((row) => row.name === name));
    for (const migration of missing) await apply(client, migration);
    // The job queue keeps its own history, in its own schema.
    await runMigrations({ connectionString: databaseUrl, logger: new Logger(() => () => {}) });
    return missing.map(({ name }) => name);
  } finally {
    await client.end(); // ends the session, and with it the advisory lock
  }
}

/**
 * @param timeout milliseconds after which the connection is given up, so that one which leads nowhere is not asked again
 * @returns whether the database has every migration that this version knows
 */
export async function isMigrated(db: Pick<pg.Pool, 'query'>, timeout: number): Promise<boolean> {
  expected ??= readMigrations();
  const names = (await expected).map(({ name }) => name);
  const text = 'select count(*)::int as count from migrations where name = any($1)';
  const question = { text, values: [names], query_timeout: timeout };
  const { rows } = await db.query<{ count: number }>(question);
  return rows[0]?.count === names.length;
}
let expected: Promise<Migration[]> | undefined;

function checkHistory(applied: { name: string; digest: string }[], known: Migration[]): void {
  for (const { name, digest } of applied) {
    const file = known.find((migration) => migration.name === name);
    if (!file)
      throw new Error(
        `The database has migration ${name}, which this version does not know: it is newer than this version.`,
      );
    if (file.digest !== digest)
      throw new Error(`Migration ${name} was changed after it had been applied to this database.`);
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    for (const statement of migration.statements) await client.query(statement);
    await client.query('insert into migrations (name, digest) values ($1, $2)', [migration.name, migration.digest]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw new Error(`Migration ${migration.name} failed: ${(error as Error).message}`, { cause: error });
  }
}
