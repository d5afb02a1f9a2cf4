// Writes the whole newsroom as lines of an import, in one snapshot of the database and in flat memory: rows come as fast as they are taken.
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { RECORDS, selectRecords } from './records.ts';

/** Stories are of 10 KB, as a rule. */
const ROWS = 100;
/** Whoever takes nothing for so long holds the snapshot, and with it what vacuum could free, for nothing. */
const IDLE = '60s';

/** Pieces of text, each of whole lines. */
export async function* exportNewsroom(pool: pg.Pool): AsyncGenerator<string> {
  for await (const rows of readRows<{ line: string }>(
    pool,
    RECORDS.map((type) => selectRecords(type)),
  ))
    yield rows.map(({ line }) => `${line}\n`).join('');
}

/** The answers of several statements in one snapshot, some rows at a time. The connection is given back at the end, and when nobody wants more. */
export async function* readRows<Row extends Record<string, unknown>>(
  pool: pg.Pool,
  statements: SQL[],
): AsyncGenerator<Row[]> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const db = drizzle(client);
    await db.execute(sql`begin isolation level repeatable read read only`);
    await db.execute(sql.raw(`set local idle_in_transaction_session_timeout = '${IDLE}'`));
    for (const statement of statements) {
      await db.execute(sql`declare lines no scroll cursor for ${statement}`);
      for (;;) {
        const { rows } = await db.execute<Row>(sql.raw(`fetch ${ROWS} from lines`));
        if (rows.length > 0) yield rows as Row[];
        if (rows.length < ROWS) break;
      }
      await db.execute(sql`close lines`);
    }
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // It has changed nothing. A connection that failed is closed.
    if (!failure)
      await client.query('rollback').catch((error: Error) => {
        failure = error;
      });
    client.release(failure);
  }
}
