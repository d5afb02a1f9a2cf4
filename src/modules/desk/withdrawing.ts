// How a withdrawn story ends for readers: without a word, with a notice, or at another story. It takes nothing out of public itself.
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, unknownReference } from '../../errors.ts';
import { publishedArticles } from '../articles/tables.ts';

export interface Withdrawal {
  status: 'withdrawn';
  /** `withdrawn` unless it is given. */
  type?: 'gone' | 'withdrawn' | 'redirect';
  notice: string | null;
  /** The story that a redirect leads to. */
  targetId?: string | null;
  withdrawnAt?: Date;
}

/** What a request says, as a withdrawal. @throws Problem validation_failed where its members contradict each other */
export function withdrawalOf(given: {
  type?: NonNullable<Withdrawal['type']>;
  notice?: string;
  redirectTo?: string;
}): Withdrawal {
  const { type = 'withdrawn', notice = null, redirectTo } = given;
  if (notice !== null && type !== 'withdrawn')
    throw invalid({ pointer: '/notice' }, `does not go together with the type ${type}`, 'not_with_type');
  if (redirectTo !== undefined && type !== 'redirect')
    throw invalid({ pointer: '/redirectTo' }, `does not go together with the type ${type}`, 'not_with_type');
  if (redirectTo === undefined && type === 'redirect')
    throw invalid({ pointer: '/redirectTo' }, 'is required for the type redirect', 'required');
  return { status: 'withdrawn', type, notice, targetId: redirectTo?.toLowerCase() ?? null };
}

/** Both stories, in order of id as everywhere: two that are withdrawn for each other at once then wait, and the second is refused. */
export async function lockWithTarget(tx: Db, articleId: string, { targetId }: Withdrawal): Promise<void> {
  if (!targetId) return;
  const ids = sql.param([articleId, targetId]);
  await tx.execute(sql`select from articles where id = any(${ids}::uuid[]) order by id for update`);
}

/**
 * To be called while the story is still public: what it has in common with the filters of feeds is kept.
 * @throws Problem unknown_reference unless the target is another story that is public in this locale
 */
export async function insertTombstone(
  tx: Db,
  { articleId, locale }: { articleId: string; locale: string },
  { type = 'withdrawn', notice, targetId = null }: Withdrawal,
  withdrawnAt: Date,
): Promise<void> {
  if (targetId) await checkTarget(tx, articleId, targetId, locale);
  await tx.execute(sql`
    insert into tombstones (article_id, locale, slug, type, notice, target_id, withdrawn_at, uri, kind, published_at, region_ids, tag_ids, contributor_ids)
    select article_id, locale, slug, ${type}, ${notice}, ${targetId}, ${withdrawnAt.toISOString()}, snapshot ->> 'uri', kind, published_at, region_ids, tag_ids, contributor_ids
    from published_articles where article_id = ${articleId} and locale = ${locale}`);
}

/** Only a public story is led to, and a public one has no tombstone: so no circle can close. */
async function checkTarget(tx: Db, articleId: string, targetId: string, locale: string): Promise<void> {
  const where = { pointer: '/redirectTo' };
  if (targetId === articleId) throw unknownReference(where, 'is the story itself', 'circular');
  const [target] = await tx
    .select({ id: publishedArticles.articleId })
    .from(publishedArticles)
    .where(and(eq(publishedArticles.articleId, targetId), eq(publishedArticles.locale, locale)));
  if (!target) throw unknownReference(where, `is no story that is public in ${locale}`, 'not_public');
}
