// Writes what readers see: snapshots, their two texts, and the rows of every list they stand in. It decides nothing about publishing.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { WRITTEN } from '../../db/columns.ts';
import { insertOf } from '../../db/inserting.ts';
import { toText } from '../body/rendering.ts';
import { logUpserts } from '../changes/logging.ts';
import { showExtra } from '../fields/delivering.ts';
import { enqueueForgetting } from '../search/forgetting.ts';
import { type Indexed, markSiblings, settleIndex, storeSearchDocuments } from '../search/indexing.ts';
import { buildTexts, nameIn, type PublishedState, type Surroundings } from './document.ts';
import { familyKey, listingKeysOf } from './listing-keys.ts';
import { renameMerged } from './merged.ts';
import { loadRegionAncestors, loadSurroundings } from './surroundings.ts';
import { publishedArticles } from './tables.ts';

export interface StoredState extends PublishedState {
  version: number;
}

type StoredKey = Pick<StoredState, 'articleId' | 'locale' | 'version'>;

export async function loadPublished(db: Db, articleIds: string[]): Promise<StoredState[]> {
  return db
    .select({
      articleId: publishedArticles.articleId,
      locale: publishedArticles.locale,
      slug: publishedArticles.slug,
      firstPublishedAt: publishedArticles.firstPublishedAt,
      publishedAt: publishedArticles.publishedAt,
      updatedAt: publishedArticles.updatedAt,
      version: publishedArticles.version,
      snapshot: publishedArticles.snapshot,
    })
    .from(publishedArticles)
    .where(inArray(publishedArticles.articleId, articleIds));
}

export interface Storing {
  /** True for a part of something larger, which calls settleIndex() at its end. */
  isPart?: boolean;
}

/** Inserts or replaces whole stories; `siblings` are their other languages, whose texts name them. */
export async function storePublished(
  db: Db,
  stories: StoredState[],
  siblings: StoredState[],
  { isPart = false }: Storing = {},
): Promise<void> {
  const goingOut = stories.map(({ articleId }) => articleId);
  const around = await loadSurroundings(db, [...stories, ...siblings], goingOut);
  const families = Map.groupBy([...stories, ...siblings], ({ articleId }) => articleId);
  const family = (story: PublishedState) => families.get(story.articleId) ?? [];
  const placed = await place(db, stories);
  const rows = placed.map(({ story, placement }) => ({
    ...story,
    ...placement,
    imageId: story.snapshot.imageId ?? null,
    ...buildTexts(story, family(story), around),
  }));
  await db.execute(sql`${insertOf(publishedArticles, rows, { modifiedAt: WRITTEN })}
    on conflict (article_id, locale) do update set ${REPLACED}`);
  await logUpserts(db, await storeTexts(db, siblings, family, around), () => 'rebuilt');
  await storeListings(db, placed, family, around);
  await storeFamilies(db, [...stories, ...siblings]);
  await storeSearchDocuments(db, placed.map(indexedIn(family, around)));
  if (siblings.length > 0) await markSiblings(db, stories, true);
  if (!isPart) await settleIndex(db);
}

type Placed = { story: StoredState; placement: ReturnType<typeof placementOf> };

async function place(db: Db, stories: readonly StoredState[]): Promise<Placed[]> {
  const ancestors = await loadRegionAncestors(db, [...new Set(stories.flatMap(({ snapshot }) => snapshot.regionIds))]);
  return stories.map((story) => ({ story, placement: placementOf(story, ancestors) }));
}

/** What search keeps of a story: its words, all that lists are filtered by, and the names of its tags. */
const indexedIn =
  (family: (story: StoredState) => StoredState[], around: Surroundings) =>
  ({ story, placement }: Placed): Indexed => {
    const { articleId, locale, publishedAt, updatedAt, snapshot } = story;
    return {
      articleId,
      locale,
      publishedAt,
      updatedAt,
      title: snapshot.title,
      standfirst: snapshot.standfirst,
      body: toText(snapshot.body),
      placement,
      extra: showExtra(snapshot.extra, around).flatMap(({ facet }) => facet ?? []),
      tagNames: snapshot.tagIds.flatMap((id) => nameIn(locale, around.tags.get(id), around).map(({ name }) => name)),
      siblings: family(story).flatMap((other) => (other.locale === locale ? [] : other.locale)),
    };
  };

