// SQL of what is read most: the first rows of a list that is ready, and their cards. It adds nothing up.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { DECAYS, MINUTES, type Span, UNIT } from './spans.ts';

/**
 * The rows of a list lie together in the primary key (span, key, position), so that the walk is an index range of at most 120. Each is
 * asked for in the listing itself: a story that went out of public, or out of the list, since the last refresh is gone at once.
 * $1 span, $2 locale, $3 lists, $4 how many, $5 without these, $6 what a view that has not decayed scores.
 */
const listStatement = (text: 'card' | 'document'): Statement => ({
  name: `trending_${text}`,
  text: `with found as (
      select distinct t.article_id, t.score, t.views from unnest($3::bigint[]) list(key) cross join lateral (
        select t.article_id, t.score, t.views from trending t
        where t.span = $1 and t.key = list.key and ($5::uuid[] is null or t.article_id <> all($5))
          and exists (select from listings l where l.article_id = t.article_id and l.locale = $2 and l.key = t.key)
        order by t.position limit $4
      ) t order by t.score desc, t.article_id limit $4
    )
    select '[' || coalesce(string_agg(p.${text}, ',' order by f.score desc, f.article_id), '') || ']' as items,
      coalesce(json_agg(json_build_object('id', f.article_id, 'views', f.views, 'score', round(f.score / $6::numeric, 2)::float8)
        order by f.score desc, f.article_id) filter (where p.article_id is not null), '[]') as ranking,
      (select refreshed_at from trending_refreshes where span = $1) as "refreshedAt"
    from found f join published_articles p on p.article_id = f.article_id and p.locale = $2`,
});

export interface Ranked {
  id: string;
  /** Within the span. */
  views: number;
  /** The same, older ones weighing less. */
  score: number;
}
export interface Trending {
  /** JSON array of cards, or of documents. */
  items: string;
  /** The same stories in the same order. */
  ranking: Ranked[];
  /** Null before the first refresh. */
  refreshedAt: Date | null;
}
export interface TrendingRequest {
  span: Span;
  locale: string;
  /** Lists by listingKey(), of which any will do; of one language. */
  keys: readonly bigint[];
  /** At most 100. */
  limit: number;
  excludeIds?: readonly string[] | null;
  text?: 'card' | 'document';
}

const scoreOfOne = (span: Span) => (span === 'all' ? 1 : UNIT * MINUTES[DECAYS[span].bucket]);

/** What is read most in any of these lists. One statement. */
export async function listTrending(db: PublicDb, request: TrendingRequest): Promise<Trending> {
  const { span, locale, keys, limit, excludeIds = null, text = 'card' } = request;
  const [row] = await db.query<Trending & Record<string, unknown>>(listStatement(text), [
    span,
    locale,
    keys.map(String),
    limit,
    excludeIds,
    scoreOfOne(span),
  ]);
  if (!row) throw new Error('an aggregate answered no row');
  return row;
}
