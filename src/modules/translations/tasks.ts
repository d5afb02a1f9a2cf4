// SQL of what waits for whom: drafts in review, approved, assigned, and translations that are missing or behind. It decides nothing
// about scopes but who may take up what nobody is assigned to.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Actor } from '../access/queries.ts';
import type { Scope } from '../access/scopes.ts';
import { AT_WORK, IN_REGION, OUTDATED_SINCE, within } from './queries.ts';
import type { Task, TaskType } from './schemas.ts';

/** What one needs to take up a task that is assigned to nobody; what is to be written is always assigned. */
const NEEDED: Partial<Record<TaskType, Scope>> = {
  review: 'articles:review',
  publish: 'articles:publish',
  translate: 'articles:write',
  update: 'articles:write',
};

interface Source {
  from: string;
  where: string;
  id: string;
  locale: string;
  assignee: string;
  title: string;
  since: string;
}
const OF_DRAFT: Omit<Source, 'where'> = {
  from: 'drafts d join articles a on a.id = d.article_id',
  id: 'd.article_id',
  locale: 'd.locale',
  assignee: 'd.assignee_id',
  title: 'd.title',
  since: 'd.status_since',
};
const ORIGINAL = 'drafts o where o.article_id = a.id and o.locale = a.original_locale';
const SOURCES: Record<TaskType, Source> = {
  review: { ...OF_DRAFT, where: "d.status = 'in_review'" },
  publish: { ...OF_DRAFT, where: "d.status = 'approved'" },
  write: {
    ...OF_DRAFT,
    where: `d.assignee_id is not null and not d.is_behind
      and (d.status = 'draft' or (d.status = 'published' and d.version <> d.published_version))`,
  },
  update: {
    ...OF_DRAFT,
    from: `${OF_DRAFT.from} join drafts o on o.article_id = a.id and o.locale = a.original_locale`,
    where: `d.is_behind and ${AT_WORK('d')} and ${AT_WORK('o')}`,
    since: OUTDATED_SINCE,
  },
  // The original is looked up for what is missing alone. Joined to stories, or asked for without naming a language, the planner has all
  // originals read before it looks what their stories lack.
  translate: {
    from: 'articles a cross join locales l',
    where: `l.tag <> all(a.draft_locales) and (select ${AT_WORK('o')} from ${ORIGINAL} and o.locale <> l.tag)`,
    id: 'a.id',
    locale: 'l.tag',
    assignee: 'null::uuid',
    title: `(select o.title from ${ORIGINAL})`,
    since: `(select o.created_at from ${ORIGINAL})`,
  },
};

export interface TaskFilter {
  actor: Actor;
  for: 'me' | 'anyone';
  types: readonly TaskType[];
}
export interface TaskPage {
  after: { articleId: string; locale: string; type: string } | null;
  backward: boolean;
  limit: number;
}

/**
 * Newest story first. Each type has its own way through the tables, and each stops at the limit, so that what is long (translations
 * of an old archive) is not sorted whole for what is short (reviews). For one who has nothing to do, 20,000 stories are passed over in
 * 25 ms; where their drafts were looked at, which are 60,000, it was 350.
 * @returns one more than the limit where there are more; in reverse when backward
 */
export async function listTasks(db: Db, filter: TaskFilter, page: TaskPage): Promise<Task[]> {
  const { actor, types } = filter;
  const order = sql.raw(page.backward ? 'asc' : 'desc');
  const parts = types.map((type) => {
    const { from, where, id, locale, assignee, title, since } = SOURCES[type];
    const conditions = [sql.raw(where), sql`a.deleted_at is null`, isOffered(filter, type), ...beyond(page, type)];
    return sql`(select a.id, ${sql.raw(locale)} as locale, ${type}::text as type, a.kind, a.original_locale, ${sql.raw(title)} as title,
        ${sql.raw(since)} as since, ${sql.raw(assignee)} as assignee
      from ${sql.raw(from)} where ${sql.join(conditions, sql` and `)}
      order by ${sql.raw(id)} ${order}, ${sql.raw(locale)} ${order} limit ${page.limit + 1})`;
  });
  const { rows } = await db.execute<{ task: Task }>(sql`
    with recursive ${within(actor.regionIds ?? [])}
    select json_build_object('type', t.type, 'articleId', t.id, 'locale', t.locale, 'kind', t.kind, 'originalLocale', t.original_locale,
      'title', t.title, 'waitingSince', ${sql.raw(iso('t.since'))},
      'assignee', case when u.id is not null then json_build_object('id', u.id, 'name', u.name) end) as task
    from (${sql.join(parts, sql` union all `)}) t left join users u on u.id = t.assignee
    order by t.id ${order}, t.locale ${order}, t.type ${order} limit ${page.limit + 1}`);
  return rows.map(({ task }) => task);
}

/** The story alone as well: no index serves the comparison of a row that two tables make. */
function beyond({ after, backward }: TaskPage, type: TaskType): SQL[] {
  if (!after) return [];
  const sign = backward ? '>' : '<';
  const { id, locale } = SOURCES[type];
  return [
    sql`${sql.raw(`${id} ${sign}=`)} ${after.articleId}::uuid`,
    sql`(${sql.raw(`${id}, ${locale}`)}, ${type}::text) ${sql.raw(sign)} (${after.articleId}::uuid, ${after.locale}::text, ${after.type}::text)`,
  ];
}

/** Whether the task waits for the actor, or for anybody within the actor's reach. */
function isOffered({ actor, for: whom }: TaskFilter, type: TaskType): SQL {
  const { locale, assignee } = SOURCES[type];
  const isMine = sql`${sql.raw(assignee)} = ${actor.userId}::uuid`;
  const isReached = sql.join(
    [
      sql`true`,
      ...(actor.locales ? [sql`${sql.raw(locale)} = any(${sql.param([...actor.locales])}::text[])`] : []),
      ...(actor.regionIds ? [sql.raw(IN_REGION)] : []),
      ...(actor.ownOnly ? [sql`a.created_by = ${actor.userId}::uuid`] : []),
    ],
    sql` and `,
  );
  if (whom === 'anyone') return sql`(${isMine} or (${isReached}))`;
  const needed = NEEDED[type];
  if (!needed || !actor.scopes.has(needed)) return isMine;
  return sql`(${isMine} or (${sql.raw(assignee)} is null and ${isReached}))`;
}
