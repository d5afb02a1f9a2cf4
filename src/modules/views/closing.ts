// Sums up the hours of whole days, so that long spans need not read every hour there ever was. It changes no count.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';

/**
 * Views are counted into the hour in which their batch began, and that is committed within 5 seconds or not at all (counting.ts).
 * Ten minutes after midnight nothing more can come into the day before.
 */
const SETTLED = sql`(now() at time zone 'UTC' - interval '10 minutes')::date`;

/** SQL: sums of view_counts by story, language and day. */
const daySums = (where: SQL) => sql`
  select article_id, locale, (hour at time zone 'UTC')::date as day, sum(views)::bigint as views
  from view_counts where ${where} group by 1, 2, 3`;

/** SQL timestamptz: from this hour on, what was counted stands in view_counts alone. */
export const OPEN_SINCE = sql`(select before::timestamp at time zone 'UTC' from view_closing)`;

/**
 * Closes what has come to an end, and opens what a clock has closed that was ahead: else what comes into such a day stood in no sum.
 * Whoever sets counts by hand waits for it, and it for them.
 */
export async function closeDays(tx: Db): Promise<void> {
  const { rows } = await tx.execute(sql`select from view_closing where before <> ${SETTLED} for update`);
  if (rows.length === 0) return;
  await tx.execute(sql`delete from view_days where day >= ${SETTLED}`);
  await tx.execute(sql`
    insert into view_days (article_id, locale, day, views)
    ${daySums(sql`hour >= ${OPEN_SINCE} and hour < ${SETTLED}::timestamp at time zone 'UTC'`)}
    on conflict (article_id, locale, day) do update set views = excluded.views`);
  await tx.execute(sql`update view_closing set before = ${SETTLED}`);
}

/** To be called before counts are set by hand: no day may be closed meanwhile. */
export async function lockClosing(tx: Db): Promise<void> {
  await tx.execute(sql`select from view_closing for share`);
}

/** After counts of these stories were set by hand: their closed days anew. */
export async function resumDays(tx: Db, articleIds: readonly string[]): Promise<void> {
  const ids = sql`${sql.param(articleIds)}::uuid[]`;
  await tx.execute(sql`delete from view_days where article_id = any(${ids})`);
  await tx.execute(sql`
    insert into view_days (article_id, locale, day, views)
    ${daySums(sql`article_id = any(${ids}) and hour < ${OPEN_SINCE}`)}`);
}
