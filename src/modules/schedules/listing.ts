// Answers lists of schedules, soonest first: the desk's, and that of embargoed stories; a page, and links bound to its filters.
import { type SQL, sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import { Problem } from '../../errors.ts';
import { linksOf, turnPage, walkFrom } from '../../paging.ts';
import type { ScheduleKey, ScheduleRow } from './queries.ts';
import type { Schedule } from './schemas.ts';

/** As the desk sees them, without what lies in the trash. */
const SCHEDULES =
  sql.raw(`json_build_object('articleId', s.article_id, 'locale', s.locale, 'title', d.title, 'action', s.action,
    'at', ${iso('s.at')}, 'draftVersion', s.draft_version, 'updateType', s.update_type, 'embargoed', s.embargoed, 'removal', s.removal,
    'resumeStatus', s.resume_status, 'version', s.version, 'createdAt', ${iso('s.created_at')}, 'failedAt', ${iso('s.failed_at')},
    'failure', s.failure) as schedule
  from schedules s join drafts d on d.article_id = s.article_id and d.locale = s.locale
  join articles a on a.id = s.article_id and a.deleted_at is null`);

export async function listSchedulesOf(db: Db, articleId: string, only?: ScheduleRow['action']): Promise<Schedule[]> {
  const { rows } = await db.execute<{ schedule: Schedule }>(sql`
    select ${SCHEDULES} where s.article_id = ${articleId} and s.action = coalesce(${only ?? null}, s.action)
    order by s.at, s.locale, s.action`);
  return rows.map(({ schedule }) => schedule);
}

/** @throws Problem not_found */
export async function getSchedule(db: Db, { articleId, locale, action }: ScheduleKey): Promise<Schedule> {
  const found = (await listSchedulesOf(db, articleId, action)).find((schedule) => schedule.locale === locale);
  if (!found) throw new Problem('not_found');
  return found;
}

export interface ScheduleFilter {
  from?: string | undefined;
  to?: string | undefined;
  locale: string | null;
  action?: ScheduleRow['action'] | undefined;
  failed?: boolean | undefined;
  embargoed?: boolean;
}

export async function listSchedules(
  app: FastifyInstance,
  db: Db,
  filter: ScheduleFilter,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
  url: string,
) {
  const scope = JSON.stringify(['schedules', Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scope, cursor);
  const conditions: SQL[] = [sql`true`];
  if (filter.from) conditions.push(sql`s.at >= ${filter.from}::timestamptz`);
  if (filter.to) conditions.push(sql`s.at < ${filter.to}::timestamptz`);
  if (filter.locale) conditions.push(sql`s.locale = ${filter.locale}`);
  if (filter.action) conditions.push(sql`s.action = ${filter.action}`);
  if (filter.failed !== undefined)
    conditions.push(filter.failed ? sql`s.failed_at is not null` : sql`s.failed_at is null`);
  if (filter.embargoed !== undefined) conditions.push(sql`s.embargoed = ${filter.embargoed}`);
  const order = walk.backward ? sql`desc` : sql`asc`;
  if (walk.after) {
    const [at, place] = walk.after;
    const [id = '', locale = '', action = ''] = place.split('/');
    const beyond = walk.backward ? sql`<` : sql`>`;
    conditions.push(
      sql`(s.at, s.article_id, s.locale, s.action) ${beyond} (${new Date(Number(at))}::timestamptz, ${id}::uuid, ${locale}, ${action})`,
    );
  }
  const { rows } = await db.execute<{ schedule: Schedule }>(sql`
    select ${SCHEDULES} where ${sql.join(conditions, sql` and `)}
    order by s.at ${order}, s.article_id ${order}, s.locale ${order}, s.action ${order} limit ${limit + 1}`);
  const { page, turned } = turnPage(rows, walk, limit, ({ schedule: { at, articleId, locale, action } }) => [
    Date.parse(at),
    `${articleId}/${locale}/${action}`,
  ]);
  return { page: page.map(({ schedule }) => schedule), links: linksOf(cursors, url, walk, turned) };
}