const COLUMNS = [
  'slug',
  'kind',
  'region_ids',
  'tag_ids',
  'contributor_ids',
  'image_id',
  'first_published_at',
  'published_at',
  'updated_at',
  'version',
  'modified_at',
  'snapshot',
  'card',
  'document',
  'etag',
  'licence_url',
  'link',
] as const;
const REPLACED = sql.raw(COLUMNS.map((column) => `${column} = excluded.${column}`).join(', '));

function placementOf({ snapshot }: StoredState, ancestors: ReadonlyMap<string, string[]>) {
  return {
    kind: snapshot.kind,
    regionIds: [...new Set(snapshot.regionIds.flatMap((id) => ancestors.get(id) ?? []))],
    tagIds: snapshot.tagIds,
    contributorIds: snapshot.contributorIds,
  };
}

/** Only the texts, and only where they differ: a rebuild that changes nothing must move neither ETag nor Last-Modified. @returns those that did */
async function storeTexts(
  db: Db,
  stories: StoredState[],
  family: (story: StoredState) => StoredState[],
  around: Surroundings,
): Promise<StoredKey[]> {
  if (stories.length === 0) return [];
  const texts = stories.map((story) => ({
    articleId: story.articleId,
    locale: story.locale,
    ...buildTexts(story, family(story), around),
  }));
  const { rows } = await db.execute<StoredKey>(sql`
    update published_articles p set card = x.card, document = x.document, etag = x.etag, licence_url = x."licenceUrl", link = x.link, modified_at = ${WRITTEN}
    from json_to_recordset(${JSON.stringify(texts)}::json) as x("articleId" uuid, locale text, card text, document text, etag text, "licenceUrl" text, link text)
    where p.article_id = x."articleId" and p.locale = x.locale and (p.etag <> x.etag or p.card <> x.card or p.link <> x.link)
    returning p.article_id as "articleId", p.locale, p.version`);
  return rows;
}

/** Only rows that differ are written: a rebuild after a name has changed finds all of them as they are. */
async function storeListings(
  db: Db,
  placed: Placed[],
  family: (story: StoredState) => StoredState[],
  around: Surroundings,
): Promise<void> {
  const rows = placed.flatMap(({ story, placement }) => {
    const extra = showExtra(story.snapshot.extra, around).flatMap(({ facet }) => facet ?? []);
    const languages = familyKey(family(story).map(({ locale }) => locale));
    return [...new Set(listingKeysOf(story.locale, { ...placement, extra }))].map((key) => ({ story, key, languages }));
  });
  const column = <T>(pick: (row: (typeof rows)[number]) => T) => sql.param(rows.map(pick));
  const stories = placed.map(({ story }) => story);
  await db.execute(sql`
    with wanted as materialized (
      select * from unnest(${column(({ story }) => story.articleId)}::uuid[], ${column(({ story }) => story.locale)}::text[],
        ${column(({ key }) => key)}::bigint[], ${column(({ story }) => story.publishedAt)}::timestamptz[], ${column(({ story }) => story.updatedAt)}::timestamptz[], ${column(({ languages }) => languages)}::bigint[])
        as w(article_id, locale, key, published_at, updated_at, family)
    ), obsolete as (
      delete from listings l using unnest(${idsOf(stories)}::uuid[], ${localesOf(stories)}::text[]) as x(article_id, locale)
      where l.article_id = x.article_id and l.locale = x.locale and not exists (
        select from wanted w where w.article_id = l.article_id and w.locale = l.locale and w.key = l.key)
    )
    insert into listings (article_id, locale, key, published_at, updated_at, family) select * from wanted w
    where not exists (select from listings l where l.article_id = w.article_id and l.locale = w.locale and l.key = w.key
      and l.published_at = w.published_at and l.updated_at = w.updated_at and l.family = w.family)
    on conflict (article_id, locale, key) do update
      set published_at = excluded.published_at, updated_at = excluded.updated_at, family = excluded.family`);
}

