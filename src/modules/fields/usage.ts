// What stories hold of a custom field, in drafts, in public and in the trash: what a change of its definition has to agree with. It
// changes nothing.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { Field } from './schemas.ts';

export interface Stories {
  count: number;
  /** Of at most twenty. */
  ids: string[];
}
const SHOWN = 20;

async function tell(db: Db, stories: SQL): Promise<Stories> {
  const { rows } = await db.execute<{ count: number; ids: string[] | null }>(sql`
    select count(*)::int as count, (array_agg(id::text order by id))[1:${sql.raw(String(SHOWN))}] as ids from (${stories}) x`);
  return { count: rows[0]?.count ?? 0, ids: rows[0]?.ids ?? [] };
}

/** What is public can differ from the draft it came from, so both are asked; each by its index (`?`, GIN). */
const holding = (key: string, and: (value: SQL, kind: SQL) => SQL) => sql`
  select a.id from articles a where a.extra <> '{}' and a.extra ? ${key} and ${and(sql`a.extra ->> ${key}`, sql`a.kind`)}
  union select a.id from drafts d join articles a on a.id = d.article_id
    where d.extra <> '{}' and d.extra ? ${key} and ${and(sql`d.extra ->> ${key}`, sql`a.kind`)}
  union select p.article_id from published_articles p where p.snapshot -> 'extra' is not null and p.snapshot -> 'extra' ? ${key}
    and ${and(sql`p.snapshot -> 'extra' ->> ${key}`, sql`p.kind`)}`;

export const findHolding = (db: Db, { key }: Pick<Field, 'key'>): Promise<Stories> =>
  tell(
    db,
    holding(key, () => sql`true`),
  );

/** Stories that hold one of these values. */
export const findHoldingAny = (db: Db, { key }: Pick<Field, 'key'>, values: string[]): Promise<Stories> =>
  tell(
    db,
    holding(key, (value) => sql`${value} = any(${sql.param(values)}::text[])`),
  );

/** Stories that hold a value and are of none of these kinds. */
export const findHoldingBeyond = (db: Db, { key, kinds }: Pick<Field, 'key' | 'kinds'>): Promise<Stories> =>
  tell(
    db,
    holding(key, (_, kind) => sql`${kind} <> all(${sql.param(kinds)}::text[])`),
  );

/** Stories that are public, or scheduled to be, without a value in the working copy or in what readers see. */
export function findLacking(db: Db, { key, kinds, localised, public: isPublic }: Field): Promise<Stories> {
  const value = localised ? sql`d.extra -> ${key}` : sql`a.extra -> ${key}`;
  const live = isPublic
    ? sql`or exists (select from published_articles p where p.article_id = d.article_id and p.locale = d.locale
        and p.snapshot -> 'extra' -> ${key} is null)`
    : sql``;
  return tell(
    db,
    sql`select distinct a.id from drafts d join articles a on a.id = d.article_id
      where a.deleted_at is null and (d.published_version is not null or d.status = 'scheduled')
        and (${sql.param(kinds)}::text[] = '{}' or a.kind = any(${sql.param(kinds)}::text[]))
        and (${value} is null ${live})`,
  );
}
