// The views of a story over time: hours or days one after the other, those without a view as well. It counts nothing itself.
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { invalid } from '../../errors.ts';

export const INTERVALS = ['hour', 'day'] as const;
type Interval = (typeof INTERVALS)[number];
/** Six weeks of hours, or nearly three years of days. */
export const MOST_POINTS = 1_000;

export interface SeriesQuery {
  interval?: Interval;
  from?: string;
  to?: string;
}
export interface Series {
  interval: Interval;
  from: string;
  to: string;
  points: { at: string; views: number; locales: Record<string, number> }[];
}

/**
 * Buckets are of UTC, and steps of 3,600 or 86,400 seconds: `1 day` would be longer or shorter where the session's time zone changes
 * its clocks. The counts are a range of the primary key (article_id, hour, …). $1 story, $2 interval, $3 from, $4 to.
 */
const SERIES: Statement = {
  name: 'views_series',
  text: `with unit as (
      select case $2 when 'hour' then interval '1 hour' else interval '24 hours' end as step, case $2 when 'hour' then 24 else 30 end as usual
    ), ends as (
      select step, usual, date_trunc($2, coalesce($4::timestamptz - interval '1 microsecond', statement_timestamp()), 'UTC') + step as upto from unit
    ), bounds as (
      select step, upto, date_trunc($2, coalesce($3::timestamptz, greatest(upto - usual * step, '0001-01-01T00:00:00Z')), 'UTC') as since from ends
    ), sized as (
      select *, round(extract(epoch from upto - since) / extract(epoch from step))::float8 as size from bounds
    ), counted as materialized (
      select date_trunc($2, v.hour, 'UTC') as at, v.locale, sum(v.views) as n from sized b join view_counts v
        on v.article_id = $1 and v.hour >= b.since and v.hour < b.upto
      where b.size between 1 and ${MOST_POINTS} group by 1, 2
    ), summed as materialized (
      select at, sum(n) as views, json_object_agg(locale, n order by locale) as locales from counted group by at
    )
    select size, ${iso('since')} as "from", ${iso('upto')} as "to", (
      select coalesce(json_agg(json_build_object('at', ${iso('(b.since + n * b.step)')}, 'views', coalesce(s.views, 0), 'locales', coalesce(s.locales, '{}')) order by n), '[]')
      from generate_series(0, case when size between 1 and ${MOST_POINTS} then size::int else 0 end - 1) n left join summed s on s.at = b.since + n * b.step
    ) as points from sized b`,
};

/** @throws Problem validation_failed for bounds that stand the wrong way round, or too far apart */
export async function findSeries(db: PublicDb, id: string, query: SeriesQuery): Promise<Series | null> {
  const { interval, from = null, to = null } = query;
  if (interval === undefined) {
    const lone = from === null ? to : from;
    if (lone !== null)
      throw invalid({ parameter: from === null ? 'to' : 'from' }, 'needs interval=hour or interval=day');
    return null;
  }
  const [row] = await db.query<Omit<Series, 'interval'> & { size: number }>(SERIES, [id, interval, from, to]);
  if (!row) throw new Error('bounds are one row');
  const { size, ...series } = row;
  // RFC 3339 has four digits for the year.
  if (series.to.startsWith('10000-')) throw invalid({ parameter: 'to' }, 'must be before the end of the year 9999');
  if (size < 1 || (from !== null && to !== null && Date.parse(from) >= Date.parse(to)))
    throw invalid({ parameter: from === null ? 'to' : 'from' }, 'must be before `to`, which is now without one');
  if (size > MOST_POINTS)
    throw invalid(
      { parameter: from === null ? 'to' : 'from' },
      `no more than ${MOST_POINTS} of these in one answer`,
      'too_many',
    );
  return { interval, ...series };
}
