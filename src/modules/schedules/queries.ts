// SQL of schedules: single rows, the desk's list, and what is due by the database's clock. It decides nothing about stories.
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { schedules } from './tables.ts';

export type ScheduleRow = typeof schedules.$inferSelect;
export type ScheduleAction = ScheduleRow['action'];
export interface ScheduleKey {
  articleId: string;
  locale: string;
  action: ScheduleAction;
}
type Story = Pick<ScheduleKey, 'articleId' | 'locale'>;

const keyIs = ({ articleId, locale, action }: ScheduleKey) =>
  and(eq(schedules.articleId, articleId), eq(schedules.locale, locale), eq(schedules.action, action));

/** Whoever changes it has locked its story before. */
export async function findSchedule(db: Db, key: ScheduleKey): Promise<ScheduleRow | null> {
  const [row] = await db.select().from(schedules).where(keyIs(key));
  return row ?? null;
}

export type NewSchedule = typeof schedules.$inferInsert;
/** In place of one that failed, if there is one. */
export async function replaceSchedule(db: Db, row: NewSchedule): Promise<ScheduleRow> {
  await db.delete(schedules).where(keyIs(row));
  const [made] = await db.insert(schedules).values(row).returning();
  if (!made) throw new Error('an insert returned no row');
  return made;
}

export type ScheduleChange = Partial<Pick<ScheduleRow, 'at' | 'updateType' | 'embargoed' | 'removal'>>;
export async function updateSchedule(
  db: Db,
  key: ScheduleKey,
  change: ScheduleChange | { failure: NonNullable<ScheduleRow['failure']>; failedAt: SQL },
): Promise<ScheduleRow> {
  const [row] = await db
    .update(schedules)
    .set({ ...change, version: sql`${schedules.version} + 1` })
    .where(keyIs(key))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  return row;
}

/** The text that goes out is the edited one; what was approved before is no longer what was approved. */
export async function followDraft(db: Db, articleId: string, locale: string, draftVersion: number): Promise<void> {
  await db
    .update(schedules)
    .set({
      draftVersion,
      resumeStatus: sql`case when ${schedules.resumeStatus} = 'approved' then 'in_review' else ${schedules.resumeStatus} end`,
      version: sql`${schedules.version} + 1`,
    })
    .where(keyIs({ articleId, locale, action: 'publish' }));
}

export async function resumeAs(db: Db, story: Story, resumeStatus: 'draft' | 'withdrawn'): Promise<void> {
  await db
    .update(schedules)
    .set({ resumeStatus, version: sql`${schedules.version} + 1` })
    .where(keyIs({ ...story, action: 'publish' }));
}

/** @returns what was there */
export async function deleteSchedules(
  db: Db,
  stories: readonly Story[],
  actions: ScheduleAction[],
): Promise<ScheduleRow[]> {
  const pairs = sql.join(
    stories.map(({ articleId, locale }) => sql`(${articleId}::uuid, ${locale})`),
    sql`, `,
  );
  const gone = await db
    .delete(schedules)
    .where(and(sql`(${schedules.articleId}, ${schedules.locale}) in (${pairs})`, inArray(schedules.action, actions)))
    .returning();
  if (gone.length > 0)
    await db.execute(sql`
      update drafts d set schedule_version = greatest(d.schedule_version, x.version)
      from (select "articleId", locale, max(version) as version
        from json_to_recordset(${JSON.stringify(gone)}::json) as o("articleId" uuid, locale text, version int) group by 1, 2) x
      where d.article_id = x."articleId" and d.locale = x.locale`);
  return gone;
}

/** @returns whether the time lies ahead, and not beyond five years */
export async function judgeTime(db: Db, at: Date): Promise<'past' | 'far' | 'fine'> {
  const { rows } = await db.execute<{ is: 'past' | 'far' | 'fine' }>(sql`
    select case when ${at.toISOString()}::timestamptz <= clock_timestamp() then 'past'
      when ${at.toISOString()}::timestamptz > clock_timestamp() + interval '5 years' then 'far' else 'fine' end as is`);
  return rows[0]?.is ?? 'past';
}

/** @returns milliseconds until the next one is due, below 0 where one is; null where none is there */
export async function findNextDue(db: Db): Promise<number | null> {
  const { rows } = await db.execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(at) - clock_timestamp()) * 1000)::float8 as ms from schedules where failed_at is null`);
  return rows[0]?.ms ?? null;
}

/** What is to be done now: what goes out before what is taken back. */
export async function findDueActions(db: Db): Promise<ScheduleAction[]> {
  const { rows } = await db.execute<{ action: ScheduleAction }>(sql`
    select distinct action from schedules where failed_at is null and at <= now() order by action`);
  return rows.map(({ action }) => action);
}

/**
 * Takes what is due for this transaction alone, passing over what another one holds: no two nodes do the same, and what a node
 * held that was killed is free as soon as the server sees its connection gone. The stories are locked with it, as everybody else
 * locks them first. Of one draft only the first action: what comes after it builds on it.
 */
export async function claimDue(tx: Db, action: ScheduleAction, limit: number): Promise<ScheduleRow[]> {
  const { rows } = await tx.execute<{ article_id: string; locale: string; action: ScheduleAction }>(sql`
    select s.article_id, s.locale, s.action from schedules s join articles a on a.id = s.article_id
    where s.failed_at is null and s.at <= now() and s.action = ${action} and not exists (
      select from schedules e where e.article_id = s.article_id and e.locale = s.locale and e.failed_at is null
        and (e.at, e.action) < (s.at, s.action))
    order by s.at limit ${limit} for update of a, s skip locked`);
  if (rows.length === 0) return [];
  const keys = sql.join(
    rows.map((row) => sql`(${row.article_id}::uuid, ${row.locale}, ${row.action})`),
    sql`, `,
  );
  return tx
    .select()
    .from(schedules)
    .where(sql`(${schedules.articleId}, ${schedules.locale}, ${schedules.action}) in (${keys})`)
    .orderBy(schedules.at);
}
