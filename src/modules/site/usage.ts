// What still uses a language: as long as anything does, it cannot be deleted. It deletes nothing itself.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { frontsWithTexts } from '../fronts/usage.ts';

const USES: Readonly<Record<string, (tag: string) => SQL>> = {
  'the site, as its default language': (tag) => sql`select from site where default_locale = ${tag}`,
  'texts of the site': (tag) => sql`
    select from site where jsonb_exists(name, ${tag}) or jsonb_exists(tagline, ${tag}) or jsonb_exists(rights -> 'usageTerms', ${tag})
      or jsonb_path_exists(menus, '$[*].items[*].label.keyvalue() ? (@.key == $tag)', jsonb_build_object('tag', ${tag}::text))`,
  'other languages, as a fallback': (tag) => sql`select from locales where fallback @> array[${tag}::text]`,
  drafts: (tag) =>
    sql`select from drafts where locale = ${tag} union all select from articles where original_locale = ${tag}`,
  'rights of stories': (tag) => sql`select from articles where jsonb_exists(rights -> 'usageTerms', ${tag})`,
  'addresses of stories that are or were public': (tag) => sql`
    select from published_articles where locale = ${tag} union all select from redirects where locale = ${tag}
    union all select from tombstones where locale = ${tag}`,
  'regions, tags or contributors': (tag) => sql`
    select from region_texts where locale = ${tag} union all select from tag_texts where locale = ${tag}
    union all select from contributor_texts where locale = ${tag}`,
  'redirects to stories': (tag) => sql`select from path_redirects where locale = ${tag}`,
  fronts: frontsWithTexts,
  'texts of pictures': (tag) => sql`select from media where jsonb_exists(texts, ${tag})`,
  comments: (tag) => sql`select from comments where locale = ${tag}`,
  'custom fields': (tag) => sql`select from fields where jsonb_exists(label, ${tag})`,
  'limits of people or keys': (tag) => sql`
    select from users where locales @> array[${tag}::text] union all select from api_keys where locales @> array[${tag}::text] and revoked_at is null
    union all select from partners where locales @> array[${tag}::text]`,
  // They would be told of nothing any more.
  webhooks: (tag) => sql`select from webhooks where locales @> array[${tag}::text]`,
};

/** @returns in words, what uses it */
export async function findLocaleUses(db: Db, tag: string): Promise<string[]> {
  const names = Object.keys(USES);
  const uses = Object.values(USES).map((use) => sql`exists (${use(tag)})`);
  const { rows } = await db.execute<{ used: boolean[] }>(sql`select array[${sql.join(uses, sql`, `)}] as used`);
  return names.filter((_, at) => rows[0]?.used[at]);
}
