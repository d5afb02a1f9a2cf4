// Rebuilds public texts after a name or rule that they show has changed, or a term was merged, in batches; it never looks at drafts.
import { type SQL, sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import type { Extra } from '../fields/values.ts';
import { loadPublished, rebuildPublished } from './storing.ts';
import { lockSurroundings, lockSurroundingsAlone } from './surroundings.ts';

/** `field`: one that lists can be filtered by now. `article`: one that is public now, and can be linked to. */
export type RebuildPayload =
  | { noun: 'region' | 'tag' | 'contributor' | 'article' | 'media'; id: string }
  | { noun: 'field'; key: string }
  | { noun: 'site' };

/**
 * Texts of a batch, in whatever languages: as long as it takes, its stories cannot be saved, and who changes the site or a name waits, with
 * all who publish behind. By 200 stories in nine languages at once they waited for 29 s (4,050 texts, a load of 13 on two cores), by 100
 * texts for 1 s, and all of it took as long.
 */
const BATCH = 100;
const COLUMN = { region: 'region_ids', tag: 'tag_ids', contributor: 'contributor_ids' } as const;

export const articleJobs = (db: Db): TaskList => ({
  rebuild: async (payload) => rebuild(db, payload as RebuildPayload),
});

/** Batches go by id, so that what is published meanwhile, with the new names, is at worst built twice. */
export async function rebuild(db: Db, payload: RebuildPayload): Promise<void> {
  // Whoever publishes a link meanwhile has either ended after this, or sees the story that it leads to. So it is with a picture, of which
  // an import may have added a language without keeping publishing waiting.
  if (payload.noun === 'article' || payload.noun === 'media') await lockSurroundingsAlone(db);
  const shown = await showing(db, payload);
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await db.execute<{ id: string }>(sql`
      select distinct id from (
        select article_id as id from published_articles where ${shown} and article_id > ${after}::uuid order by article_id limit ${BATCH}) texts order by id`);
    const last = rows.at(-1);
    if (!last) return;
    await db.transaction(async (tx) => {
      await lockSurroundings(tx);
      const ids = rows.map(({ id }) => id);
      await tx.execute(sql`select from articles where id = any(${sql.param(ids)}::uuid[]) order by id for update`);
      if ('id' in payload && payload.noun !== 'article' && payload.noun !== 'media')
        await renameMerged(tx, payload.noun, payload.id, ids);
      await rebuildPublished(tx, ids);
    });
    after = last.id;
  }
}

/** SQL condition: which public texts show it, by an index. */
async function showing(db: Db, payload: RebuildPayload): Promise<SQL> {
  if (payload.noun === 'site') return sql`true`;
  const holds = sql`snapshot -> 'extra' is not null and snapshot -> 'extra'`;
  if (payload.noun === 'media') return sql`image_id = ${payload.id}::uuid`;
  if (payload.noun === 'field') return sql`(${holds} ? ${payload.key})`;
  const { noun, id } = payload;
  const keys = noun === 'article' || noun === 'tag' ? await listLinkKeys(db, noun) : [];
  const linking = keys.map((key) => sql`(${holds} @> jsonb_build_object(${key}::text, ${id}::text))`);
  const named = noun === 'article' ? [sql`false`] : [sql`${sql.identifier(COLUMN[noun])} @> array[${id}::uuid]`];
  return sql`(${sql.join([...named, ...linking], sql` or `)})`;
}

/** Keys of the custom fields that link to a story or to a tag. */
async function listLinkKeys(db: Db, type: 'article' | 'tag'): Promise<string[]> {
  const { rows } = await db.execute<{ key: string }>(sql`select key from fields where type = ${type} and public`);
  return rows.map(({ key }) => key);
}

const withTag = (extra: Extra, keys: readonly string[], id: string, into: string): Extra =>
  Object.fromEntries(
    Object.entries(extra).map(([key, value]) => [key, keys.includes(key) && value === id ? into : value]),
  );

const LIST = { region: 'regionIds', tag: 'tagIds', contributor: 'contributorIds' } as const;

/** Snapshots that name a term which was merged name the one that stays; asked anew for each batch, since that may be merged as well. */
async function renameMerged(tx: Db, noun: keyof typeof LIST, id: string, articleIds: string[]) {
  const { rows } = await tx.execute<{ into: string }>(sql`
    select term_id as into from term_redirects where noun = ${noun} and locale = '' and name = ${id}`);
  const into = rows[0]?.into;
  if (into === undefined) return;
  const tagFields = noun === 'tag' ? await listLinkKeys(tx, 'tag') : [];
  const renamed = (termId: string) => (termId === id ? into : termId);
  const stories = (await loadPublished(tx, articleIds)).map(({ articleId, locale, snapshot }) => ({
    articleId,
    locale,
    snapshot: {
      ...snapshot,
      [LIST[noun]]: [...new Set(snapshot[LIST[noun]].map(renamed))],
      ...(noun === 'region' && snapshot.regionId && { regionId: renamed(snapshot.regionId) }),
      ...(snapshot.extra && { extra: withTag(snapshot.extra, tagFields, id, into) }),
    },
  }));
  await tx.execute(sql`
    update published_articles p set snapshot = x.snapshot
    from json_to_recordset(${JSON.stringify(stories)}::json) as x("articleId" uuid, locale text, snapshot jsonb)
    where p.article_id = x."articleId" and p.locale = x.locale`);
}
