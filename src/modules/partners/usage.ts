// Reports what a partner took, day by day and story by story, and how often that was read in its pages. It counts nothing itself.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { invalid } from '../../errors.ts';
import { republishedAt } from '../views/sources.ts';
import type { Usage, UsageQuery, UsedStory } from './schemas.ts';

/** As long as what was taken is kept. */
export const KEPT_DAYS = 400;
const USUAL_DAYS = 30;

export interface Span {
  /** Days of UTC. */
  from: string;
  to: string;
}

/** By the database's clock. @throws Problem validation_failed for days that stand the wrong way round, or too far apart */
export async function spanOf(db: Db, { from, to }: Pick<UsageQuery, 'from' | 'to'>): Promise<Span> {
  const { rows } = await db.execute<Span & { days: number } & Record<string, unknown>>(sql`
    select since::text as from, upto::text as to, upto - since + 1 as days from (
      select coalesce(${from ?? null}::date, greatest(upto - ${USUAL_DAYS - 1}::int, '0001-01-01')) as since, upto from (
        select coalesce(${to ?? null}::date, (now() at time zone 'UTC')::date) as upto) x) y`);
  const [row] = rows;
  if (!row) throw new Error('a select without a table answered no row');
  const parameter = from === undefined ? 'to' : 'from';
  if (row.days < 1) throw invalid({ parameter }, 'must not be after the last day');
  if (row.days > KEPT_DAYS) throw invalid({ parameter }, `no more than ${KEPT_DAYS} days in one answer`, 'too_many');
  return { from: row.from, to: row.to };
}

const taken = (partnerId: string, { from, to }: Span) =>
  sql`partner_takings where partner_id = ${partnerId} and day between ${from}::date and ${to}::date`;
/** The second condition is that of the index (view_counts_republished). */
const read = (code: string, { from, to }: Span): SQL => sql`view_counts
  where source = ${republishedAt(code)} and source like 'republished:%'
    and hour >= ${from}::timestamp at time zone 'UTC' and hour < (${to}::date + 1)::timestamp at time zone 'UTC'`;

export async function findUsage(db: Db, { id, code }: { id: string; code: string }, span: Span): Promise<Usage> {
  const { rows } = await db.execute<{ usage: Usage }>(sql`
    with taken as materialized (select day, format, sum(times)::int as n from ${taken(id, span)} group by 1, 2),
    reads as materialized (select (hour at time zone 'UTC')::date as day, sum(views)::int as n from ${read(code, span)} group by 1)
    select json_build_object('from', ${span.from}::text, 'to', ${span.to}::text,
      'taken', (select coalesce(sum(n), 0) from taken), 'reads', (select coalesce(sum(n), 0) from reads),
      'formats', (select coalesce(json_object_agg(format, n order by format), '{}') from (select format, sum(n) as n from taken group by 1) x),
      'points', (select json_agg(json_build_object('day', d::date, 'taken', coalesce((select sum(n) from taken where day = d::date), 0),
          'reads', coalesce((select n from reads where day = d::date), 0)) order by d)
        from generate_series(${span.from}::timestamp, ${span.to}::timestamp, interval '1 day') d)) as usage`);
  const [row] = rows;
  if (!row) throw new Error('a select without a table answered no row');
  return row.usage;
}

/** When it was last taken or read, and what tells stories apart. */
export type UsedPosition = [at: number, name: string];
export interface UsedPage {
  after: UsedPosition | null;
  /** Towards the latest. */
  backward: boolean;
  limit: number;
}

/** Latest first. @returns one more than the limit where there are more, in the order of the walk */
export async function listUsedStories(
  db: Db,
  { id, code }: { id: string; code: string },
  span: Span,
  { after, backward, limit }: UsedPage,
): Promise<{ story: UsedStory; position: UsedPosition }[]> {
  const [order, beyond] = backward ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`];
  const { rows } = await db.execute<{ story: UsedStory; at: string; name: string }>(sql`
    with taken as (
      select article_id, locale, sum(n)::int as taken, json_object_agg(format, n order by format) as formats,
        min(first_at) as first_at, max(last_at) as last_at
      from (select article_id, locale, format, sum(times) as n, min(first_at) as first_at, max(last_at) as last_at
        from ${taken(id, span)} group by 1, 2, 3) x group by 1, 2
    ), reads as (
      select article_id, locale, sum(views)::int as reads, max(hour) as last_hour from ${read(code, span)} group by 1, 2
    ), used as (
      select *, floor(extract(epoch from coalesce(last_at, last_hour)) * 1000)::int8 as at, article_id || '/' || locale as name
      from taken full join reads using (article_id, locale)
    )
    select u.at, u.name, json_build_object('articleId', u.article_id, 'locale', u.locale,
      'title', (select p.snapshot ->> 'title' from published_articles p where p.article_id = u.article_id and p.locale = u.locale),
      'taken', coalesce(u.taken, 0), 'formats', coalesce(u.formats, '{}'), 'reads', coalesce(u.reads, 0),
      'firstTakenAt', ${sql.raw(iso('u.first_at'))}, 'lastTakenAt', ${sql.raw(iso('u.last_at'))}) as story
    from used u where ${after ? sql`(u.at, u.name) ${beyond} (${after[0]}::int8, ${after[1]}::text)` : sql`true`}
    order by u.at ${order}, u.name ${order} limit ${limit + 1}`);
  return rows.map(({ story, at, name }) => ({ story, position: [Number(at), name] }));
}
