// SQL of terms as the desk sees and writes them; for all three nouns. It checks no rule.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { Uses } from '../../db/uses.ts';
import { UUID_ALONE } from '../../patterns.ts';
import type { DeskTerm, Noun, TermText } from './noun.ts';

const deskJson = (noun: Noun) =>
  sql.raw(`(select row_to_json(o) from (select t.id, t.key, ${noun.members.map(({ name, sql }) => `${sql} as "${name}", `).join('')} t.position,
    (select coalesce(json_object_agg(x.locale, json_build_object('name', x.name, 'slug', x.slug, 'tagline', x.tagline) order by l.position, l.tag), '{}')
      from ${noun.sql.texts} x join locales l on l.tag = x.locale where x.term_id = t.id) as texts,
    t.version, ${iso('t.created_at')} as "createdAt", ${iso('t.updated_at')} as "updatedAt") o)`);
const table = (noun: Noun) => sql.identifier(noun.sql.table);
const links = (noun: Noun) => sql.identifier(noun.sql.links);
const texts = (noun: Noun) => sql.identifier(noun.sql.texts);

/** By the index of either: an id that is made a text to be compared is read of every term. */
export async function findDeskTerm(db: Db, noun: Noun, keyOrId: string): Promise<DeskTerm | null> {
  const { rows } = await db.execute<{ term: DeskTerm }>(sql`
    select ${deskJson(noun)} as term from ${table(noun)} t
    where t.key = ${keyOrId} or t.id = case when ${keyOrId} ~ ${UUID_ALONE} then ${keyOrId}::text::uuid end
    order by t.key = ${keyOrId} desc limit 1`);
  return rows[0]?.term ?? null;
}

export interface DeskPage {
  after: [number, string] | null;
  backward: boolean;
  limit: number;
}
/** In order of position and key. @returns one more than the limit where there are more; in reverse when backward */
export async function listDeskTerms(db: Db, noun: Noun, { after, backward, limit }: DeskPage): Promise<DeskTerm[]> {
  const [direction, beyond] = backward ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const { rows } = await db.execute<{ term: DeskTerm }>(sql`
    select ${deskJson(noun)} as term from ${table(noun)} t
    ${after ? sql`where (t.position, t.key) ${beyond} (${after[0]}::int, ${after[1]})` : sql``}
    order by t.position ${direction}, t.key ${direction} limit ${limit + 1}`);
  return rows.map(({ term }) => term);
}

/** Locks the row until the transaction ends. Not against new references to it: those only need that its id stays. */
export async function lockTerm(tx: Db, noun: Noun, id: string): Promise<void> {
  await tx.execute(sql`select from ${table(noun)} where id = ${id} for no key update`);
}

const names = (columns: Record<string, SQL>) => Object.keys(columns).map((name) => sql.identifier(name));

export async function insertTerm(tx: Db, noun: Noun, columns: Record<string, SQL>): Promise<void> {
  await tx.execute(sql`
    insert into ${table(noun)} (${sql.join(names(columns), sql`, `)}) values (${sql.join(Object.values(columns), sql`, `)})`);
}

export async function updateTerm(tx: Db, noun: Noun, id: string, columns: Record<string, SQL>): Promise<void> {
  const sets = Object.entries(columns).map(([name, value]) => sql`${sql.identifier(name)} = ${value}, `);
  await tx.execute(sql`
    update ${table(noun)} set ${sql.join(sets)} version = version + 1, updated_at = now() where id = ${id}`);
}

export async function upsertText(
  tx: Db,
  noun: Noun,
  id: string,
  locale: string,
  { name, slug, tagline }: TermText,
): Promise<void> {
  await tx.execute(sql`
    insert into ${texts(noun)} (term_id, locale, name, slug, tagline) values (${id}, ${locale}, ${name}, ${slug}, ${tagline})
    on conflict (term_id, locale) do update set name = excluded.name, slug = excluded.slug, tagline = excluded.tagline`);
}

export async function deleteText(tx: Db, noun: Noun, id: string, locale: string): Promise<void> {
  await tx.execute(sql`delete from ${texts(noun)} where term_id = ${id} and locale = ${locale}`);
}

/** @returns the slugs of others in this locale that are `slug`, or `slug` and a number */
export async function listSlugsLike(
  tx: Db,
  noun: Noun,
  locale: string,
  slug: string,
  exceptId: string,
): Promise<Set<string>> {
  const { rows } = await tx.execute<{ slug: string }>(sql`
    select slug from ${texts(noun)} where locale = ${locale} and term_id <> ${exceptId}
      and (slug = ${slug} or (starts_with(slug, ${`${slug}-`}) and substr(slug, ${[...slug].length + 2}::int) ~ '^[0-9]+$'))`);
  return new Set(rows.map((row) => row.slug));
}

/** In order of id, as everybody locks stories; before the term, since who changes a story holds it when they name the term. */
export async function lockArticlesOf(tx: Db, noun: Noun, id: string): Promise<void> {
  await tx.execute(sql`
    select from articles where id in (select article_id from ${links(noun)} where term_id = ${id}) order by id for update`);
}

/** Against new references, too: it is about to go. */
export async function lockTermForGood(tx: Db, noun: Noun, id: string): Promise<void> {
  await tx.execute(sql`select from ${table(noun)} where id = ${id} for update`);
}

/**
 * Stories that named the first name the second, once, at the place of its own where they named both.
 * @param holding stories that were changed by the merge already
 * @returns the ids of all of them
 */
export async function moveLinks(
  tx: Db,
  noun: Noun,
  from: string,
  into: string,
  holding: string[] = [],
): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    update articles set version = version + 1 where id in (
      select article_id from ${links(noun)} where term_id = ${from} union select unnest(${sql.param(holding)}::uuid[]))
    returning id`);
  await tx.execute(sql`
    delete from ${links(noun)} x using ${links(noun)} y
    where x.term_id = ${from} and y.term_id = ${into} and y.article_id = x.article_id`);
  await tx.execute(sql`update ${links(noun)} set term_id = ${into} where term_id = ${from}`);
  return rows.map(({ id }) => id);
}

/** What was withdrawn under the first is told of to whoever follows the second. */
export async function markTombstones(tx: Db, noun: Noun, from: string, into: string): Promise<void> {
  const column = sql.identifier(noun.sql.published);
  await tx.execute(sql`
    update tombstones set ${column} = array_append(${column}, ${into}::uuid) where ${column} @> array[${from}::uuid]`);
}

/** Texts in languages that the second lacks. @param kept the languages that it has */
export async function moveTexts(tx: Db, noun: Noun, from: string, into: string, kept: string[]): Promise<void> {
  await tx.execute(sql`
    update ${texts(noun)} set term_id = ${into} where term_id = ${from} and locale <> all(${sql.param(kept)}::text[])`);
}

/** What names the term: stories, published or not, also by what was merged into it until the job has been there, and what its noun knows of. */
export function usesOf(noun: Noun, id: string, key: string): Uses {
  const { stories, ...others } = noun.usesOf(id, key);
  return {
    stories: sql`
      select from ${links(noun)} where term_id = ${id} ${stories ? sql`union all ${stories}` : sql``}
      union all select from published_articles where ${sql.identifier(noun.sql.published)} && (
        select array_agg(id) from (select ${id}::uuid as id union select name::uuid from term_redirects
          where noun = ${noun.name} and locale = '' and term_id = ${id} and name ~ ${UUID_ALONE}) ids)`,
    ...others,
  };
}

export async function deleteTerm(tx: Db, noun: Noun, id: string): Promise<void> {
  await tx.execute(sql`delete from ${table(noun)} where id = ${id}`);
}
