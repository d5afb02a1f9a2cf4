// How drafts are made and changed: each function is given an open transaction and leaves rows, revisions and audit behind.
// It publishes nothing: what readers see changes in publishing.ts alone.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { checkSlug, type SlugScript, slugOf } from '../articles/slugs.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { insertDraftRevisions, type Save } from '../revisions/recording.ts';
import { followDraft } from '../schedules/queries.ts';
import { findSlugScripts } from '../site/queries.ts';
import { type Merged, mergeDraftExtra, readDraftExtras } from './extra.ts';
import { isReworded, storeDraftWords } from './finding.ts';
import {
  type DraftContent,
  type DraftRow,
  findDraft,
  findTakenSlugs,
  getArticleForUpdate,
  getDraftForUpdate,
  inStatus,
  insertDrafts,
  type MadeDraft,
} from './queries.ts';
import { checkTransition } from './states.ts';
import { articles, drafts } from './tables.ts';

export interface NewDraft extends DraftContent {
  locale: string;
  /** Without one, it is made from the title. */
  slug?: string;
  /** Of an import: what the slug is made from instead of the title. */
  proposedSlug?: string;
  /** Where the slug stands in the request; `/slug` unless it is given. */
  slugPointer?: string;
  /** To the draft in the request; it is the request itself unless it is given. */
  pointer?: string;
  importDigest?: string | null;
}

export async function createDraft(
  tx: Db,
  actor: Actor | null,
  articleId: string,
  input: NewDraft,
  save: Save,
): Promise<DraftRow> {
  if (input.extra) await lockSurroundings(tx);
  await getArticleForUpdate(tx, articleId);
  await createDrafts(tx, actor, [{ ...input, articleId }], save);
  const row = await findDraft(tx, articleId, input.locale);
  if (!row) throw new Error('an insert returned no row');
  await touchArticles(tx, [articleId]);
  return row;
}

/**
 * Many in as few statements as one, each with the locale and story of its own. The lock of surroundings is held where any has `extra`.
 * @throws Problem slug_taken where a slug was given that another story has; forbidden for one that lies beyond the actor's limits
 */
export async function createDrafts(
  tx: Db,
  actor: Actor | null,
  given: (NewDraft & { articleId: string })[],
  save: Save = {},
): Promise<void> {
  for (const { slug, locale, slugPointer = '/slug' } of given)
    if (slug !== undefined) checkSlug(slug, locale, slugPointer);
  const extras = await readDraftExtras(tx, given);
  const inputs = given.map((input, at) => ({ ...input, extra: extras[at] ?? {} }));
  const rows: MadeDraft[] = [];
  const scripts = await findSlugScripts(
    tx,
    inputs.filter(({ slug }) => slug === undefined).map(({ locale }) => locale),
  );
  let waiting = inputs.map((input) => ({ input, slugs: slugsFor(input, scripts.get(input.locale)) }));
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
    const done = new Set(made.map(draftId));
    await storeDraftWords(
      tx,
      tries.filter((draft) => done.has(draftId(draft))),
    );
    waiting = waiting.filter(({ input }) => !done.has(draftId(input)));
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
    save,
  );
  for (const { articleId, locale } of given) await checkReach(tx, actor, articleId, locale);
}

/** A slug that was given is taken or refused; a proposed one gets a number where it is taken, and at last the end of the story's id. */
function slugsFor(
  { slug, proposedSlug = '', title, locale, articleId }: NewDraft & { articleId: string },
  script: SlugScript | undefined,
): string[] {
  if (slug) return [slug];
  const base = slugOf(proposedSlug, locale) || slugOf(title, locale, script) || articleId;
  return [base, ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${base}-${n}`), `${base}-${articleId.slice(-12)}`];
}

export type DraftChange = Partial<DraftContent> & { slug?: string; importDigest?: string };
/** @param of.expected the version that the change is based on; null for an import, which follows its source */
export async function changeDraft(
  tx: Db,
  actor: Actor | null,
  { articleId, locale, expected }: { articleId: string; locale: string; expected: number | null },
  change: DraftChange,
  save: Save = {},
): Promise<DraftRow> {
  if (change.slug !== undefined) checkSlug(change.slug, locale, '/slug');
  if (change.extra) await lockSurroundings(tx);
  const current = await getDraftForUpdate(tx, articleId, locale);
  await checkReach(tx, actor, articleId, locale);
  checkVersion(current, expected, change);
  const status = checkTransition('edit', current, actor);
  const merged = await mergeDraftExtra(tx, change.extra, current);
  const [row] = await tx
    .update(drafts)
    .set({
      ...change,
      ...(merged && { extra: merged.extra }),
      ...inStatus(status),
      version: sql`${drafts.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(drafts.articleId, articleId), eq(drafts.locale, locale)))
    .returning();
  if (!row) throw new Error('a locked row vanished');
  if (isReworded(current, row)) await storeDraftWords(tx, [row]);
  if (status === 'scheduled') await followDraft(tx, articleId, locale, row.version);
  await touchArticles(tx, [articleId]);
  const changed = { before: current, after: row, ...(merged && { logged: merged.logged }) };
  await recordDrafts(tx, actor, 'draft.change', [changed], save);
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
  changed: { before: DraftRow | null; after: MadeDraft; logged?: Merged['logged'] }[],
  save: Save,
): Promise<void> {
  await insertDraftRevisions(
    tx,
    changed.map(({ after }) => after),
    actor,
    save,
  );
  await insertAudit(
    tx,
    actor,
    changed.map(({ before, after, logged }) => ({
      action,
      entity: 'draft',
      entityId: draftId(after),
      before: before && { ...summaryOf(before), ...logged?.before },
      after: {
        ...summaryOf(after),
        ...logged?.after,
        ...(save.restoredFrom && { restoredFrom: save.restoredFrom }),
      },
    })),
  );
}

const summaryOf = ({ version, title, slug }: MadeDraft) => ({ version, title, slug });
