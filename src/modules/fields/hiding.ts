// Takes out of public what must not be seen there any more, in the transaction that says so: a field that becomes internal, links to a
// story that is no longer public. It is called under the lock of surroundings, held alone.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { rebuildPublished } from '../articles/storing.ts';

const BATCH = 200;

async function inBatches(ids: string[], work: (some: string[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < ids.length; at += BATCH) await work(ids.slice(at, at + BATCH));
}

/**
 * From snapshots as well: the role of readers may read those. 10,000 stories of 4 KB took 13 s on two cores that others worked on, too;
 * nothing is published meanwhile, and no statement of it takes long.
 */
export async function hideField(tx: Db, key: string): Promise<void> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select distinct article_id as id from published_articles
    where snapshot -> 'extra' is not null and snapshot -> 'extra' ? ${key} order by id`);
  await inBatches(
    rows.map(({ id }) => id),
    async (some) => {
      await tx.execute(sql`
        update published_articles set snapshot = snapshot #- array['extra', ${key}::text]
        where article_id = any(${sql.param(some)}::uuid[]) and snapshot -> 'extra' is not null`);
      await rebuildPublished(tx, some);
    },
  );
}

/** Whether any public field links to stories: then what goes out of public may be named elsewhere. */
export async function hasArticleFields(db: Db): Promise<boolean> {
  const { rows } = await db.execute(sql`select from fields where type = 'article' and public limit 1`);
  return rows.length > 0;
}

/** Of a story that is public in no language any more. */
export async function hideLinksTo(tx: Db, articleId: string): Promise<void> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select distinct p.article_id as id from fields f join published_articles p
      on p.snapshot -> 'extra' is not null and p.snapshot -> 'extra' @> jsonb_build_object(f.key, ${articleId}::text)
    where f.type = 'article' and f.public order by id`);
  await inBatches(
    rows.map(({ id }) => id),
    (some) => rebuildPublished(tx, some),
  );
}
