// SQL of single public stories, from what is published alone: one statement for a story that is there, a second to tell why one is not.
import { asBytes, type Bytes } from '../../db/bytes.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { type Languages, languagesOf, languageValues } from '../site/fallback.ts';
import { LOCALE_OF } from '../site/queries.ts';

interface PublishedText {
  /** JSON, in UTF-8. */
  document: string | Bytes;
  etag: string;
  modifiedAt: Date;
  licenceUrl: string | null;
  /** Where it stands in each of its languages, for the header Link; null in texts that were built before there was one. */
  link: string | null;
}
export interface Found extends Partial<PublishedText> {
  /** The locale asked for, or what its alias stands for; null where the newsroom has no such locale. */
  locale: string | null;
}

const TEXTS = `${asBytes('p.document')} as document, p.etag, p.modified_at as "modifiedAt", p.licence_url as "licenceUrl", p.link`;
const COLUMNS = `p.locale, ${TEXTS}`;
// Nearly every read names a tag as it is written, or none. Those are answered by one index lookup; only what it does not
// find is asked for again with aliases and letter case in mind (without the text, 18 us of Postgres against 35; a bare key takes 15).
const LIKELY_LOCALE = 'coalesce($2::text, (select default_locale from site))';
const BY_ID: Statement = {
  name: 'article_by_id',
  text: `select ${COLUMNS} from published_articles p where p.article_id = $1 and p.locale = ${LIKELY_LOCALE}`,
};
const BY_SLUG: Statement = {
  name: 'article_by_slug',
  text: `select ${COLUMNS}, p.article_id as id from published_articles p where p.slug = $1 and p.locale = ${LIKELY_LOCALE}`,
};
// Materialised, since the planner would else put the whole search for the locale into each place where it is used.
const WANTED_LOCALE = `with w as materialized (select ${LOCALE_OF('$2')} as locale)`;
const BY_ID_AND_ALIAS: Statement = {
  name: 'article_by_id_and_alias',
  text: `${WANTED_LOCALE} select w.locale, ${TEXTS}
    from w left join published_articles p on p.article_id = $1 and p.locale = w.locale`,
};
const BY_SLUG_AND_ALIAS: Statement = {
  name: 'article_by_slug_and_alias',
  text: `${WANTED_LOCALE} select w.locale, p.article_id as id, ${TEXTS}
    from w left join published_articles p on p.slug = $1 and p.locale = w.locale`,
};
// A story has few languages: each of the chain is one look into the primary key.
const BY_ID_AND_FALLBACK: Statement = {
  name: 'article_by_id_and_fallback',
  text: `with w as materialized (select ${languagesOf('$2', '$3')} as tags)
    select w.tags, ${COLUMNS} from w left join lateral (
      select * from published_articles p where p.article_id = $1 and p.locale = any(w.tags) and ($4::text[] is null or p.locale = any($4)) order by array_position(w.tags, p.locale) limit 1) p on true`,
};
const LOCALES_OF: Statement = {
  name: 'article_locales',
  text: `select p.locale, p.slug, p.snapshot->>'title' as title, p.document::json->>'url' as url, s.default_locale as "defaultLocale",
      greatest(p.modified_at, s.updated_at) as "modifiedAt"
    from published_articles p join locales l on l.tag = p.locale, site s
    where p.article_id = $1 order by l.position, l.tag`,
};
/** SQL uuid: the story that was last withdrawn under a slug. Of one that was erased, nothing but the tombstone is left. */
export const BURIED = (locale: string, slug: string) =>
  `(select article_id from tombstones where locale = ${locale} and slug = ${slug} order by withdrawn_at desc limit 1)`;
/**
 * What became of a story that is not there. `$1` is its id; or `$2` a slug, which is that of whoever had it last. A redirect
 * is followed to its end: each was made while its target was public, and a public story has none, so that no circle can come about.
 */
const FATE: Statement = {
  name: 'article_fate',
  text: `with recursive way as (
      select coalesce($1::uuid, (select article_id from redirects where locale = $3 and slug = $2::text), ${BURIED('$3', '$2::text')}) as id, 0 as step
      union all
      select t.target_id, way.step + 1 from way join tombstones t on t.article_id = way.id and t.locale = $3 and t.type = 'redirect'
    )
    select way.id, p.slug, t.type, t.notice, t.withdrawn_at as "withdrawnAt" from way
    left join published_articles p on p.article_id = way.id and p.locale = $3
    left join tombstones t on t.article_id = way.id and t.locale = $3
    order by way.step desc limit 1`,
};

export async function findArticle(db: PublicDb, id: string, locale: string | null): Promise<Found> {
  const [likely] = await db.query<Found>(BY_ID, [id, locale]);
  if (likely) return likely;
  const [row] = await db.query<Found>(BY_ID_AND_ALIAS, [id, locale]);
  return row ?? { locale: null };
}

/** In the first language of the chain in which it is public, among `open` where that is not null; `tags` is for readChain(). */
export async function findArticleInAny(
  db: PublicDb,
  id: string,
  given: Languages,
  open: readonly string[] | null,
): Promise<Found & { tags: (string | null)[] | null }> {
  const [row] = await db.query<Found & { tags: (string | null)[] | null }>(BY_ID_AND_FALLBACK, [
    id,
    ...languageValues(given),
    open,
  ]);
  return row ?? { locale: null, tags: null };
}

export async function findArticleBySlug(db: PublicDb, locale: string, slug: string): Promise<Found & { id?: string }> {
  const [likely] = await db.query<Found>(BY_SLUG, [slug, locale]);
  if (likely) return likely;
  const [row] = await db.query<Found>(BY_SLUG_AND_ALIAS, [slug, locale]);
  return row ?? { locale: null };
}

export interface TranslationRow {
  locale: string;
  slug: string;
  title: string;
  url: string;
  /** Of the site. */
  defaultLocale: string;
  /** Of the text, or of the site. */
  modifiedAt: Date;
}
/** What readers are told of it. */
export const translationOf = ({ locale, slug, title, url }: TranslationRow) => ({ locale, slug, title, url });
export const listTranslations = (db: PublicDb, id: string) => db.query<TranslationRow>(LOCALES_OF, [id]);

/** Where a withdrawn or renamed story leads to, or how it ended; all null where there never was one. */
export interface Fate {
  id: string | null;
  /** Its present slug, where it is public. */
  slug: string | null;
  type: 'gone' | 'withdrawn' | 'redirect' | null;
  notice: string | null;
  withdrawnAt: Date | null;
}
export async function findFate(db: PublicDb, where: { id: string } | { slug: string }, locale: string): Promise<Fate> {
  const values = 'id' in where ? [where.id, null, locale] : [null, where.slug, locale];
  const [row] = await db.query<Fate>(FATE, values);
  if (!row) throw new Error('the way begins with one row');
  return row;
}
