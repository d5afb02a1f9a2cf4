// What editors work on: articles, drafts per locale, revisions. The role that serves the public has no right on any of them.
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, textArray, tsvector, updatedAt, uuidArray, version } from '../../db/columns.ts';
import { users } from '../access/tables.ts';
import type { Correction, Kind } from '../articles/kinds.ts';
import type { PortableText } from '../body/schemas.ts';
import { contributors } from '../contributors/tables.ts';
import type { Extra } from '../fields/values.ts';
import { media } from '../media/tables.ts';
import { regions } from '../regions/tables.ts';
import type { Rights } from '../site/schemas.ts';
import { locales } from '../site/tables.ts';
import { tags } from '../tags/tables.ts';
import type { DraftStatus } from './schemas.ts';

export const articles = pgTable(
  'articles',
  {
    id: uuid('id').primaryKey(),
    /** Permanent tag URI (RFC 4151): holds the host and the day of the story's creation, and never follows the host to a new name. */
    uri: text('uri').notNull(),
    externalId: text('external_id'),
    kind: text('kind').$type<Kind>().notNull(),
    /** The rubric that the story is shown under. */
    regionId: uuid('region_id').references(() => regions.id),
    /** The picture that stands for the story. */
    imageId: uuid('image_id').references(() => media.id),
    /** Overrides of the site's rights; null takes the site's. */
    rights: jsonb('rights').$type<Partial<Rights>>(),
    /** Values of custom fields that are the same in every language. */
    extra: jsonb('extra').$type<Extra>().notNull().default({}),
    /** What an editor has chosen to be read beside it, best first; need not be public. */
    relatedIds: uuidArray('related_ids'),
    /** The story that this one carries on; these links never run in a circle (desk/around.ts). */
    followsId: uuid('follows_id').references((): AnyPgColumn => articles.id, { onDelete: 'set null' }),
    /** The language it was written in, which the others translate. */
    originalLocale: text('original_locale').references(() => locales.tag),
    /** In which it has drafts; kept by triggers (place_original, place_drafts), so that what is missing is told without a look at each draft. */
    draftLocales: textArray('draft_locales'),
    createdBy: uuid('created_by').references(() => users.id),
    /** In the trash since then. */
    deletedAt: instant('deleted_at'),
    version: version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('articles_external_id').on(table.externalId),
    index('articles_region').on(table.regionId),
    index('articles_image').on(table.imageId).where(sql`${table.imageId} is not null`),
    index('articles_follows').on(table.followsId).where(sql`${table.followsId} is not null`),
    // For erasing: who names the story.
    index('articles_related').using('gin', table.relatedIds).where(sql`${table.relatedIds} <> '{}'`),
    index('articles_deleted').on(table.deletedAt).where(sql`${table.deletedAt} is not null`),
    index('articles_created_by').on(table.createdBy),
    // For the checks that a change of a custom field is held against; stories without values stand in neither.
    index('articles_extra').using('gin', table.extra).where(sql`${table.extra} <> '{}'`),
    index('articles_updated').on(table.updatedAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    // For the desk's list of a kind that is rare: pages, live stories.
    index('articles_kind_updated').on(table.kind, table.updatedAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    check(
      'articles_kind',
      sql`${table.kind} in ('news', 'analysis', 'interview', 'opinion', 'live', 'gallery', 'video', 'page')`,
    ),
  ],
);

const ofArticle = () =>
  uuid('article_id')
    .notNull()
    .references(() => articles.id, { onDelete: 'cascade' });

export const articleRegions = pgTable(
  'article_regions',
  {
    articleId: ofArticle(),
    termId: uuid('term_id')
      .notNull()
      .references(() => regions.id),
    position: smallint('position').notNull(),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.termId] }), index('article_regions_term').on(table.termId)],
);
export const articleTags = pgTable(
  'article_tags',
  {
    articleId: ofArticle(),
    termId: uuid('term_id')
      .notNull()
      .references(() => tags.id),
    position: smallint('position').notNull(),
  },
  (table) => [primaryKey({ columns: [table.articleId, table.termId] }), index('article_tags_term').on(table.termId)],
);
export const articleContributors = pgTable(
  'article_contributors',
  {
    articleId: ofArticle(),
    termId: uuid('term_id')
      .notNull()
      .references(() => contributors.id),
    position: smallint('position').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.termId] }),
    index('article_contributors_term').on(table.termId),
  ],
);

