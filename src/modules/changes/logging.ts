// Writes down what became of public texts: they went out, were built anew, or were erased for good. It does none of these.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { insertOf } from '../../db/inserting.ts';
import { changes } from './tables.ts';

interface Told {
  articleId: string;
  locale: string;
  version: number;
}

/** In the transaction that stores them. */
export async function logUpserts<Story extends Told>(
  tx: Db,
  stories: readonly Story[],
  reasonOf: (story: Story) => 'published' | 'updated' | 'rebuilt',
): Promise<void> {
  if (stories.length === 0) return;
  const rows = stories.map((story) => ({
    type: 'upsert' as const,
    reason: reasonOf(story),
    articleId: story.articleId,
    locale: story.locale,
    version: story.version,
  }));
  await tx.execute(insertOf(changes, rows));
}

/**
 * In the transaction that erases it: in each language in which it was public, it is gone for good, and so is what led to it. Its
 * address may go on leading elsewhere; there, nothing has changed. Of a language that was never public, nothing is said.
 */
export async function logErased(tx: Db, articleId: string): Promise<void> {
  await tx.execute(sql`
    with ended as (
      select article_id, locale from changes where article_id = ${articleId}
      except select article_id, locale from tombstones where article_id = ${articleId} and type = 'redirect'
      union all select article_id, locale from tombstones where target_id = ${articleId}
    )
    insert into changes (type, reason, article_id, locale, version)
    select 'delete', 'deleted', article_id, locale, coalesce((select version from changes c
      where c.article_id = e.article_id and c.locale = e.locale order by c.id desc limit 1), 1)
    from ended e order by article_id, locale`);
}
