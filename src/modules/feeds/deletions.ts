// SQL of stories that a feed held and that were withdrawn since (RFC 6721). Of those that match its filters alone and that a partner may have had, and of none that is public.
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Resolved } from '../articles/listing.ts';
import type { Bounds } from '../articles/page-request.ts';

export interface Deletion {
  /** Permanent id of the story. */
  uri: string;
  /** RFC 3339. */
  at: string;
  locale: string;
  /** What the newsroom says of it. */
  notice: string | null;
}
/** From the time of the oldest story of a page, to before that of the page before it; null leaves an end open. */
export interface Span {
  since: string | null;
  until: string | null;
}

// A range of tombstones_withdrawn for each language. Withdrawals of a story in several of them are one, the last.
const DELETIONS: Statement = {
  name: 'feed_deletions',
  text: `select uri, ${iso('withdrawn_at')} as at, locale, notice from (
      select distinct on (t.article_id) t.* from tombstones t
      where t.locale = any($1) and t.uri is not null
        and t.withdrawn_at >= greatest($2::timestamptz, $3::timestamptz, '-infinity') and t.withdrawn_at < coalesce($4::timestamptz, 'infinity')
        and case when $5::text[] is null then t.kind <> 'page' else t.kind = any($5) end
        and ($6::uuid[] is null or t.region_ids && $6) and ($7::uuid[] is null or t.region_ids && $7)
        and ($8::uuid[] is null or t.tag_ids && $8) and ($9::uuid[] is null or t.tag_ids @> $9)
        and ($10::uuid[] is null or t.contributor_ids && $10)
        and ($11::uuid[] is null or t.article_id = any($11)) and ($12::uuid[] is null or t.article_id <> all($12))
        and ($13::timestamptz is null or t.published_at >= $13) and ($14::timestamptz is null or t.published_at < $14)
        and ($16::uuid[] is null or t.region_ids && $16) and ($17::uuid[] is null or t.tag_ids && $17) and ($18::text[] is null or t.kind = any($18))
        and not exists (select from published_articles p where p.article_id = t.article_id and p.locale = any($1))
      order by t.article_id, t.withdrawn_at desc
    ) t order by withdrawn_at desc, article_id limit $15`,
};

/** Far beyond what any page is of: one that is left out is told on no other page. */
const MOST = 10_000;

/** Filters by custom fields cannot be decided any more: such a feed tells of none. */
export async function listDeletions(
  db: PublicDb,
  resolved: Resolved,
  bounds: Bounds,
  { since, until }: Span,
): Promise<Deletion[]> {
  if (resolved.extra.length > 0) return [];
  const { chain, kinds, regionIds, countryRegionIds, tagIds, allTagIds, contributorIds, entitled } = resolved;
  return db.query<Deletion>(DELETIONS, [
    chain,
    since,
    bounds.updatedAfter,
    until,
    kinds,
    regionIds,
    countryRegionIds,
    tagIds,
    allTagIds,
    contributorIds,
    bounds.ids,
    bounds.excludeIds,
    bounds.publishedAfter,
    bounds.publishedBefore,
    MOST,
    entitled?.regionIds ?? null,
    entitled?.tagIds ?? null,
    entitled?.kinds ?? null,
  ]);
}
