// SQL of sitemaps, from what is published alone: which files there are, what stands in one, and the news of two days.
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { type SiteFace, siteFaceJson } from '../site/face.ts';
import { LOCALE_OF } from '../site/queries.ts';

/**
 * Addresses of one file: a twentieth of what the protocol allows, since with it comes what it says of bytes. Of a newsroom in
 * four languages with slugs in Cyrillic, 50,000 addresses are 73 MB of the 50 MB allowed; these are 3.7 MB, made in 0.2 s.
 */
export const MOST_URLS = 2_500;
/** What search engines take for news (two days), and in one file. */
const MOST_NEWS = 1_000;
const NEWS_LASTS = `interval '2 days'`;

export interface Month {
  locale: string;
  /** As 2026-05, in UTC. */
  month: string;
  count: number;
  updatedAt: string;
}
// An index-only scan of published_articles_first: 0.2 s among 60,000 rows and 0.8 s among 600,000 (two busy cores), and no row is read.
const MONTHS: Statement = {
  name: 'sitemap_months',
  isLong: true,
  text: `select locale, to_char(month at time zone 'UTC', 'YYYY-MM') as month, count, ${iso('updated_at')} as "updatedAt"
    from (select locale, date_trunc('month', first_published_at, 'UTC') as month, count(*)::int as count, max(updated_at) as updated_at
      from published_articles group by 1, 2) m order by m.month desc, locale`,
};
const LOCALES: Statement = {
  name: 'sitemap_locales',
  text: `select array_agg(tag order by position, tag) as tags from locales`,
};

export const listMonths = (db: PublicDb): Promise<Month[]> => db.query<Month>(MONTHS, []);

/** All of the newsroom. */
export async function listLocaleTags(db: PublicDb): Promise<string[]> {
  const [row] = await db.query<{ tags: string[] | null }>(LOCALES, []);
  return row?.tags ?? [];
}

export interface Url {
  locale: string;
  url: string;
  updatedAt: string;
  /** Address of its picture. */
  image: string | null;
  /** The other languages in which it is public. */
  translations: { locale: string; url: string }[];
}
export interface File extends Pick<SiteFace, 'defaultLocale' | 'locales'> {
  /** Null where the newsroom has no such locale. */
  locale: string | null;
  urls: Url[];
}
/**
 * In the order of first publication, so that what is published later never moves what is in a file. Only a month with more than
 * one file is counted through, in the index.
 */
const FILE: Statement = {
  name: 'sitemap_file',
  text: `with w as materialized (select ${LOCALE_OF('$1')} as locale)
    select w.locale, s.default_locale as "defaultLocale", (select json_agg(tag order by position, tag) from locales) as locales,
      (select coalesce(json_agg(json_build_object('locale', p.locale, 'url', c.card ->> 'url', 'updatedAt', ${iso('p.updated_at')},
          'image', c.card -> 'image' ->> 'url', 'translations', c.card -> 'translations') order by p.first_published_at, p.article_id), '[]')
        from (select article_id, locale from published_articles where locale = w.locale
            and first_published_at >= $2::timestamptz and first_published_at < ($2::timestamptz at time zone 'UTC' + interval '1 month') at time zone 'UTC'
            order by first_published_at, article_id limit ${MOST_URLS} offset ($3::int - 1) * ${MOST_URLS}) x
          join published_articles p on p.article_id = x.article_id and p.locale = x.locale, lateral (select p.card::json as card) c) as urls
    from w, site s`,
};

/** @param month its first instant, RFC 3339 */
export async function findFile(db: PublicDb, locale: string, month: string, part: number): Promise<File> {
  const [row] = await db.query<File>(FILE, [locale, month, part]);
  if (!row) throw new Error('the site has no row');
  return row;
}

interface NewsItem {
  locale: string;
  url: string;
  image: string | null;
  title: string;
  publishedAt: string;
}
export interface News {
  items: NewsItem[];
  /** By locale. */
  names: Record<string, string>;
  /** Milliseconds until the oldest is no news any more; null where there is none. */
  freshFor: number | null;
}
/** $1 are the lists of all stories but pages, one of each language. */
const NEWS: Statement = {
  name: 'sitemap_news',
  text: `with recent as materialized (
      select l.article_id, l.locale, l.published_at from unnest($1::bigint[]) list(key) cross join lateral (
        select article_id, locale, published_at from listings l
        where l.key = list.key and l.published_at > now() - ${NEWS_LASTS} and l.published_at <= now()
        order by l.published_at desc, l.article_id desc limit ${MOST_NEWS}) l
      order by l.published_at desc, l.article_id desc, l.locale limit ${MOST_NEWS}
    )
    select (select coalesce(json_agg(json_build_object('locale', r.locale, 'url', c.card ->> 'url', 'image', c.card -> 'image' ->> 'url', 'title', c.card ->> 'title',
          'publishedAt', ${iso('r.published_at')}) order by r.published_at desc, r.article_id desc, r.locale), '[]')
        from recent r join published_articles p using (article_id, locale), lateral (select p.card::json as card) c) as items,
      (select json_object_agg(own.tag, ${siteFaceJson('own.tag')} ->> 'name') from locales own) as names,
      (select extract(epoch from min(published_at) + ${NEWS_LASTS} - now())::float8 * 1000 from recent) as "freshFor"`,
};

export async function listNews(db: PublicDb, keys: readonly bigint[]): Promise<News> {
  const [row] = await db.query<News>(NEWS, [keys]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
