// What uses a language: as long as anything does, it cannot be deleted.
import { sql } from 'drizzle-orm';
import type { Uses } from '../../db/uses.ts';
import { frontsWithTexts } from '../fronts/usage.ts';

export const usesOfLocale = (tag: string): Uses => ({
  'the site, as its default language': sql`select from site where default_locale = ${tag}`,
  'texts of the site': sql`
    select from site where jsonb_exists(name, ${tag}) or jsonb_exists(tagline, ${tag}) or jsonb_exists(rights -> 'usageTerms', ${tag})
      or jsonb_path_exists(menus, '$[*].items[*].label.keyvalue() ? (@.key == $tag)', jsonb_build_object('tag', ${tag}::text))`,
  'other languages, as a fallback': sql`select from locales where fallback @> array[${tag}::text]`,
  drafts: sql`select from drafts where locale = ${tag} union all select from articles where original_locale = ${tag}`,
  'rights of stories': sql`select from articles where jsonb_exists(rights -> 'usageTerms', ${tag})`,
  'addresses of stories that are or were public': sql`
    select from published_articles where locale = ${tag} union all select from redirects where locale = ${tag}
    union all select from tombstones where locale = ${tag}`,
  'regions, tags or contributors': sql`
    select from region_texts where locale = ${tag} union all select from tag_texts where locale = ${tag}
    union all select from contributor_texts where locale = ${tag}`,
  'redirects to stories': sql`select from path_redirects where locale = ${tag}`,
  fronts: frontsWithTexts(tag),
  'texts of pictures': sql`select from media where jsonb_exists(texts, ${tag})`,
  comments: sql`select from comments where locale = ${tag}`,
  'custom fields': sql`select from fields where jsonb_exists(label, ${tag})`,
  'limits of people or keys': sql`
    select from users where locales @> array[${tag}::text] union all select from api_keys where locales @> array[${tag}::text] and revoked_at is null
    union all select from partners where locales @> array[${tag}::text]`,
  // They would be told of nothing any more.
  webhooks: sql`select from webhooks where locales @> array[${tag}::text]`,
});
