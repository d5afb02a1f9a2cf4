// How stories and drafts are made and changed: each function is given an open transaction and leaves rows, revision and audit behind.
// It publishes nothing: what readers see changes in publishing.ts alone.
import { and, eq, inArray, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { differences, versionMismatch } from '../../plugins/preconditions.ts';
import type { Actor } from '../access/queries.ts';
import type { Kind } from '../articles/kinds.ts';
import { slugOf } from '../articles/slugs.ts';
import { insertAudit } from '../audit/queries.ts';
import type { Rights } from '../site/schemas.ts';
import { site } from '../site/tables.ts';
import {
  type ArticleRow,
  type DraftContent,
  type DraftRow,
  findArticleForUpdate,
  findDeskArticle,
  findDraft,
  findDraftForUpdate,
  findTakenSlugs,
  insertDraftRevisions,
  insertDrafts,
  insertRevision,
  insertTerms,
  type MadeDraft,
  replaceTerms,
} from './queries.ts';
import type { TermIds } from './references.ts';
import { articles, drafts } from './tables.ts';

export interface NewArticle extends TermIds {
  kind: Kind;
  externalId?: string | null;
  rights?: Partial<Rights> | null;
}
export interface NewDraft extends DraftContent {
  locale: string;
  /** Without one, it is made from the title. */
  slug?: string;
  /** Where the slug stands in the request; `/slug` unless it is given. */
  slugPointer?: string;
  importDigest?: string | null;
}

export async function createArticle(tx: Db, actor: Actor | null, input: NewArticle): Promise<ArticleRow> {
  const [row] = await createArticles(tx, actor, [input]);
  if (!row) throw new Error('an insert returned no row');
  return row;
}

/** Many in as few statements as one. @returns the rows in the order of the inputs */
export async function createArticles(tx: Db, actor: Actor | null, inputs: NewArticle[]): Promise<ArticleRow[]> {
  if (inputs.length === 0) return [];
  const stories = inputs.map((input) => ({ id: uuidv7(), input }));
  const rows = await tx
    .insert(articles)
    .values(
      stories.map(({ id, input }) => ({
        id,
        uri: permanentUri(id),
        externalId: input.externalId ?? null,
        kind: input.kind,
        regionId: input.regionId ?? null,
        rights: input.rights ?? null,
      })),
    )
    .returning();
  await insertTerms(
    tx,
    stories.map(({ id, input: { regionId = null, regionIds = [], tagIds = [], contributorIds = [] } }) => ({
      articleId: id,
      regionIds: withRubric(regionId, regionIds),
      tagIds,
      contributorIds,
    })),
  );
  await insertAudit(
    tx,
    actor,
    stories.map(({ id, input }) => ({ action: 'article.create', entity: 'article', entityId: id, after: input })),
  );
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  return stories.flatMap(({ id }) => rowOf.get(id) ?? []);
}

/** RFC 4151: the host on the day of creation; that day makes the URI ours for good, even when the host is given up. */
const permanentUri = (id: string) => sql<string>`(
  select 'tag:' || substring(${site.baseUrl} from '^https?://([^/:]+)') || ',' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD') || ':article/' || ${id}::text from ${site})`;

/** A story always stands in its own rubric. */
export const withRubric = (regionId: string | null, regionIds: string[]) =>
  regionId && !regionIds.includes(regionId) ? [regionId, ...regionIds] : regionIds;

export async function createDraft(tx: Db, actor: Actor | null, articleId: string, input: NewDraft): Promise<DraftRow> {
  await createDrafts(tx, actor, [{ ...input, articleId }]);
  const row = await findDraft(tx, articleId, input.locale);
  if (!row) throw new Error('an insert returned no row');
  await touchArticles(tx, [articleId]);
  return row;
}

/**
 * Many in as few statements as one, each with the locale and story of its own.
 * @throws Problem slug_taken where a slug was given that another story has
 */
export async function createDrafts(
  tx: Db,
  actor: Actor | null,
  inputs: (NewDraft & { articleId: string })[],
): Promise<MadeDraft[]> {
  for (const { slug, slugPointer } of inputs) checkSlug(slug, slugPointer);
  const rows: MadeDraft[] = [];
  let waiting = inputs.map((input) => ({ input, slugs: slugsFor(input) }));
  let taken = new Set<string>();
  while (waiting.length > 0) {
    const tries = waiting.map(({ input, slugs }) => {
      const slug = slugs.find((candidate) => !taken.has(`${input.locale}/${candidate}`));
      if (slug === undefined) {
        throw new Problem('slug_taken', {
          errors: [
            { pointer: input.slugPointer ?? '/slug', code: 'taken', message: 'this slug is taken in this locale' },
          ],
        });
      }
      taken.add(`${input.locale}/${slug}`);
      return { ...input, slug };
    });
    const made = await insertDrafts(tx, tries);
    rows.push(...made);
    const done = new Set(made.map(draftKey));
    waiting = waiting.filter(({ input }) => !done.has(draftKey(input)));
    // Only where a slug was taken: what else is, in one look, since trying them out would send the bodies again and again.
    taken = await findTakenSlugs(
      tx,
      waiting.flatMap(({ input: { locale }, slugs }) => slugs.map((slug) => ({ locale, slug }))),
    );
  }
  await recordDrafts(
    tx,
    actor,
    'draft.create',
    rows.map((after) => ({ before: null, after })),
  );
  return rows;
}

/** The schema cannot say it, and readers look slugs up in this form only; Ⅳ is a number that has a small form. */
function checkSlug(slug: string | undefined, pointer = '/slug'): void {
  if (slug === undefined || slug === slug.normalize('NFC').toLowerCase()) return;
  throw invalid({ pointer }, 'must be lower case and in Unicode normalization form C', 'not_normal');
}

const draftKey = ({ articleId, locale }: { articleId: string; locale: string }) => `${articleId}/${locale}`;

/** A slug that was given is taken or refused; a proposed one gets a number where it is taken, and at last the end of the story's id. */
function slugsFor({ slug, title, locale, articleId }: NewDraft & { articleId: string }): string[] {
  if (slug) return [slug];
  const base = slugOf(title, locale) || articleId;
  return [base, ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${base}-${n}`), `${base}-${articleId.slice(-12)}`];
}

export interface ArticleChange extends TermIds {
  kind?: Kind;
  externalId?: string | null;
  rights?: Partial<Rights> | null;
}
/**
 * @param expected the version that the change is based on; null for an import, which follows its source
 * @param asked the change in the words of the request, to tell the editor what differs from a newer version
 */
export async function changeArticle(
  tx: Db,
  actor: Actor | null,
  id: string,
  expected: number | null,
  change: ArticleChange,
  asked: object = {},
): Promise<ArticleRow> {
  const current = await findArticleForUpdate(tx, id);
  if (!current) throw new Problem('not_found');
  const { regionIds, tagIds, contributorIds, ...columns } = change;
  if (expected !== null && current.version !== expected)
    throw versionMismatch(current.version, differences(asked, (await findDeskArticle(tx, id)) ?? {}));
  const [row] = await tx
    .update(articles)
    .set({ ...columns, version: sql`${articles.version} + 1`, updatedAt: sql`now()` })
    .where(eq(articles.id, id))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  await replaceTerms(tx, id, {
    ...(regionIds && { regionIds: withRubric(row.regionId, regionIds) }),
    ...(tagIds && { tagIds }),
    ...(contributorIds && { contributorIds }),
  });
  if (!regionIds && row.regionId) await addRubric(tx, id, row.regionId);
  await insertRevision(tx, {
    articleId: id,
    locale: null,
    version: row.version,
    content: change,
    keyId: actor?.keyId ?? null,
  });
  await insertAudit(tx, actor, [
    { action: 'article.change', entity: 'article', entityId: id, before: pick(columns, current), after: change },
  ]);
  return row;
}

async function addRubric(tx: Db, articleId: string, regionId: string): Promise<void> {
  await tx.execute(sql`
    insert into article_regions (article_id, term_id, position)
    select ${articleId}::uuid, ${regionId}::uuid, coalesce(min(position), 1) - 1 from article_regions where article_id = ${articleId}::uuid
    on conflict do nothing`);
}

export type DraftChange = Partial<DraftContent> & { slug?: string; importDigest?: string };
export async function changeDraft(
  tx: Db,
  actor: Actor | null,
  articleId: string,
  locale: string,
  expected: number | null,
  change: DraftChange,
): Promise<DraftRow> {
  checkSlug(change.slug);
  const current = await findDraftForUpdate(tx, articleId, locale);
  if (!current) throw new Problem('not_found');
  if (expected !== null && current.version !== expected)
    throw versionMismatch(current.version, differences(change, current));
  const [row] = await tx
    .update(drafts)
    .set({ ...change, version: sql`${drafts.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(drafts.articleId, articleId), eq(drafts.locale, locale)))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  await touchArticles(tx, [articleId]);
  await recordDrafts(tx, actor, 'draft.change', [{ before: current, after: row }]);
  return row;
}

/** The desk's list shows what was changed last, in whatever language. */
export async function touchArticles(tx: Db, articleIds: string[]): Promise<void> {
  if (articleIds.length > 0)
    await tx.update(articles).set({ updatedAt: sql`now()` }).where(inArray(articles.id, articleIds));
}

async function recordDrafts(
  tx: Db,
  actor: Actor | null,
  action: string,
  changed: { before: DraftRow | null; after: MadeDraft }[],
): Promise<void> {
  await insertDraftRevisions(
    tx,
    changed.map(({ after }) => after),
    actor?.keyId ?? null,
  );
  await insertAudit(
    tx,
    actor,
    changed.map(({ before, after }) => ({
      action,
      entity: 'draft',
      entityId: draftKey(after),
      before: before && summaryOf(before),
      after: summaryOf(after),
    })),
  );
}

const summaryOf = ({ version, title, slug }: MadeDraft) => ({ version, title, slug });

const pick = (like: object, row: object) => Object.fromEntries(Object.entries(row).filter(([name]) => name in like));