export const drafts = pgTable(
  'drafts',
  {
    articleId: ofArticle(),
    locale: text('locale')
      .notNull()
      .references(() => locales.tag),
    title: text('title').notNull(),
    standfirst: text('standfirst'),
    slug: text('slug').notNull(),
    body: jsonb('body').$type<PortableText>().notNull(),
    corrections: jsonb('corrections').$type<Correction[]>().notNull().default([]),
    /** Values of custom fields that each language has for itself. */
    extra: jsonb('extra').$type<Extra>().notNull().default({}),
    status: text('status').$type<DraftStatus>().notNull().default('draft'),
    /** When it came into this status: since when it waits. */
    statusSince: instant('status_since').notNull().default(sql`now()`),
    /** Whom it waits for. */
    assigneeId: uuid('assignee_id').references(() => users.id),
    /** Version of the original that this translation follows. */
    sourceVersion: integer('source_version'),
    /** Whether the original has a higher version than it follows; kept by triggers (judge_drafts, judge_article), whoever writes either. */
    isBehind: boolean('is_behind').notNull().default(false),
    version: version(),
    /** Version of this draft that is live; null when none is. */
    publishedVersion: integer('published_version'),
    firstPublishedAt: instant('first_published_at'),
    publishedAt: instant('published_at'),
    /** Time of the last major edit that went live. */
    revisedAt: instant('revised_at'),
    /** The highest version of its schedules that are over: those that come count on, so that no two are the same to If-Match. */
    scheduleVersion: integer('schedule_version').notNull().default(0),
    /** Digest of the line it was imported from: an unchanged line is not imported again. */
    importDigest: text('import_digest'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    unique('drafts_slug').on(table.locale, table.slug),
    index('drafts_waiting').on(table.status, table.locale, table.statusSince),
    index('drafts_assignee').on(table.assigneeId),
    index('drafts_behind').on(table.articleId, table.locale).where(sql`${table.isBehind}`),
    index('drafts_extra').using('gin', table.extra).where(sql`${table.extra} <> '{}'`),
    check(
      'drafts_status',
      sql`${table.status} in ('draft', 'in_review', 'approved', 'scheduled', 'published', 'withdrawn', 'archived')`,
    ),
  ],
);

/** Of each draft, what the desk finds it by (finding.ts). */
export const draftWords = pgTable(
  'draft_words',
  {
    articleId: uuid('article_id').notNull(),
    locale: text('locale').notNull(),
    /** Without places: words of its title, standfirst and slug, spelt as search spells them. */
    words: tsvector('words').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.articleId, table.locale] }),
    foreignKey({
      name: 'draft_words_draft',
      columns: [table.articleId, table.locale],
      foreignColumns: [drafts.articleId, drafts.locale],
    }).onDelete('cascade'),
    index('draft_words_words').using('gin', table.words),
  ],
);

/** Every save, append-only. `locale` is null for the language-neutral part. */
export const revisions = pgTable(
  'revisions',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    articleId: ofArticle(),
    locale: text('locale'),
    version: integer('version').notNull(),
    content: jsonb('content').notNull(),
    keyId: uuid('key_id'),
    userId: uuid('user_id'),
    /** What the editor says of this save. */
    note: text('note'),
    /** The version whose content this one brings back. */
    restoredFrom: integer('restored_from'),
    createdAt: createdAt(),
  },
  (table) => [index('revisions_article').on(table.articleId, table.locale, table.version.desc().nullsFirst())],
);
