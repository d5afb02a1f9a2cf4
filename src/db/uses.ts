// What still uses what is to be deleted, in words: whoever is refused knows where to look. It deletes nothing itself.
import { type SQL, sql } from 'drizzle-orm';
import { Problem } from '../errors.ts';
import type { Db } from './client.ts';

/** Words for whoever is refused, and an SQL query each, which has rows where it is so. */
export type Uses = Readonly<Record<string, SQL>>;

/** @throws Problem in_use */
export async function refuseWhileUsed(db: Db, uses: Uses): Promise<void> {
  const each = Object.values(uses).map((use) => sql`exists (${use})`);
  const { rows } = await db.execute<{ used: boolean[] }>(sql`select array[${sql.join(each, sql`, `)}] as used`);
  const found = Object.keys(uses).filter((_, at) => rows[0]?.used[at]);
  if (found.length > 0) throw new Problem('in_use', { detail: `It is used by ${found.join('; ')}.` });
}
