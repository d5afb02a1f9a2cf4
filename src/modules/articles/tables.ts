// What readers see: snapshots written by publishing, and the narrow rows that lists walk. No unpublished work is ever stored here.
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, textArray, uuidArray } from '../../db/columns.ts';
import { locales } from '../site/tables.ts';
import type { Snapshot } from './snapshot.ts';

const ofLocale = () =>
  text('locale')
    .notNull()
    .references(() => locales.tag);

export const publishedArticles = pgTable(
  'published_articles',
  {
    articleId: uuid('article_id').notNull(),
    locale: ofLocale(),
    slug: text('slug').notNull(),
    kind: text('kind').notNull(),
    /** With all ancestors: a story is listed under its regions and what contains them. */
    regionIds: uuidArray('region_ids'),
    tagIds: uuidArray('tag_ids'),
    contributorIds: uuidArray('contributor_ids'),
    /** The picture that the texts show. */
    imageId: uuid('image_id'),
    /** What an editor has chosen to be read beside it, best first; those that are not public are passed over when it is read. */
    relatedIds: uuidArray('related_ids'),
    firstPublishedAt: instant('first_published_at').notNull(),
    publishedAt: instant('published_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Version of the draft that is live. */
    version: integer('version').notNull(),
    /** When the row last changed in any byte: Last-Modified. */
    modifiedAt: instant('modified_at').notNull(),
    /** All that the two texts are built from, so that they can be rebuilt without looking at drafts. */
    snapshot: jsonb('snapshot').$type<Snapshot>().notNull(),
    /** Ready JSON for lists. */
    card: text('card').notNull(),
    /** Ready JSON for the article page. */
    document: text('document').notNull(),
    /** Digest of the document. */
    etag: text('etag').notNull(),
    /** As the document has it, for a header. */
    licenceUrl: text('licence_url'),
    /** Where it stands in each of its languages, ready for the header Link. Null in texts from before there was one. */
    link: text('link'),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    unique('published_articles_slug').on(table.locale, table.slug),
    // For sitemaps, which are asked for whole: with all that their index tells, so that it reads no row.
    index('published_articles_first').on(table.locale, table.firstPublishedAt, table.articleId, table.updatedAt),
    // For the jobs that rebuild the texts which show a region, tag or contributor.
    index('published_articles_regions').using('gin', table.regionIds),
    index('published_articles_tags').using('gin', table.tagIds),
    index('published_articles_contributors').using('gin', table.contributorIds),
    // For the same, and for telling whether readers may see a picture.
    index('published_articles_image').on(table.imageId).where(sql`${table.imageId} is not null`),
    index('published_articles_related').using('gin', table.relatedIds).where(sql`${table.relatedIds} <> '{}'`),
    // The same for custom fields, and the stories and tags that they link to.
    index('published_articles_extra')
      .using('gin', sql`(${table.snapshot} -> 'extra')`)
      .where(sql`${table.snapshot} -> 'extra' is not null`),
  ],
);

/** One row for each list that a story stands in; `key` is made by listingKey(). */
export const listings = pgTable(
  'listings',
  {
    articleId: uuid('article_id').notNull(),
    /**
     * No reference to locales, which the story's own row has: to delete a language, each of these rows was looked at (5 s among 3,100,000),
     * and to publish, the language was looked up for each.
     */
    locale: text('locale').notNull(),
    key: bigint('key', { mode: 'bigint' }).notNull(),
    publishedAt: instant('published_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** All languages in which the story is public, as familyKey() names them. */
    family: bigint('family', { mode: 'bigint' }).notNull().default(sql`0`),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale, table.key] }),
    // NULLS FIRST is what ORDER BY ... DESC means; drizzle's own NULLS LAST would not serve it, and each list would be sorted whole.
    index('listings_published').on(
      table.key,
      table.publishedAt.desc().nullsFirst(),
      table.articleId.desc().nullsFirst(),
    ),
    index('listings_updated').on(table.key, table.updatedAt.desc().nullsFirst(), table.articleId.desc().nullsFirst()),
    // For lists in a chain of languages.
    index('listings_family_published').on(
      table.key,
      table.family,
      table.publishedAt.desc().nullsFirst(),
      table.articleId.desc().nullsFirst(),
    ),
    index('listings_family_updated').on(
      table.key,
      table.family,
      table.updatedAt.desc().nullsFirst(),
      table.articleId.desc().nullsFirst(),
    ),
  ],
);

/** Each set of languages in which any story ever was public: few, and none is forgotten. */
export const families = pgTable('families', {
  key: bigint('key', { mode: 'bigint' }).primaryKey(),
  locales: textArray('locales'),
});

/**
 * Which story a published one carries on. A row stays when its story is withdrawn, so that the chain holds together around it; it
 * goes when the story is erased. Rows never run in a circle.
 */
export const developments = pgTable(
  'developments',
  { articleId: uuid('article_id').primaryKey(), followsId: uuid('follows_id').notNull() },
  (table) => [index('developments_follows').on(table.followsId)],
);

/** Slugs that a story had before. They point to the story, not to a slug: no chain and no loop can come about. */
export const redirects = pgTable(
  'redirects',
  {
    locale: ofLocale(),
    slug: text('slug').notNull(),
    articleId: uuid('article_id').notNull(),
    createdAt: instant('created_at').notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.locale, table.slug] }), index('redirects_article').on(table.articleId)],
);

/** Stories that were withdrawn: what answers 410. */
export const tombstones = pgTable(
  'tombstones',
  {
    articleId: uuid('article_id').notNull(),
    locale: ofLocale(),
    slug: text('slug').notNull(),
    /** `gone` tells nothing, `withdrawn` tells the notice, `redirect` leads to another story. */
    type: text('type').$type<'gone' | 'withdrawn' | 'redirect'>().notNull().default('withdrawn'),
    notice: text('notice'),
    /** The story that a redirect leads to. */
    targetId: uuid('target_id'),
    withdrawnAt: instant('withdrawn_at').notNull(),
    /** What feeds tell of it by, and what it had in common with their filters; null where that is not known. */
    uri: text('uri'),
    kind: text('kind'),
    publishedAt: instant('published_at'),
    /** With all ancestors. */
    regionIds: uuidArray('region_ids'),
    tagIds: uuidArray('tag_ids'),
    contributorIds: uuidArray('contributor_ids'),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    index('tombstones_slug').on(table.locale, table.slug),
    index('tombstones_target').on(table.targetId),
    index('tombstones_withdrawn').on(table.locale, table.withdrawnAt.desc().nullsFirst()),
    check('tombstones_type', sql`${table.type} in ('gone', 'withdrawn', 'redirect')`),
  ],
);
