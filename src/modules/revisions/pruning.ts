// Forgets revisions that are older than the newsroom keeps them. It never forgets what somebody works on, reads in public or translates.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { IS_PUBLISHED } from './queries.ts';

/** Rows looked at by one statement: 2,000 revisions of 5 KB, 800 of each story, are gone in 100 ms. No save waits for it. */
const BATCH = 2_000;

/**
 * SQL text: whether revision `r` is needed whatever its age. The newest of each part is what is worked on. Of an original, the version
 * that a translation follows is what its translator compares with, and the first one behind it says since when the translation is behind.
 */
const IS_NEEDED = `not exists (select from revisions n where n.article_id = r.article_id and n.locale is not distinct from r.locale and n.version > r.version)
  or ${IS_PUBLISHED}
  or exists (select from articles a join drafts d on d.article_id = a.id and d.locale <> a.original_locale
    where a.id = r.article_id and a.original_locale = r.locale and (r.version = d.source_version
      or r.version = (select min(n.version) from revisions n where n.article_id = r.article_id and n.locale = r.locale
        and n.version > coalesce(d.source_version, 0))))`;

/**
 * To be run on one node or on many, outside a transaction: each batch is one of its own. They are walked in the order in which they were
 * written, up to the first batch that is young throughout.
 * @returns revisions deleted; 0 where the site keeps all
 */
export async function pruneRevisions(db: Db, batch = BATCH): Promise<number> {
  let deleted = 0;
  for (let from = 0; ; ) {
    const { rows } = await db.execute<{ last: number | null; old: number; deleted: number }>(sql`
      with due as (select now() - make_interval(days => revision_days) as before from site where revision_days is not null),
      batch as (select id, created_at from revisions where id > ${from} order by id limit ${batch}),
      gone as (delete from revisions r using batch b, due where r.id = b.id and b.created_at < due.before
        and not (${sql.raw(IS_NEEDED)}) returning 1)
      select (select max(id)::float8 from batch) as last, (select count(*)::int from gone) as deleted,
        (select count(*)::int from batch, due where created_at < due.before) as old`);
    const [turn] = rows;
    deleted += turn?.deleted ?? 0;
    if (!turn?.last || turn.old === 0) return deleted;
    from = turn.last;
  }
}
