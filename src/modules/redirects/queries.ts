// SQL of redirects: what editors list and change, and what a path leads to for readers. It checks no rule.
import { eq, inArray, or, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import type { Kind } from '../articles/kinds.ts';
import { BURIED } from '../articles/queries.ts';
import { publishedArticles } from '../articles/tables.ts';
import { localeChain } from '../site/fallback.ts';
import { bestLocale } from '../taxonomy/queries.ts';
import type { Place } from './placing.ts';
import { pathRedirects } from './tables.ts';

export type RedirectRow = typeof pathRedirects.$inferSelect;

/** One writer at a time: a chain is made of rows that are not written yet. */
export async function lockRedirects(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${0x70617468})`);
}

export async function findRedirect(db: Db, id: string): Promise<RedirectRow | null> {
  const [row] = await db.select().from(pathRedirects).where(eq(pathRedirects.id, id));
  return row ?? null;
}

export async function listByIds(db: Db, ids: string[]): Promise<RedirectRow[]> {
  return db.select().from(pathRedirects).where(inArray(pathRedirects.id, ids));
}

/** Those of the paths, and those that lead to one of them. */
export async function listAround(db: Db, paths: string[]): Promise<RedirectRow[]> {
  return db
    .select()
    .from(pathRedirects)
    .where(or(inArray(pathRedirects.path, paths), inArray(pathRedirects.target, paths)));
}

export interface RedirectPage {
  prefix: string | null;
  /** Milliseconds since 1970 and id of the row to go on behind. */
  after: [at: number, id: string] | null;
  forward: boolean;
  limit: number;
}
/** Last changed first. @returns one more than the limit where there are more */
export async function listRedirects(db: Db, { prefix, after, forward, limit }: RedirectPage): Promise<RedirectRow[]> {
  const [order, beyond] = forward ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const { updatedAt, id, path } = pathRedirects;
  return db
    .select()
    .from(pathRedirects)
    .where(
      sql`(${prefix}::text is null or starts_with(${path}, ${prefix}))
        ${after ? sql`and (${updatedAt}, ${id}) ${beyond} (${new Date(after[0]).toISOString()}::timestamptz, ${after[1]}::uuid)` : sql``}`,
    )
    .orderBy(sql`${updatedAt} ${order}, ${id} ${order}`)
    .limit(limit + 1);
}

export async function insertRedirects(tx: Db, places: Place[]): Promise<void> {
  if (places.length > 0) await tx.insert(pathRedirects).values(places);
}

export async function updateRedirects(tx: Db, places: Place[]): Promise<void> {
  if (places.length === 0) return;
  await tx.execute(sql`
    update path_redirects r set path = x.path, target = x.target, article_id = x."articleId", locale = x.locale, status = x.status,
      version = r.version + 1, updated_at = now()
    from json_to_recordset(${JSON.stringify(places)}::json)
      as x(id uuid, path text, target text, "articleId" uuid, locale text, status smallint) where r.id = x.id`);
}

export async function deleteRedirect(tx: Db, id: string): Promise<void> {
  await tx.delete(pathRedirects).where(eq(pathRedirects.id, id));
}

export interface StoryName {
  locale: string;
  slug: string | null;
  id: string | null;
}
/** @returns the places in the list of those that a public story has */
export async function findLive(db: Db, names: StoryName[]): Promise<Set<number>> {
  const { rows } = await db.execute<{ place: number }>(sql`
    select x.place from json_to_recordset(${JSON.stringify(names.map((name, place) => ({ ...name, place })))}::json)
      as x(place int, locale text, slug text, id uuid)
    join ${publishedArticles} p on p.locale = x.locale and (p.slug = x.slug or p.article_id = x.id)
    where (x.slug is null or p.slug = x.slug) and (x.id is null or p.article_id = x.id)`);
  return new Set(rows.map(({ place }) => place));
}

export interface PathContext {
  template: string;
  /** The default one first. */
  locales: { tag: string; aliases: string[] }[];
  redirect: Pick<Place, 'target' | 'articleId' | 'locale' | 'status'> | null;
}
const CONTEXT: Statement = {
  name: 'resolve_context',
  text: `select article_url as template,
    (select json_agg(json_build_object('tag', tag, 'aliases', aliases) order by tag <> s.default_locale, position, tag) from locales) as locales,
    (select json_build_object('target', target, 'articleId', article_id, 'locale', locale, 'status', status) from path_redirects where path = $1) as redirect
    from site s`,
};
export async function getContext(db: PublicDb, path: string): Promise<PathContext> {
  const [row] = await db.query<PathContext>(CONTEXT, [path]);
  if (!row) throw new Error('the site has no row');
  return row;
}

export interface Named {
  story: {
    id: string;
    locale: string;
    /** Its present slug, where it is public. */
    slug: string | null;
    kind: Kind | null;
    /** Whether it was meant by the very name that it has now. */
    exact: boolean;
    type: 'gone' | 'withdrawn' | 'redirect' | null;
    notice: string | null;
  } | null;
  term: { noun: 'region' | 'tag' | 'contributor'; key: string; locale: string; slug: string } | null;
}
const NOUNS = [
  ['region', 'regions', 'region_texts'],
  ['tag', 'tags', 'tag_texts'],
  ['contributor', 'contributors', 'contributor_texts'],
] as const;
// As in taxonomy/reading.ts: its own slug there, the one that shows it there for want of one, a former one.
const TERMS = NOUNS.map(
  ([noun, terms, texts], rank) => `
    select '${noun}' as noun, t.key, w.locale, x.slug, (x.locale <> w.locale)::int as step, ${rank} as rank,
        array_position(w.chain, x.locale) as nearness, w.place
      from wanted w cross join locales l join ${texts} x on x.locale = l.tag and x.slug = w.slug join ${terms} t on t.id = x.term_id
      where x.locale = ${bestLocale(texts, 'w.chain')}
    union all select '${noun}', t.key, x.locale, x.slug, 2, ${rank}, null, w.place from wanted w
      join term_redirects r on r.noun = '${noun}' and r.locale = w.locale and r.name = w.slug
      join ${texts} x on x.term_id = r.term_id and x.locale = w.locale join ${terms} t on t.id = x.term_id`,
).join(' union all ');
/** `$1` an id, or null; `$2` and `$3` locales and slugs of names to try, best first. Withdrawn stories are followed as in articles/queries.ts. */
const NAMED: Statement = {
  name: 'resolve_name',
  text: `with recursive wanted as materialized (
      select w.*, ${localeChain('w.locale')} as chain from unnest($2::text[], $3::text[]) with ordinality w(locale, slug, place)
    ), way as (
      select w.locale, w.slug as asked, w.place, 0 as step, coalesce($1::uuid,
        (select article_id from published_articles p where p.locale = w.locale and p.slug = w.slug),
        (select article_id from redirects r where r.locale = w.locale and r.slug = w.slug), ${BURIED('w.locale', 'w.slug')}) as id from wanted w
      union all
      select way.locale, way.asked, way.place, way.step + 1, t.target_id from way
        join tombstones t on t.article_id = way.id and t.locale = way.locale and t.type = 'redirect'
    ), ending as (
      select distinct on (place) * from way where id is not null order by place, step desc
    ), stories as (
      select e.id, e.locale, e.asked, p.slug, p.kind, e.step = 0 and p.slug is not null and ($1::uuid is not null or p.slug = e.asked) as exact, t.type, t.notice, e.place
      from ending e left join published_articles p on p.article_id = e.id and p.locale = e.locale
      left join tombstones t on t.article_id = e.id and t.locale = e.locale where p.slug is not null or t.type is not null
    )
    select (select row_to_json(s) from stories s
        order by s.exact desc, s.slug is null, s.slug is distinct from s.asked, s.place limit 1) as story,
      (select row_to_json(t) from (${TERMS}) t where $1::uuid is null order by t.step, t.rank, t.nearness, t.place limit 1) as term`,
};
export async function findNamed(
  db: PublicDb,
  id: string | null,
  names: { locale: string; slug: string | null }[],
): Promise<Named> {
  const values = [id, names.map(({ locale }) => locale), names.map(({ slug }) => slug)];
  const [row] = await db.query<Named>(NAMED, values);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
