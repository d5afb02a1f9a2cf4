// SQL of comments; those of a story in the trash are found by none of it. It checks no rule.
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Actor } from '../access/queries.ts';
import type { Comment } from './schemas.ts';
import { comments } from './tables.ts';

/** Of comment `c` and `p`, what it answers: an answer is as open as its thread. */
const COMMENT_JSON =
  sql.raw(`json_build_object('id', c.id, 'articleId', c.article_id, 'locale', c.locale, 'parent', c.parent_id,
  'pointer', c.pointer, 'text', c.text, 'author', case when coalesce(c.user_id, c.key_id) is not null then json_build_object(
    'type', case when c.user_id is null then 'key' else 'person' end, 'id', coalesce(c.user_id, c.key_id), 'name', c.author_name) end,
  'isResolved', coalesce(p.resolved_at, c.resolved_at) is not null, 'resolvedAt', ${iso('coalesce(p.resolved_at, c.resolved_at)')},
  'resolvedBy', coalesce(p.resolved_by, c.resolved_by), 'version', c.version, 'createdAt', ${iso('c.created_at')},
  'updatedAt', ${iso('c.updated_at')})`);
const FROM = sql.raw(`from comments c left join comments p on p.id = c.parent_id
  join articles a on a.id = c.article_id and a.deleted_at is null`);

export interface CommentFilter {
  articleId: string;
  locale: string | undefined;
  resolved: boolean | undefined;
}
export interface CommentPage {
  /** Milliseconds since 1970 and id of the comment to go on behind. */
  after: [at: number, id: string] | null;
  backward: boolean;
  limit: number;
}
/** Oldest first. @returns one more than the limit where there are more; in reverse when backward */
export async function listComments(
  db: Db,
  { articleId, locale, resolved }: CommentFilter,
  { after, backward, limit }: CommentPage,
): Promise<Comment[]> {
  const [direction, beyond] = backward ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const conditions: SQL[] = [
    sql`c.article_id = ${articleId}`,
    ...(locale === undefined ? [] : [sql`c.locale = ${locale}`]),
    ...(resolved === undefined ? [] : [sql`(coalesce(p.resolved_at, c.resolved_at) is not null) = ${resolved}`]),
    ...(after ? [sql`(c.created_at, c.id) ${beyond} (${new Date(after[0])}, ${after[1]}::uuid)`] : []),
  ];
  const { rows } = await db.execute<{ comment: Comment }>(sql`
    select ${COMMENT_JSON} as comment ${FROM} where ${sql.join(conditions, sql` and `)}
    order by c.created_at ${direction}, c.id ${direction} limit ${limit + 1}`);
  return rows.map(({ comment }) => comment);
}

export async function findComment(db: Db, id: string): Promise<Comment | null> {
  const { rows } = await db.execute<{ comment: Comment }>(
    sql`select ${COMMENT_JSON} as comment ${FROM} where c.id = ${id}`,
  );
  return rows[0]?.comment ?? null;
}

/** Locks it until the transaction ends. */
export async function findCommentForUpdate(tx: Db, id: string): Promise<Comment | null> {
  await tx.execute(sql`select from comments where id = ${id} for update`);
  return findComment(tx, id);
}

export interface NewComment {
  articleId: string;
  locale: string | null;
  parentId: string | null;
  pointer: string | null;
  text: string;
}
/** @returns its id */
export async function insertComment(tx: Db, { userId, keyId, name }: Actor, comment: NewComment): Promise<string> {
  const id = uuidv7();
  await tx.insert(comments).values({ ...comment, id, userId, keyId, authorName: name });
  return id;
}

export async function updateText(tx: Db, id: string, text: string): Promise<void> {
  await tx.execute(sql`
    update comments set text = ${text}, version = version + 1, updated_at = now() where id = ${id}`);
}

/** @param by who resolved it; null opens it again */
export async function updateResolved(tx: Db, id: string, by: string | null): Promise<void> {
  await tx.execute(sql`
    update comments set resolved_at = ${by === null ? sql`null` : sql`now()`}, resolved_by = ${by}, version = version + 1
    where id = ${id}`);
}

/** Whether somebody else has answered it. */
export async function hasAnswerOfOthers(tx: Db, id: string, { userId, keyId }: Actor): Promise<boolean> {
  const { rows } = await tx.execute<{ found: boolean }>(sql`
    select exists (select from comments where parent_id = ${id}
      and (user_id, key_id) is distinct from (${userId}::uuid, ${keyId}::uuid)) as found`);
  return rows[0]?.found ?? false;
}

/** With its answers, which the foreign key takes along. */
export async function deleteComment(tx: Db, id: string): Promise<void> {
  await tx.execute(sql`delete from comments where id = ${id}`);
}
