// Whether a person or key may write in this very story: limits of language, region and authorship. It says nothing about scopes.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { Limit } from './limits.ts';
import type { Actor } from './queries.ts';

export type Reach = Pick<Actor, 'userId' | 'locales' | 'regionIds' | 'ownOnly'>;

const DETAIL: Record<Limit, string> = {
  locale: 'You may write in other languages only.',
  region: 'You may write in stories of other regions only.',
  own: 'You may write in stories of your own only.',
};

/**
 * To be called once the story's row is locked.
 * @param locale null for what a story has in every language, which nobody who is limited to some languages may change
 * @throws Problem forbidden, with the limit that stands against it
 */
export async function checkReach(tx: Db, actor: Actor | null, articleId: string, locale: string | null): Promise<void> {
  const limit = actor && (await findLimit(tx, actor, articleId, locale));
  if (limit) throw new Problem('forbidden', { detail: DETAIL[limit], extra: { limit } });
}

/** @returns the first limit of the actor that this story lies beyond */
export async function findLimit(db: Db, actor: Reach, articleId: string, locale: string | null): Promise<Limit | null> {
  if (actor.locales && (locale === null || !actor.locales.includes(locale))) return 'locale';
  if (!actor.regionIds && !actor.ownOnly) return null;
  const { rows } = await db.execute<{ created_by: string | null; reached: boolean }>(sql`
    with recursive up as (
      select r.id, r.parent_id from article_regions x join regions r on r.id = x.term_id where x.article_id = ${articleId}
      union select r.id, r.parent_id from up join regions r on r.id = up.parent_id
    )
    select created_by, exists (select from up where up.id = any(${sql.param(actor.regionIds ?? [])}::uuid[])) as reached
    from articles where id = ${articleId}`);
  const [story] = rows;
  if (actor.regionIds && !story?.reached) return 'region';
  return actor.ownOnly && story?.created_by !== actor.userId ? 'own' : null;
}
