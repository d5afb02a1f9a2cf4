// Sets buckets of view counts by hand: for corrections, and for counters of another system. It never touches what is being counted now.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { enqueue } from '../../db/jobs.ts';
import { lockClosing, resumDays } from './closing.ts';

export interface Bucket {
  articleId: string;
  locale: string;
  /** Begins then. */
  hour: Date;
  source: string;
  views: number;
}

/** Each bucket once. Those that come to nothing are gone; closed days, and what is read most, follow. */
export async function setBuckets(tx: Db, buckets: readonly Bucket[]): Promise<void> {
  if (buckets.length === 0) return;
  await lockClosing(tx);
  const rows = sql`(
    select * from json_to_recordset(${JSON.stringify(buckets)}::json)
      as x("articleId" uuid, locale text, hour timestamptz, source text, views bigint)
    order by "articleId", hour, locale, source)`;
  await tx.execute(sql`
    insert into view_counts as c (article_id, hour, locale, source, views)
    select "articleId", hour, locale, source, views from ${rows} x
    on conflict (article_id, hour, locale, source) do update set views = excluded.views where c.views <> excluded.views`);
  await tx.execute(sql`
    delete from view_counts c using ${rows} x where x.views = 0 and c.views = 0
      and c.article_id = x."articleId" and c.hour = x.hour and c.locale = x.locale and c.source = x.source`);
  await resumDays(tx, [...new Set(buckets.map(({ articleId }) => articleId))]);
  await enqueue(tx, 'renew_trending', {}, { key: 'renew_trending' });
}

/** The version that a correction is based on; the row stays locked. */
export async function lockVersion(tx: Db, articleId: string): Promise<number> {
  await tx.execute(
    sql`insert into view_corrections (article_id) values (${articleId}) on conflict (article_id) do nothing`,
  );
  const { rows } = await tx.execute<{ version: number }>(
    sql`select version from view_corrections where article_id = ${articleId} for update`,
  );
  return rows[0]?.version ?? 1;
}

/** In one order, so that two who do it wait for each other but do not deadlock. */
export async function raiseVersions(tx: Db, articleIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into view_corrections as v (article_id, version)
    select distinct id, 2 from unnest(${sql.param(articleIds)}::uuid[]) id order by id
    on conflict (article_id) do update set version = v.version + 1, updated_at = now()`);
}

/** In words that an audit entry shows side by side. */
export const named = ({ hour, locale, source }: Pick<Bucket, 'hour' | 'locale' | 'source'>) =>
  `${hour.toISOString()} ${locale} ${source}`;
