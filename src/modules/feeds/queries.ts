// SQL of what stands above the stories of a feed: the site and the filters by name, and when anything last changed. It reads no story.
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { type SiteFace, siteFaceJson } from '../site/face.ts';

export interface FeedHead extends SiteFace {
  tagline: string | null;
  direction: 'ltr' | 'rtl';
  /** Authority of tag URIs (RFC 4151): a host of the newsroom, and the day on which it was. */
  authority: string;
  usageTerms: string | null;
  holder: string | null;
  licenceUrl: string | null;
  /** WebSub hubs of others. */
  hubs: string[];
  /** Of the terms that were asked for, in the order in which they were named. */
  names: string[];
  /** Of the site and its languages. */
  settledAt: string;
  changedAt: string;
  /**
   * A bound for Last-Modified: nothing that becomes public later is older than that. A change carries the time at which its
   * transaction began, so that one which is not over yet can still bring an earlier time: a minute is left for those.
   */
  toldUntil: string;
}

/** The words of a localised column for the locale $1, or the next best. */
const localised = (column: string) => `(select ${column} ->> l.tag from locales l where ${column} ? l.tag
  order by coalesce(array_position($1::text || (select fallback from locales where tag = $1::text) || s.default_locale, l.tag), 1000), l.position, l.tag limit 1)`;
const namesIn = (table: 'region' | 'tag' | 'contributor') => `select t.id, coalesce(
    (select x.name from ${table}_texts x where x.term_id = t.id and x.locale = $1), (select x.name from ${table}_texts x where x.term_id = t.id and x.locale = s.default_locale), t.key) as name
  from ${table}s t where t.id = any($2::uuid[])`;
const HEAD: Statement = {
  name: 'feed_head',
  text: `select (${siteFaceJson('$1')}::jsonb || jsonb_build_object('tagline', ${localised('s.tagline')}, 'authority', s.tag_authority,
      'direction', (select direction from locales where tag = $1), 'usageTerms', ${localised("(s.rights -> 'usageTerms')")},
      'holder', s.rights ->> 'holder', 'hubs', s.hubs, 'licenceUrl', s.rights ->> 'licenceUrl',
      'names', (select coalesce(jsonb_agg(name order by array_position($2::uuid[], id)), '[]') from (
        ${namesIn('region')} union all ${namesIn('tag')} union all ${namesIn('contributor')}) named),
      'settledAt', ${iso('settled.at')}, 'toldUntil', now() - interval '1 minute', 'changedAt', greatest(settled.at,
        (select max(c.at) from unnest($3::text[]) l(locale) cross join lateral (
          select at from changes where locale = l.locale order by at desc limit 1) c)))) as head
    from site s cross join lateral (select greatest(s.updated_at, (select max(updated_at) from locales)) as at) settled`,
};

/** @param locales of the whole chain */
export async function getFeedHead(
  db: PublicDb,
  locale: string,
  termIds: readonly string[],
  locales: readonly string[],
): Promise<FeedHead> {
  const [row] = await db.query<{ head: FeedHead }>(HEAD, [locale, termIds, locales]);
  if (!row) throw new Error('the site has no row');
  return row.head;
}
