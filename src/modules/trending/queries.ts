// SQL of what is read most: the first rows of a list that is ready, and their cards. It adds nothing up.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Chain } from '../site/fallback.ts';
import { DECAYS, MINUTES, type Span, UNIT } from './spans.ts';

/**
 * The rows of a list lie together in the primary key (span, key, position), so that the walk is an index range of at most 120. Each is
 * asked for in the listing itself: a story that went out of public, or out of the list, since the last refresh is gone at once. One that
 * is public in a better language is passed over, and stands in the lists of that one or nowhere.
 * $1 span, $2 languages, best first, $3 lists, $4 how many, $5 of each list, the place of its language from 1, $6 what a view that has
 * not decayed scores, $7 whether each story says if it is in another language than the one asked for.
 */
const listStatement = (text: 'card' | 'document'): Statement => ({
  name: `trending_${text}`,
  text: `with found as (
      select distinct t.article_id, t.place, t.score, t.views from unnest($3::bigint[], $5::int[]) list(key, place) cross join lateral (
        select t.article_id, list.place, t.score, t.views from trending t
        where t.span = $1 and t.key = list.key
          and exists (select from listings l where l.article_id = t.article_id and l.locale = ($2::text[])[list.place] and l.key = t.key)
          and (list.place = 1 or (select true from published_articles b where b.article_id = t.article_id
            and b.locale = any(($2::text[])[:list.place - 1]) limit 1) is null)
        order by t.position limit $4
      ) t order by t.score desc, t.article_id limit $4
    )
    select '[' || coalesce(string_agg(case when $7 then left(p.${text}, -1) || ',"isFallback":' || (f.place > 1)::text || '}' else p.${text} end,
        ',' order by f.score desc, f.article_id), '') || ']' as items,
      coalesce(json_agg(json_build_object('id', f.article_id, 'views', f.views, 'score', round(f.score / $6::numeric, 2)::float8)
        order by f.score desc, f.article_id) filter (where p.article_id is not null), '[]') as ranking,
      coalesce(array_agg(p.locale order by f.score desc, f.article_id), '{}') as locales,
      (select refreshed_at from trending_refreshes where span = $1) as "refreshedAt"
    from found f join published_articles p on p.article_id = f.article_id and p.locale = ($2::text[])[f.place]`,
});

interface Ranked {
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
  /** And the language of each. */
  locales: string[];
  /** Null before the first refresh. */
  refreshedAt: Date | null;
}
export interface TrendingRequest {
  span: Span;
  chain: Chain;
  /** Lists by listingKey(), of which any will do: as many of each language, one language after the other. */
  keys: readonly bigint[];
  /** At most 100. */
  limit: number;
  text?: 'card' | 'document';
  /** Whether each story says if it is in another language than the first. */
  isChained?: boolean;
}

const scoreOfOne = (span: Span) => (span === 'all' ? 1 : UNIT * MINUTES[DECAYS[span].bucket]);

/** What is read most in any of these lists. One statement. */
export async function listTrending(db: PublicDb, request: TrendingRequest): Promise<Trending> {
  const { span, chain, keys, limit, text = 'card', isChained = false } = request;
  const [row] = await db.query<Trending>(listStatement(text), [
    span,
    chain,
    keys.map(String),
    limit,
    keys.map((_, at) => Math.floor((at * chain.length) / keys.length) + 1),
    scoreOfOne(span),
    isChained,
  ]);
  if (!row) throw new Error('an aggregate answered no row');
  return row;
}
