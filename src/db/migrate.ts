// Brings a database to the newest schema: one node at a time, each file wholly or not at all. It refuses a database whose history
// differs, or that a later version has changed so that this one cannot run with it.
// drizzle's own migrator takes no lock and compares only the newest timestamp, so that a file from a merged branch is skipped in silence.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { loadOnce } from '../loading.ts';
import { PATIENTLY } from './settings.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
/** Any constant that no other software on the same database is likely to take. */
const LOCK = 0x64_61_74_65;

/**
 * Readers are given their role by what their connections are opened with. A pooler may leave that out without a word, and so does pg
 * where the URL has `options` of its own: all of them would be answered as the owner, who sees fronts and fields that are not public.
 */
const OPENED_WITH = `${PATIENTLY} -c dateline.opened=as_asked`;

/** What a migration says of its schema: servers that know this one, and so all before it, run with it. */
const OLDEST = /^-- runs with: (\S+)$/m;

/** Only where it is missing: `alter table` waits for a dump that is being taken, and all that look whether they are ready wait behind it. */
const ADD_OLDEST = `do $$ begin
  if not exists (select from pg_attribute where attrelid = 'migrations'::regclass and attname = 'oldest') then
    alter table migrations add column oldest text;
  end if;
end $$`;

interface Applied {
  name: string;
  digest: string;
  /** Null where none runs with it that does not know it. */
  oldest: string | null;
}
interface Migration extends Applied {
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
        oldest: OLDEST.exec(text)?.[1] ?? null,
        statements: text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== ''),
      };
    }),
  );
}

/** @returns the names of the migrations that were applied now */
export async function migrate(databaseUrl: string, say: (line: string) => void = () => {}): Promise<string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'dateline migrate',
    connectionTimeoutMillis: 10_000,
    options: OPENED_WITH,
  });
  client.on('error', () => {}); // a broken connection also fails the statement in flight, and that is thrown
  await client.connect();
  try {
    await checkServer(client);
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())',
    );
    await client.query(ADD_OLDEST);
    const { rows } = await client.query<Applied>('select name, digest, oldest from migrations order by name');
    const known = await readMigrations();
    checkHistory(rows, known);
    const missing = known.filter(({ name }) => !rows.some((row) => row.name === name));
    for (const migration of missing) await applyInTurn(client, migration, say);
    // The job queue keeps its own history, in its own schema.
    await runMigrations({ connectionString: databaseUrl, logger: new Logger(() => () => {}) });
    return missing.map(({ name }) => name);
  } finally {
    await client.end(); // ends the session, and with it the advisory lock
  }
}

/** In SQL_ASCII, search finds no word beyond Latin, and says nothing; migrations call some tables by the schema public, and some by no schema. */
async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{
    version: number;
    encoding: string;
    opened: string | null;
    place: string | null;
  }>(
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding,
      current_setting('dateline.opened', true) as opened, current_schema() as place`,
  );
  const { version, encoding, opened, place } = rows[0] ?? { version: 0, encoding: '', opened: null, place: null };
  // Before any lock: of a pooler that hands out connections per transaction, it would be kept when this one is closed.
  if (!opened)
    throw new Error(
      'The settings that connections are opened with do not reach the database, and among them is the role of readers: ' +
        'DATABASE_URL may have no `options`, and may not lead through a pooler that ignores them (ignore_startup_parameters).',
    );
  if (version < 15 || encoding !== 'UTF8')
    throw new Error(
      `The database is of PostgreSQL ${version} and encoded in ${encoding}; version 15 or later and UTF8 are needed: ` +
        "create database dateline encoding 'UTF8' template template0;",
    );
  // By default a schema that is called like the user goes first. Not by a setting of our own: extensions may have a schema elsewhere.
  if (place === 'public') return;
  const [user, database] = [client.user ?? '', client.database ?? ''].map(pg.escapeIdentifier);
  throw new Error(
    `Tables belong in the schema public, and search_path leads ${place === null ? 'nowhere this user may go' : `to ${pg.escapeIdentifier(place)} first`}: ` +
      `alter role ${user} in database ${database} set search_path = public;`,
  );
}

/**
 * @param timeout milliseconds after which the connection is given up, so that one which leads nowhere is not asked again
 * @returns whether the database has every migration that this version knows
 */
export async function isMigrated(db: Pick<pg.Pool, 'query'>, timeout: number): Promise<boolean> {
  const names = (await loadExpected()).map(({ name }) => name);
  const text = 'select count(*)::int as count from migrations where name = any($1)';
  const question = { text, values: [names], query_timeout: timeout };
  const { rows } = await db.query<{ count: number }>(question);
  return rows[0]?.count === names.length;
}
const loadExpected = loadOnce(readMigrations);

function checkHistory(applied: Applied[], known: Migration[]): void {
  const newest = known.at(-1)?.name ?? '';
  for (const { name, digest, oldest } of applied) {
    const file = known.find((migration) => migration.name === name);
    // Of an upgrade that goes on, or was taken back.
    if (!file && oldest !== null && oldest <= newest) continue;
    if (!file)
      throw new Error(
        `The database has migration ${name}, which this version does not know: it is newer, and this version does not run with it.`,
      );
    if (file.digest !== digest)
      throw new Error(`Migration ${name} was changed after it had been applied to this database.`);
  }
}

/**
 * A dump holds each table to its end. Whoever alters one waits for that, and all that read it wait behind, of every node: so it is waited
 * for shortly, and again and again, and readers are answered in between.
 */
const LOCK_PATIENCE = 1_000;
const BETWEEN = 2_000;

async function applyInTurn(client: pg.Client, migration: Migration, say: (line: string) => void): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await apply(client, migration);
    } catch (error) {
      const isBusy = error instanceof pg.DatabaseError && error.code === '55P03';
      if (!isBusy) throw new Error(`Migration ${migration.name} failed: ${(error as Error).message}`, { cause: error });
      if (tries === 1)
        say(
          `Migration ${migration.name} waits for a table that is in use, such as by a dump; it is tried until it is free.`,
        );
      await sleep(BETWEEN);
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${LOCK_PATIENCE}`);
    for (const statement of migration.statements) await client.query(statement);
    const { name, digest, oldest } = migration;
    await client.query('insert into migrations (name, digest, oldest) values ($1, $2, $3)', [name, digest, oldest]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
