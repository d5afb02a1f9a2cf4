// Makes a database ready to serve: schema, the first administrator's key, the demo newsroom where there is nothing. Safe on many nodes at once.
import { sql } from 'drizzle-orm';
import type { Config } from '../config.ts';
import { type Db, deskDb } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { openPublicDb } from '../db/pipeline.ts';
import { hasAdministrator } from '../modules/access/administrators.ts';
import { getOrCreateSecret, insertKey } from '../modules/access/queries.ts';
import { SCOPES } from '../modules/access/scopes.ts';
import { secretDigest } from '../modules/access/secret.ts';
import { loadDemo } from '../modules/imports/demo.ts';
import { enqueueIndexing } from '../modules/search/reindexing.ts';
import { CURSOR_SECRET } from '../plugins/cursors.ts';
import { openPool } from './pooling.ts';

const LOCK = 0x70_72_65_70;

/** @returns the administrator's key where one was made just now; it cannot be had again */
export async function prepareDatabase(
  databaseUrl: string,
  config: Pick<Config, 'adminKey' | 'demo'>,
  say: (line: string) => void,
): Promise<{ adminKey: string | undefined }> {
  const applied = await migrate(databaseUrl, say);
  if (applied.length > 0)
    say(`Database: ${applied.length} ${applied.length === 1 ? 'migration' : 'migrations'} applied.`);
  await askAsReader(databaseUrl);
  const pool = openPool(databaseUrl, { name: 'dateline prepare', max: 3 });
  const lock = await pool.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [LOCK]);
    const db: Db = deskDb(pool);
    // Lists need it, also on a day when nothing can be written.
    await getOrCreateSecret(db, CURSOR_SECRET);
    await enqueueIndexing(db);
    if (config.demo === 'auto' && (await isEmpty(db))) {
      const texts = await loadDemo(db);
      say(`Demo newsroom: ${texts} texts loaded (DEMO=off leaves it out).`);
    }
    // Last, since it is shown by whoever called: what takes seconds before it may be cut short, and the key would be there untold.
    return { adminKey: await ensureAdminKey(db, config.adminKey, say) };
  } finally {
    lock.release(true); // ends the session, and with it the advisory lock
    await pool.end();
  }
}

/** For a command that is no server: without the demo, and with the key told at once, since it cannot be had again. */
export const prepareFor =
  (say: (line: string) => void) =>
  async (databaseUrl: string, { adminKey: given }: Pick<Config, 'adminKey'>): Promise<void> => {
    const { adminKey } = await prepareDatabase(databaseUrl, { adminKey: given, demo: 'off' }, say);
    if (adminKey) say(`Administrator's key: ${adminKey} (shown this once: keep it)`);
  };

/** What is restored where the role of readers is missing loses their rights: told here, else each of them would be answered 500. */
async function askAsReader(databaseUrl: string): Promise<void> {
  const readers = openPublicDb(databaseUrl, () => {}); // what was asked fails as well, and that is thrown
  try {
    await readers.query({ name: 'as_reader', text: 'select from published_articles limit 1' }, []);
  } finally {
    await readers.end();
  }
}

async function ensureAdminKey(
  db: Db,
  given: string | undefined,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (given) {
    const digest = secretDigest(given);
    // An older version knew fewer scopes: the administrator's key holds what there is now.
    const { rows } = await db.execute<{ holds: boolean }>(sql`
      update api_keys set scopes = ${sql.param(SCOPES)} where digest = ${digest}
      returning revoked_at is null and coalesce(expires_at > now(), true) as holds`);
    // What was ended stays so, whoever still has it in an environment; a stranger to it would look for the fault elsewhere.
    if (rows[0]?.holds === false)
      say('ADMIN_KEY is a key that was revoked or has expired, and is refused: start with another.');
    if (rows.length === 0) await insertKey(db, { name: 'Administrator (ADMIN_KEY)', scopes: SCOPES, secret: given });
    return undefined;
  }
  if (await hasAdministrator(db)) return undefined;
  const { secret } = await insertKey(db, { name: 'Administrator', scopes: SCOPES });
  return secret;
}

async function isEmpty(db: Db): Promise<boolean> {
  const { rows } = await db.execute(sql`select from articles union all select from regions limit 1`);
  return rows.length === 0;
}
