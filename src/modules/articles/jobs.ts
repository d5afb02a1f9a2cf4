// Rebuilds public texts after a name or rule that they show has changed, or a term was merged, in batches; it never looks at drafts.
import { type SQL, sql } from 'drizzle-orm';
import type { TaskList } from 'graphile-worker';
import type { Db } from '../../db/client.ts';
import { enqueueRest, type RebuildPayload, type RebuildRest } from '../taxonomy/rebuilding.ts';
import { listingKey } from './listing-keys.ts';
import { listLinkKeys } from './merged.ts';
import { rebuildPublished } from './storing.ts';
import { aloneWithSurroundings, lockSurroundings } from './surroundings.ts';

/**
 * Texts of a batch, in whatever languages: as long as it takes, its stories cannot be saved, and who changes the site or a name waits, with
 * all who publish behind. By 200 stories in nine languages at once they waited for 29 s (4,050 texts, a load of 13 on two cores), by 100
 * texts for 1 s, and all of it took as long.
 */
const BATCH = 100;
/**
 * Milliseconds until other jobs have their turn. Without it the renaming of one tag, a merge and a region that moved kept both places of
 * a worker for 4 minutes (46,000 texts), in which an import of 200 stories waited, what is read most stood still, and no withdrawn word was forgotten.
 */
const TURN = 2_000;
const COLUMN = { region: 'region_ids', tag: 'tag_ids', contributor: 'contributor_ids' } as const;

export const articleJobs = (db: Db): TaskList => ({
  rebuild: async (payload, { job }) => {
    const { before, ...what } = payload as RebuildRest;
    const rest = await rebuild(db, what, { before, until: Date.now() + TURN });
    if (rest) await enqueueRest(db, what, rest, job.id);
  },
});

const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * What readers see first comes first: among 46,000 texts the first page of a tag showed its old name for 83 s, and for 54 s where stories
 * came by their ids alone. Batches go by id then, so that what is published meanwhile, with the new names, is at worst built twice.
 * @param turn where an earlier turn came to, and when to stop: after a batch at least
 * @returns where the next turn is to go on; undefined once all is built
 */
export async function rebuild(
  db: Db,
  payload: RebuildPayload,
  { before, until = Number.POSITIVE_INFINITY }: { before?: string | undefined; until?: number } = {},
): Promise<string | undefined> {
  const isFirst = before === undefined;
  // Whoever publishes a link meanwhile has either ended after this, or sees the story that it leads to. So it is with a picture, of which
  // an import may have added a language without keeping publishing waiting.
  if (isFirst && (payload.noun === 'article' || payload.noun === 'media'))
    await aloneWithSurroundings(db, async () => {});
  const built: string[] = [];
  for (const ids of isFirst ? await listNewest(db, payload) : []) {
    if (Date.now() >= until) break;
    await rebuildBatch(db, ids);
    built.push(...ids);
  }
  const shown = await showing(db, payload);
  for (let end = before ?? HIGHEST; ; ) {
    const { rows } = await db.execute<{ id: string }>(sql`
      select distinct id from (
        select article_id as id from published_articles where ${shown} and article_id < ${end}::uuid
          and article_id <> all(${sql.param(built)}::uuid[]) order by article_id desc limit ${BATCH}) texts order by id`);
    const [last] = rows;
    if (!last) return undefined;
    await rebuildBatch(
      db,
      rows.map(({ id }) => id),
    );
    end = last.id;
    if (Date.now() >= until) return end;
  }
}

async function rebuildBatch(db: Db, ids: string[]): Promise<void> {
  await db.transaction(async (tx) => {
    await lockSurroundings(tx);
    await tx.execute(sql`select from articles where id = any(${sql.param(ids)}::uuid[]) order by id for update`);
    await rebuildPublished(tx, ids);
  });
}

/** Of each language, so many stories of a list come first: more than a page of it holds. */
const FIRST = 40;

/** @returns in batches; none where there is no list of what shows it */
async function listNewest(db: Db, payload: RebuildPayload): Promise<string[][]> {
  const { noun } = payload;
  if (noun === 'article' || noun === 'media' || noun === 'field') return [];
  const facets = noun === 'site' ? [] : [`${noun}:${payload.id}`];
  const { rows: locales } = await db.execute<{ tag: string }>(sql`select tag from locales`);
  const keys = locales.map(({ tag }) => listingKey(tag, ...facets));
  const { rows } = await db.execute<{ id: string }>(sql`
    select article_id as id from unnest(${sql.param(keys)}::bigint[]) k(key)
    cross join lateral (select l.article_id, l.published_at from listings l where l.key = k.key order by l.published_at desc limit ${FIRST}) l
    group by article_id order by max(published_at) desc`);
  const size = Math.max(1, Math.floor(BATCH / locales.length));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, at) =>
    rows.slice(at * size, (at + 1) * size).map(({ id }) => id),
  );
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
