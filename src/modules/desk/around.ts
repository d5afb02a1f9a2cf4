// What an editor puts around a story: which ones are read beside it, and which one it carries on. Links of the second kind never run in
// a circle, neither on the desk nor in public, however many are set at once.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail, unknownReference } from '../../errors.ts';

/** Held while a link is checked and set: two that would close a circle together see each other. */
const LOCK = 0x666f6c6c;

export interface GivenAround {
  related?: string[] | undefined;
  follows?: string | null | undefined;
}
/** Absent where it was not given. */
export interface AroundIds {
  relatedIds?: string[];
  followsId?: string | null;
}

/** @param id of the story itself; null for one that is being made. @throws Problem unknown_reference or validation_failed, with pointers */
export async function resolveAround(db: Db, id: string | null, given: GivenAround): Promise<AroundIds> {
  const related = given.related?.map((one) => one.toLowerCase());
  const follows = given.follows === null ? null : given.follows?.toLowerCase();
  const named = [...(related ?? []), ...(follows ? [follows] : [])];
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from articles where id = any(${sql.param(named)}::uuid[]) and deleted_at is null`,
  );
  const there = new Set(rows.map((row) => row.id));
  const wrong = (one: string, pointer: string): ProblemDetail[] => {
    if (one === id?.toLowerCase()) return [{ pointer, code: 'self', message: 'is the story itself' }];
    return there.has(one) ? [] : [{ pointer, code: 'unknown', message: `${one} does not exist` }];
  };
  const errors = [
    ...(related ?? []).flatMap((one, at) => {
      const pointer = `/related/${at}`;
      if ((related ?? []).indexOf(one) < at) return [{ pointer, code: 'duplicate', message: 'stands there twice' }];
      return wrong(one, pointer);
    }),
    ...(follows ? wrong(follows, '/follows') : []),
  ];
  if (errors.length > 0)
    throw new Problem(errors.every(({ code }) => code === 'unknown') ? 'unknown_reference' : 'validation_failed', {
      errors,
    });
  return { ...(related && { relatedIds: related }), ...(follows !== undefined && { followsId: follows }) };
}

/**
 * To be called before the story is locked: all that links join are locked in one order, so that none is erased before the links are there.
 * @param id null for a story that is being made
 * @throws Problem unknown_reference for what was erased since it was looked for
 */
export async function lockEnds(tx: Db, id: string | null, { relatedIds = [], followsId }: AroundIds): Promise<void> {
  const ends = [...relatedIds, ...(followsId ? [followsId] : [])];
  if (ends.length === 0) return;
  const { rows } = await tx.execute<{ id: string }>(
    sql`select id from articles where id = any(${sql.param(id ? [id, ...ends] : ends)}::uuid[]) order by id for update`,
  );
  const there = new Set(rows.map((row) => row.id));
  const gone = relatedIds.findIndex((one) => !there.has(one));
  if (gone >= 0) throw unknownReference({ pointer: `/related/${gone}` }, `${relatedIds[gone]} does not exist`);
}

/** To be called with the story locked, before the link is written. @throws Problem validation_failed for a link that closes a circle */
export async function checkFollows(tx: Db, id: string, followsId: string | null | undefined): Promise<void> {
  if (!followsId) return;
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
  const { rows } = await tx.execute(sql`
    with recursive up as (
      select ${followsId}::uuid as id
      union select a.follows_id from up join articles a on a.id = up.id where a.follows_id is not null
    ) select from up where id = ${id}::uuid`);
  if (rows.length > 0) throw invalid({ pointer: '/follows' }, 'follows this story itself, or through others', 'circle');
}

/** What readers see of it goes out with the story: the choice in the language that is published, the link for all of them. */
export async function publishAround(tx: Db, stories: readonly { articleId: string; locale: string }[]): Promise<void> {
  const pairs = JSON.stringify(stories.map(({ articleId, locale }) => ({ articleId, locale })));
  await tx.execute(sql`
    update published_articles p set related_ids = a.related_ids
    from json_to_recordset(${pairs}::json) as x("articleId" uuid, locale text) join articles a on a.id = x."articleId"
    where p.article_id = x."articleId" and p.locale = x.locale and p.related_ids <> a.related_ids`);
  const ids = sql`${sql.param([...new Set(stories.map(({ articleId }) => articleId))])}::uuid[]`;
  const differing = sql`
    select a.id, a.follows_id from articles a left join developments d on d.article_id = a.id
    where a.id = any(${ids}) and a.follows_id is distinct from d.follows_id`;
  const { rows } = await tx.execute<{ id: string; follows_id: string | null }>(differing);
  if (rows.length === 0) return;
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
  // A public link further up may be one that the desk has given up and not published yet. Together with the new ones it could close
  // a circle; without it, what is left of the way up is as the desk has it, where there is none.
  await tx.execute(sql`
    with recursive up as (
      select a.follows_id as id from articles a where a.id = any(${ids}) and a.follows_id is not null
      union select d.follows_id from up join developments d on d.article_id = up.id
    )
    delete from developments d using articles a
    where a.id = d.article_id and d.article_id in (select id from up) and a.follows_id is distinct from d.follows_id`);
  await tx.execute(sql`
    delete from developments d using articles a where a.id = d.article_id and a.id = any(${ids}) and a.follows_id is null`);
  await tx.execute(sql`
    insert into developments (article_id, follows_id)
    select id, follows_id from articles where id = any(${ids}) and follows_id is not null
    on conflict (article_id) do update set follows_id = excluded.follows_id where developments.follows_id <> excluded.follows_id`);
}
