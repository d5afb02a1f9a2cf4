// SQL of the site and its locales, for readers and for the desk. It checks no rule.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { iso } from '../../db/columns.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import type { SlugScript } from '../articles/slugs.ts';
import type { DeskLocale, DeskSite, LocaleEntry } from './schemas.ts';

/** SQL text: the locale that `given` means, by tag or alias, or the default one for null; null where there is none such. */
export const LOCALE_OF = (given: string) => `coalesce(
    (select tag from locales where lower(tag) = lower(${given}::text)),
    (select tag from locales where lower(${given}::text) = any(select lower(alias) from unnest(aliases) alias) order by position limit 1),
    case when ${given}::text is null then (select default_locale from site) end)`;

const localeRow = (
  own = '',
) => `(select row_to_json(o) from (select l.tag, l.name, l.direction, l.aliases, l.fallback, l.position, l.version,
  ${iso('l.updated_at')} as "updatedAt"${own}) o)`;
const LOCALE_ROW = localeRow();
const LOCALES = `(select '[' || coalesce(string_agg(${LOCALE_ROW}::text, ',' order by l.position, l.tag), '') || ']' from locales l)`;
const siteRow = (
  own = '',
) => `(select row_to_json(o) from (select s.name, s.tagline, s.base_url as "baseUrl", s.article_url as "articleUrl",
  s.time_zone as "timeZone", s.default_locale as "defaultLocale", s.share_networks as "shareNetworks", s.short_url as "shortUrl", s.hubs, s.social_links as "socialLinks", s.app_links as "appLinks", s.menus,
  s.branding, s.rights, ${LOCALES}::json as locales, s.version, ${iso('s.updated_at')} as "updatedAt"${own}) o)`;
const MODIFIED = `(select greatest((select updated_at from site), (select max(updated_at) from locales)))`;

interface PublicJson {
  json: string;
  modifiedAt: Date;
}
const SITE: Statement = {
  name: 'site',
  text: `select ${LOCALE_OF('$1')} as locale, ${siteRow()}::text as json, ${MODIFIED} as "modifiedAt" from site s`,
};
const LIST: Statement = { name: 'locales', text: `select ${LOCALES} as json, ${MODIFIED} as "modifiedAt"` };

/** `locale` is what the given one means; null where there is none such. */
export async function getPublicSite(
  db: PublicDb,
  locale: string | null,
): Promise<PublicJson & { locale: string | null }> {
  const [row] = await db.query<PublicJson & { locale: string | null }>(SITE, [locale]);
  if (!row) throw new Error('the site has no row');
  return row;
}

export async function getPublicLocales(db: PublicDb): Promise<PublicJson> {
  const [row] = await db.query<PublicJson>(LIST, []);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}

export async function getSite(db: Db): Promise<DeskSite> {
  const row = sql.raw(siteRow(', s.revision_days as "revisionDays"'));
  const { rows } = await db.execute<{ site: DeskSite }>(sql`select ${row} as site from site s`);
  if (!rows[0]) throw new Error('the site has no row');
  return rows[0].site;
}

export async function listLocales(db: Db): Promise<DeskLocale[]> {
  const { rows } = await db.execute<{ locale: DeskLocale }>(
    sql`select ${sql.raw(localeRow(', l.slug_script as "slugScript"'))} as locale from locales l order by l.position, l.tag`,
  );
  return rows.map(({ locale }) => locale);
}

/** @throws Problem not_found for what is no tag of theirs; aliases are not taken */
export async function getLocale(db: Db, tag: string): Promise<DeskLocale> {
  const found = (await listLocales(db)).find((locale) => locale.tag === tag);
  if (!found) throw new Problem('not_found');
  return found;
}

/** In which script slugs are proposed; one look for all languages of an import. */
export async function findSlugScripts(db: Db, tags: readonly string[]): Promise<ReadonlyMap<string, SlugScript>> {
  if (tags.length === 0) return new Map();
  const { rows } = await db.execute<{ tag: string; script: SlugScript }>(
    sql`select tag, slug_script as script from locales where tag = any(${sql.param([...new Set(tags)])}::text[])`,
  );
  return new Map(rows.map(({ tag, script }) => [tag, script]));
}

/** @returns for each given tag or alias the tag it stands for; absent where there is none */
export function matchLocales(
  locales: readonly Pick<LocaleEntry, 'tag' | 'aliases'>[],
  given: readonly string[],
): Map<string, string> {
  const tags = new Map(locales.map(({ tag }) => [tag.toLowerCase(), tag]));
  const aliases = new Map(
    locales.flatMap(({ tag, aliases }) => aliases.map((alias) => [alias.toLowerCase(), tag] as const)),
  );
  return new Map(
    given.flatMap((name) => {
      const tag = tags.get(name.toLowerCase()) ?? aliases.get(name.toLowerCase());
      return tag ? [[name, tag] as const] : [];
    }),
  );
}

/** @returns those of the keys that no row of the table has */
export async function missingKeys(db: Db, table: 'regions' | 'tags', keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await db.execute<{ key: string }>(sql`
    select key from unnest(${sql.param(keys)}::text[]) key where key not in (select t.key from ${sql.identifier(table)} t)`);
  return new Set(rows.map(({ key }) => key));
}
