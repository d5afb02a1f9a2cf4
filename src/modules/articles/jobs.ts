// Rebuilds public texts after a name or rule that they show has changed, in batches; it never looks at drafts.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { rebuildPublished } from './storing.ts';
import { lockSurroundings } from './surroundings.ts';

export type RebuildPayload = { noun: 'region' | 'tag' | 'contributor'; id: string } | { noun: 'site' };

const BATCH = 200;
const COLUMN = { region: 'region_ids', tag: 'tag_ids', contributor: 'contributor_ids' } as const;

export const articleJobs = (db: Db): TaskList => ({
  rebuild: async (payload) => rebuild(db, payload as RebuildPayload),
});

/** Batches go by id, so that what is published meanwhile, with the new names, is at worst built twice. */
export async function rebuild(db: Db, payload: RebuildPayload): Promise<void> {
  const shown =
    payload.noun === 'site' ? sql`true` : sql`${sql.identifier(COLUMN[payload.noun])} @> array[${payload.id}::uuid]`;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await db.execute<{ id: string }>(sql`
      select distinct article_id as id from published_articles where ${shown} and article_id > ${after}::uuid order by id limit ${BATCH}`);
    const last = rows.at(-1);
    if (!last) return;
    await db.transaction(async (tx) => {
      await lockSurroundings(tx);
      const ids = rows.map(({ id }) => id);
      await tx.execute(sql`select from articles where id = any(${sql.param(ids)}::uuid[]) order by id for update`);
      await rebuildPublished(tx, ids);
    });
    after = last.id;
  }
}
