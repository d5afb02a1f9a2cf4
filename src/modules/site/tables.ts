// Tables of the site and its locales; public.
import { sql } from 'drizzle-orm';
import { check, integer, jsonb, pgTable, smallint, text } from 'drizzle-orm/pg-core';
import { textArray, updatedAt, version } from '../../db/columns.ts';
import type { AppLink, Branding, LocalisedText, Menu, Rights, SocialLink } from './schemas.ts';
import type { Network } from './sharing.ts';

export const locales = pgTable(
  'locales',
  {
    tag: text('tag').primaryKey(),
    name: text('name').notNull(),
    direction: text('direction').$type<'ltr' | 'rtl'>().notNull(),
    aliases: textArray('aliases'),
    fallback: textArray('fallback'),
    /** `latin` proposes transliterated slugs. */
    slugScript: text('slug_script').$type<'native' | 'latin'>().notNull().default('native'),
    position: integer('position').notNull().default(0),
    version: version(),
    updatedAt: updatedAt(),
  },
  (table) => [
    check('locales_direction', sql`${table.direction} in ('ltr', 'rtl')`),
    check('locales_slug_script', sql`${table.slugScript} in ('native', 'latin')`),
  ],
);

/** One row. */
export const site = pgTable(
  'site',
  {
    id: smallint('id').primaryKey().default(1),
    name: jsonb('name').$type<LocalisedText>().notNull(),
    tagline: jsonb('tagline').$type<LocalisedText>().notNull(),
    baseUrl: text('base_url').notNull(),
    /** Of tag URIs (RFC 4151), as `www.example.org,2026-05-26`: follows the base URL until something was published, then stays. */
    tagAuthority: text('tag_authority').notNull().default(''),
    articleUrl: text('article_url').notNull(),
    timeZone: text('time_zone').notNull(),
    defaultLocale: text('default_locale')
      .notNull()
      .references(() => locales.tag),
    /** Null derives them from the social links. */
    shareNetworks: text('share_networks').array().$type<Network[]>(),
    shortUrl: text('short_url'),
    /** WebSub hubs of others. */
    hubs: textArray('hubs'),
    socialLinks: jsonb('social_links').$type<SocialLink[]>().notNull(),
    appLinks: jsonb('app_links').$type<AppLink[]>().notNull(),
    menus: jsonb('menus').$type<Menu[]>().notNull(),
    branding: jsonb('branding').$type<Branding>().notNull(),
    rights: jsonb('rights').$type<Rights>().notNull(),
    /** Revisions that are older than so many days may be forgotten; null keeps all. */
    revisionDays: integer('revision_days'),
    version: version(),
    updatedAt: updatedAt(),
  },
  (table) => [check('site_single_row', sql`${table.id} = 1`)],
);
