// Takes over the counters of another system, as one number per story and language. The same once more changes nothing.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { UUID_ALONE } from '../../patterns.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { insertAudit } from '../audit/queries.ts';
import { type Bucket, raiseVersions, setBuckets } from './setting.ts';
import { IMPORTED } from './sources.ts';

export interface Counter {
  /** Id, or the id in the system that the story came from. */
  article: string;
  locale: string;
  views: number;
  /** An hour of the past that they are all put into; the one in which the story first went out, without it. */
  at?: string;
}
interface Target {
  n: number;
  articleId: string | null;
  /** Null where the story has no text in it. */
  locale: string | null;
  hour: string;
  isFuture: boolean;
  [column: string]: unknown;
}

/**
 * What was imported before of each story and language named is replaced.
 * @returns how many stories and languages count otherwise than before
 * @throws Problem unknown_reference, or validation_failed, with pointers; forbidden for whoever is limited, as any import is
 */
export async function importCounters(
  tx: Db,
  actor: Actor | null,
  counters: readonly Counter[],
  reason: string,
): Promise<number> {
  if (actor) checkUnlimited(actor, 'An import');
  const targets = await findTargets(tx, counters);
  const wanted = targets.map((target) => ({ ...target, views: counters[target.n]?.views ?? 0 }));
  check(wanted);
  const buckets = wanted.map(
    ({ articleId, locale, hour, views }): Bucket => ({
      articleId: articleId ?? '',
      locale: locale ?? '',
      hour: new Date(hour ?? ''),
      source: IMPORTED,
      views,
    }),
  );
  const before = await importedBefore(tx, buckets);
  const placeOf = ({ articleId, locale }: Bucket) => `${articleId} ${locale}`;
  const changed = buckets.filter((bucket) => {
    const there = before.filter((old) => placeOf(old) === placeOf(bucket));
    if (bucket.views === 0) return there.length > 0;
    return there.length !== 1 || there.some((old) => old.views !== bucket.views || +old.hour !== +bucket.hour);
  });
  if (changed.length === 0) return 0;
  const places = new Set(changed.map(placeOf));
  const gone = before.filter((old) => places.has(placeOf(old)));
  const isSet = new Set(changed.map((bucket) => `${placeOf(bucket)} ${+bucket.hour}`));
  await setBuckets(tx, [
    ...gone.filter((old) => !isSet.has(`${placeOf(old)} ${+old.hour}`)).map((old) => ({ ...old, views: 0 })),
    ...changed,
  ]);
  const ids = [...new Set(changed.map(({ articleId }) => articleId))];
  await raiseVersions(tx, ids);
  const sumsOf = (rows: readonly Bucket[], id: string) => {
    const sums: Record<string, number> = {};
    for (const { articleId, locale, views } of rows) if (articleId === id) sums[locale] = (sums[locale] ?? 0) + views;
    return sums;
  };
  await insertAudit(
    tx,
    actor,
    ids.map((id) => ({
      action: 'views.import',
      entity: 'article',
      entityId: id,
      before: { views: sumsOf(gone, id) },
      after: { views: sumsOf(changed, id), reason },
    })),
  );
  return changed.length;
}

/** An id before an id of another system that is spelt the same. Locked, so that none is erased meanwhile. */
async function findTargets(tx: Db, counters: readonly Counter[]): Promise<Target[]> {
  const named = counters.map(({ article, locale, at }, n) => ({ n, article, locale, at }));
  const { rows } = await tx.execute<Target>(sql`
    with named as materialized (
      select * from json_to_recordset(${JSON.stringify(named)}::json) as x(n int, article text, locale text, at timestamptz)
    ), found as materialized (
      select n.n, coalesce(
        (select id from articles where id = case when n.article ~ ${UUID_ALONE} then n.article::uuid end and deleted_at is null),
        (select id from articles where external_id = n.article and deleted_at is null)) as id
      from named n
    ), locked as (
      select a.id from articles a where a.id in (select id from found) order by a.id for key share
    )
    select n.n, l.id as "articleId", d.locale,
      ${sql.raw(iso("date_trunc('hour', coalesce(n.at, d.first_published_at, d.created_at), 'UTC')"))} as hour,
      coalesce(n.at > now(), false) as "isFuture"
    from named n join found f using (n) left join locked l on l.id = f.id
    left join drafts d on d.article_id = l.id and d.locale = coalesce(
      (select tag from locales where lower(tag) = lower(n.locale)),
      (select tag from locales where lower(n.locale) = any(select lower(alias) from unnest(aliases) alias) order by position limit 1))
    order by n.n`);
  return rows;
}

async function importedBefore(tx: Db, buckets: readonly Bucket[]): Promise<Bucket[]> {
  const { rows } = await tx.execute<{ articleId: string; locale: string; hour: string; views: number }>(sql`
    select c.article_id as "articleId", c.locale, ${sql.raw(iso('c.hour'))} as hour, c.views::float8 as views from view_counts c
    where c.source = ${IMPORTED} and c.article_id = any(${sql.param(buckets.map(({ articleId }) => articleId))}::uuid[])
    order by c.article_id, c.hour, c.locale for update`);
  return rows.map(({ hour, ...row }) => ({ ...row, source: IMPORTED, hour: new Date(hour) }));
}

function check(wanted: readonly Target[]): void {
  const seen = new Set<string>();
  const errors = wanted.flatMap((one, at): ProblemDetail[] => {
    const wrong = (member: string, code: string, message: string) => [
      { pointer: `/counters/${at}/${member}`, code, message },
    ];
    if (!one.articleId) return wrong('article', 'unknown', 'there is no such story');
    if (!one.locale) return wrong('locale', 'unknown', 'the story has no text in it');
    if (one.isFuture) return wrong('at', 'future', 'must not be in the future');
    const place = `${one.articleId} ${one.locale}`;
    if (seen.has(place)) return wrong('article', 'duplicate', 'stands there twice with this locale');
    seen.add(place);
    return [];
  });
  if (errors.length > 0)
    throw new Problem(errors.every(({ code }) => code === 'unknown') ? 'unknown_reference' : 'validation_failed', {
      errors,
    });
}
