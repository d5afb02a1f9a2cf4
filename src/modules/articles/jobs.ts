// Rebuilds public texts after a name or rule that they show has changed, or a term was merged, in batches; it never looks at drafts.
import { sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { loadPublished, rebuildPublished } from './storing.ts';
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
      if (payload.noun !== 'site') await renameMerged(tx, payload, ids);
      await rebuildPublished(tx, ids);
    });
    after = last.id;
  }
}

const LIST = { region: 'regionIds', tag: 'tagIds', contributor: 'contributorIds' } as const;

/** Snapshots that name a term which was merged name the one that stays; asked anew for each batch, since that may be merged as well. */
async function renameMerged(tx: Db, { noun, id }: Exclude<RebuildPayload, { noun: 'site' }>, articleIds: string[]) {
  const { rows } = await tx.execute<{ into: string }>(sql`
    select term_id as into from term_redirects where noun = ${noun} and locale = '' and name = ${id}`);
  const into = rows[0]?.into;
  if (into === undefined) return;
  const renamed = (termId: string) => (termId === id ? into : termId);
  const stories = (await loadPublished(tx, articleIds)).map(({ articleId, locale, snapshot }) => ({
    articleId,
    locale,
    snapshot: {
      ...snapshot,
      [LIST[noun]]: [...new Set(snapshot[LIST[noun]].map(renamed))],
      ...(noun === 'region' && snapshot.regionId && { regionId: renamed(snapshot.regionId) }),
    },
  }));
  await tx.execute(sql`
    update published_articles p set snapshot = x.snapshot
    from json_to_recordset(${JSON.stringify(stories)}::json) as x("articleId" uuid, locale text, snapshot jsonb)
    where p.article_id = x."articleId" and p.locale = x.locale`);
}
