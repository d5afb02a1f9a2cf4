// Corrects what was counted of a story, hour by hour, with a reason. An hour that is not over is refused: it would lose what comes in meanwhile.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { Problem, type ProblemDetail } from '../../errors.ts';
import { type Difference, versionMismatch } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { insertAudit } from '../audit/queries.ts';
import type { Correction, DeskViews, DeskViewsQuery } from './schemas.ts';
import { type Bucket, lockVersion, named, raiseVersions, setBuckets } from './setting.ts';

const BUCKET = `json_build_object('hour', ${iso('hour')}, 'locale', locale, 'source', source, 'views', views)`;

/** What was counted of a story, and the version for If-Match; null where there is no such story. */
export async function findDeskViews(db: Db, id: string, { from, to }: DeskViewsQuery): Promise<DeskViews | null> {
  const until = to === undefined ? sql`date_trunc('hour', now(), 'UTC') + interval '1 hour'` : sql`${to}::timestamptz`;
  const since = from === undefined ? sql`${until} - interval '24 hours'` : sql`${from}::timestamptz`;
  const { rows } = await db.execute<{ views: DeskViews }>(sql`
    select json_build_object('id', a.id, 'version', coalesce((select version from view_corrections where article_id = a.id), 1),
      'total', (select coalesce(sum(views), 0) from view_counts where article_id = a.id),
      'buckets', (select coalesce(json_agg(${sql.raw(BUCKET)} order by hour, locale, source), '[]') from view_counts
        where article_id = a.id and hour >= ${since} and hour < ${until})) as views
    from articles a where a.id = ${id} and a.deleted_at is null`);
  return rows[0]?.views ?? null;
}

/** @throws Problem not_found, forbidden, version_mismatch, validation_failed */
export async function correctViews(
  tx: Db,
  actor: Actor,
  articleId: string,
  expected: number,
  { reason, buckets: asked }: Correction,
): Promise<void> {
  const { rows } = await tx.execute<{ locales: string[]; hour: string }>(sql`
    select array(select locale from drafts where article_id = ${articleId}) as locales, ${sql.raw(iso("date_trunc('hour', now(), 'UTC')"))} as hour
    from articles where id = ${articleId} and deleted_at is null for key share`);
  const [story] = rows;
  if (!story) throw new Problem('not_found');
  for (const locale of new Set(asked.map((bucket) => bucket.locale))) await checkReach(tx, actor, articleId, locale);
  const version = await lockVersion(tx, articleId);
  const buckets = asked.map((bucket): Bucket => ({ ...bucket, articleId, hour: new Date(bucket.hour) }));
  const counted = await countsOf(tx, buckets);
  const viewsOf = (bucket: Bucket) => counted.get(named(bucket)) ?? 0;
  if (version !== expected) {
    const differing = buckets.flatMap((bucket, at): Difference[] =>
      viewsOf(bucket) === bucket.views
        ? []
        : [{ field: `buckets.${at}.views`, yours: bucket.views, current: viewsOf(bucket) }],
    );
    throw versionMismatch(version, differing);
  }
  check(buckets, story.locales, new Date(story.hour));
  const changed = buckets.filter((bucket) => viewsOf(bucket) !== bucket.views);
  await setBuckets(tx, changed);
  await raiseVersions(tx, [articleId]);
  await insertAudit(tx, actor, [
    {
      action: 'views.correct',
      entity: 'article',
      entityId: articleId,
      before: { views: Object.fromEntries(changed.map((bucket) => [named(bucket), viewsOf(bucket)])) },
      after: { views: Object.fromEntries(changed.map((bucket) => [named(bucket), bucket.views])), reason },
    },
  ]);
}

/** By named(); they stay locked. */
async function countsOf(tx: Db, buckets: readonly Bucket[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.execute<{ hour: string; locale: string; source: string; views: number }>(sql`
    select ${sql.raw(iso('c.hour'))} as hour, c.locale, c.source, c.views::float8 as views
    from view_counts c join json_to_recordset(${JSON.stringify(buckets)}::json) as x("articleId" uuid, locale text, hour timestamptz, source text)
      on c.article_id = x."articleId" and c.hour = x.hour and c.locale = x.locale and c.source = x.source
    order by c.article_id, c.hour, c.locale, c.source for update of c`);
  return new Map(rows.map(({ hour, views, ...row }) => [named({ ...row, hour: new Date(hour) }), views]));
}

/** @throws Problem with a pointer to each that cannot be set */
function check(buckets: readonly Bucket[], locales: readonly string[], present: Date): void {
  const seen = new Set<string>();
  const errors = buckets.flatMap((bucket, at): ProblemDetail[] => {
    const wrong = (member: string, code: string, message: string) => [
      { pointer: `/buckets/${at}/${member}`, code, message },
    ];
    if (bucket.hour.getTime() % 3_600_000 !== 0) return wrong('hour', 'invalid', 'must be the beginning of an hour');
    if (bucket.hour >= present) return wrong('hour', 'not_over', 'is still being counted, or has not begun');
    if (!locales.includes(bucket.locale)) return wrong('locale', 'unknown', 'the story has no text in it');
    if (seen.has(named(bucket))) return wrong('hour', 'duplicate', 'stands there twice with this locale and source');
    seen.add(named(bucket));
    return [];
  });
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}
