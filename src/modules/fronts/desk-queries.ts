// SQL of fronts as the desk reads and writes them, and of what their slots name. It checks no rule.
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Actor } from '../access/queries.ts';
import { doerJson } from '../audit/queries.ts';
import { CONTRIBUTOR, REGION, TAG, termIdOf } from '../taxonomy/naming.ts';
import { contentAfter, type DueChange } from './content.ts';
import { dueJson } from './queries.ts';
import type { DeskFront, FrontChange, FrontContent, Slot } from './schemas.ts';

// The time of the transaction, so that all its statements agree on what is due. It is later than whatever its sender has seen.
const NOW = 'now()';
const changeJson = (
  member: 'slot' | 'front',
) => `json_build_object('id', c.id, 'at', ${iso('c.at')}, '${member}', c.content,
    'createdAt', ${iso('c.created_at')}, 'createdBy', ${doerJson('c')})`;
const CHANGES = `(select coalesce(json_agg(case when c.slot is null then ${changeJson('front')} else ${changeJson('slot')} end
    order by c.at, c.id), '[]') from front_changes c where c.front_id = f.id and c.at > ${NOW})`;
const FRONT = sql.raw(`json_build_object('id', f.id, 'slug', f.slug, 'title', f.title, 'description', f.description,
  'public', f.public, 'position', f.position, 'slots', f.slots, 'changes', ${CHANGES}, 'version', f.version,
  'createdAt', ${iso('f.created_at')}, 'updatedAt', ${iso('f.updated_at')})`);

/** @returns what each holds now: changes that are due count as made, and each as a version of its own */
async function select(db: Db, which: SQL): Promise<DeskFront[]> {
  const { rows } = await db.execute<{ front: DeskFront; due: DueChange[] }>(
    sql`select ${FRONT} as front, ${sql.raw(dueJson(NOW))} as due from fronts f ${which} order by f.position, f.slug`,
  );
  return rows.map(({ front, due }) => ({
    ...front,
    ...contentOf(contentAfter(front, due)),
    version: front.version + due.length,
  }));
}

const contentOf = ({ title, description, slots }: FrontContent): FrontContent => ({ title, description, slots });

export const listDeskFronts = (db: Db): Promise<DeskFront[]> => select(db, sql``);
export async function findDeskFront(db: Db, slug: string): Promise<DeskFront | null> {
  const [front] = await select(db, sql`where f.slug = ${slug}`);
  return front ?? null;
}
export async function lockFront(tx: Db, slug: string): Promise<void> {
  await tx.execute(sql`select from fronts where slug = ${slug} for update`);
}
/** One writer at a time of what there is of fronts at all, so that they can be counted. */
export async function lockFronts(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${0x66726f6e})`);
}

type Columns = FrontContent & Pick<DeskFront, 'id' | 'slug' | 'public' | 'position'>;
const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;

export async function insertFront(tx: Db, front: Columns): Promise<void> {
  await tx.execute(sql`
    insert into fronts (id, slug, public, position, title, description, slots)
    values (${front.id}, ${front.slug}, ${front.public}, ${front.position}, ${json(front.title)}, ${json(front.description)}, ${json(front.slots)})`);
}

/**
 * Writes what the front holds now, and forgets the changes that it holds already.
 * @param version the new one
 */
export async function updateFront(tx: Db, front: Columns & { version: number }): Promise<void> {
  await tx.execute(sql`delete from front_changes where front_id = ${front.id} and at <= ${sql.raw(NOW)}`);
  await tx.execute(sql`
    update fronts set public = ${front.public}, position = ${front.position}, title = ${json(front.title)},
      description = ${json(front.description)}, slots = ${json(front.slots)}, version = ${front.version}, updated_at = now(),
      changes_at = array(select at from front_changes where front_id = ${front.id} order by at)
    where id = ${front.id}`);
}

export async function deleteFront(tx: Db, id: string): Promise<void> {
  await tx.execute(sql`delete from fronts where id = ${id}`);
}

export async function insertChange(
  tx: Db,
  { keyId, userId }: Actor,
  frontId: string,
  { at, slot, content }: { at: string; slot: string | null; content: Slot | Partial<FrontContent> },
): Promise<void> {
  await tx.execute(sql`
    insert into front_changes (id, front_id, at, slot, content, user_id, key_id)
    values (${uuidv7()}, ${frontId}, ${at}::timestamptz, ${slot}, ${json(content)}, ${userId}, ${keyId})`);
}
export async function deleteChange(tx: Db, id: FrontChange['id']): Promise<void> {
  await tx.execute(sql`delete from front_changes where id = ${id}`);
}

export interface TermNames {
  region: string[];
  tag: string[];
  contributor: string[];
}
type Keys = Record<keyof TermNames, Record<string, string>>;
/** @returns for each name, a key or an id, the key of the term; absent where there is none such */
export async function findTermKeys(db: Db, names: TermNames): Promise<Record<keyof TermNames, Map<string, string>>> {
  const keysOf = (named: typeof REGION, given: string[]) => sql`(select json_object_agg(given, t.key)
    from (select given, ${sql.raw(termIdOf(named, 'given'))} as id from unnest(${sql.param(given)}::text[]) given) g
    join ${sql.identifier(named.table)} t on t.id = g.id)`;
  const { rows } = await db.execute<Keys>(sql`
    select ${keysOf(REGION, names.region)} as region, ${keysOf(TAG, names.tag)} as tag, ${keysOf(CONTRIBUTOR, names.contributor)} as contributor`);
  const mapOf = (name: keyof TermNames) => new Map(Object.entries(rows[0]?.[name] ?? {}));
  return { region: mapOf('region'), tag: mapOf('tag'), contributor: mapOf('contributor') };
}

/** @returns for each of the stories that there is, trash left out, the languages in which it is public */
export async function listPublicLocales(db: Db, ids: readonly string[]): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.execute<{ id: string; locales: string[] }>(sql`
    select a.id, array(select p.locale from published_articles p where p.article_id = a.id) as locales
    from articles a where a.id = any(${sql.param([...new Set(ids)])}::uuid[]) and a.deleted_at is null`);
  return new Map(rows.map(({ id, locales }) => [id, locales]));
}

/** Milliseconds since 1970, by the clock that decides what is due. */
export async function getNow(db: Db): Promise<number> {
  const { rows } = await db.execute<{ now: number }>(
    sql`select floor(extract(epoch from ${sql.raw(NOW)}) * 1000)::float8 as now`,
  );
  return rows[0]?.now ?? 0;
}