/** Has every row of stories name all languages in which they are public now; `stories` are these. */
async function storeFamilies(db: Db, stories: readonly PublishedState[]): Promise<void> {
  const rows = [...Map.groupBy(stories, ({ articleId }) => articleId)].map(([articleId, own]) => {
    const locales = own.map(({ locale }) => locale).sort();
    return { articleId, locales, key: String(familyKey(locales)) };
  });
  if (rows.length === 0) return;
  await db.execute(sql`
    with family as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as f("articleId" uuid, locales text[], key bigint)
    ), known as (
      insert into families (key, locales) select distinct key, locales from family on conflict do nothing
    )
    update listings l set family = f.key from family f where l.article_id = f."articleId" and l.family <> f.key`);
}

const idsOf = (stories: readonly { articleId: string }[]) => sql.param(stories.map(({ articleId }) => articleId));
const localesOf = (stories: readonly { locale: string }[]) => sql.param(stories.map(({ locale }) => locale));

async function deleteListings(db: Db, stories: { articleId: string; locale: string }[]): Promise<void> {
  await db.execute(sql`
    delete from listings l
    using unnest(${idsOf(stories)}::uuid[], ${localesOf(stories)}::text[]) as x(article_id, locale)
    where l.article_id = x.article_id and l.locale = x.locale`);
}

/** Takes a language of a story out of public; its other languages stop naming it. */
export async function removePublished(db: Db, articleId: string, locale: string): Promise<void> {
  await enqueueForgetting(db, [{ articleId, locale, words: [] }]);
  await db
    .delete(publishedArticles)
    .where(and(eq(publishedArticles.articleId, articleId), eq(publishedArticles.locale, locale)));
  await deleteListings(db, [{ articleId, locale }]);
  await markSiblings(db, [{ articleId, locale }], false);
  await settleIndex(db);
  const siblings = await loadPublished(db, [articleId]);
  const texts = await storeTexts(db, siblings, () => siblings, await loadSurroundings(db, siblings));
  await logUpserts(db, texts, () => 'rebuilt');
  await storeFamilies(db, siblings);
}

/** Stories in all their languages, with what is made of them. */
async function loadPlaced(db: Db, articleIds: string[]) {
  const stories = await loadPublished(db, articleIds);
  const families = Map.groupBy(stories, ({ articleId }) => articleId);
  return {
    stories,
    placed: await place(db, stories),
    around: await loadSurroundings(db, stories),
    family: (story: StoredState) => families.get(story.articleId) ?? [],
  };
}

/** Builds texts and list rows anew from the snapshots, after a name, a parent region or a rule has changed, or terms were merged. */
export async function rebuildPublished(db: Db, articleIds: string[]): Promise<void> {
  await renameMerged(db, articleIds);
  const { stories, placed, around, family } = await loadPlaced(db, articleIds);
  if (stories.length === 0) return;
  const told = await storeTexts(db, stories, family, around);
  const rows = placed.map(({ story: { articleId, locale }, placement }) => ({ articleId, locale, ...placement }));
  const { rows: moved } = await db.execute<StoredKey>(sql`
    update published_articles p set region_ids = x."regionIds", tag_ids = x."tagIds", contributor_ids = x."contributorIds"
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as x("articleId" uuid, locale text, "regionIds" uuid[], "tagIds" uuid[], "contributorIds" uuid[])
    where p.article_id = x."articleId" and p.locale = x.locale
      and (p.region_ids, p.tag_ids, p.contributor_ids) is distinct from (x."regionIds", x."tagIds", x."contributorIds")
    returning p.article_id as "articleId", p.locale, p.version`);
  const isSame = (one: StoredKey, other: StoredKey) => one.articleId === other.articleId && one.locale === other.locale;
  const changed = [...told, ...moved.filter((story) => !told.some((other) => isSame(story, other)))];
  await logUpserts(db, changed, () => 'rebuilt');
  await storeListings(db, placed, family, around);
  await storeSearchDocuments(db, placed.map(indexedIn(family, around)));
  await settleIndex(db);
}

/** Search documents alone, as they would be made today. */
export async function indexPublished(db: Db, articleIds: string[]): Promise<void> {
  const { placed, around, family } = await loadPlaced(db, articleIds);
  await storeSearchDocuments(db, placed.map(indexedIn(family, around)));
  await settleIndex(db);
}
