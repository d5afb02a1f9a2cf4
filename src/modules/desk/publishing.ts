// Makes drafts public and takes them back: the only writer of what readers see. Each function is given an open transaction.
// Stories are locked by their articles row, in order of id, so that two languages of one story are never published past each other.
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { versionMismatch } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { loadPublished, removePublished, type StoredState, type Storing, storePublished } from '../articles/storing.ts';
import { lockSurroundings, lockSurroundingsAlone } from '../articles/surroundings.ts';
import { redirects } from '../articles/tables.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { logUpserts } from '../changes/logging.ts';
import { changes } from '../changes/tables.ts';
import { hideWithStory, showWithStories } from '../entries/showing.ts';
import { hasArticleFields, hideLinksTo } from '../fields/hiding.ts';
import { endByPublishing, endByRemoval } from '../schedules/ending.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';
import { publishAround } from './around.ts';
import { checkComplete, loadForPublishing, type Publishable, snapshotOf } from './publishable.ts';
import { inStatus } from './queries.ts';
import { checkTransition } from './states.ts';
import { drafts } from './tables.ts';
import { insertTombstone, lockWithTarget, type Withdrawal } from './withdrawing.ts';

/** Of what happens by itself: the time that was set for it, and who set it. */
export interface Due {
  at: Date;
  by: Pick<Actor, 'keyId' | 'userId'>;
}

export interface PublishItem {
  articleId: string;
  locale: string;
  /** The draft's version that the decision is based on; null for an import, which has just written it. */
  expected: number | null;
  publishedAt?: Date;
  /** Of an import: the editorial time in the system that the story came from. */
  updatedAt?: Date;
  updateType: 'major' | 'minor';
  /** It counts as published at the time that was set for it, however late it is done. */
  due?: Due;
  /** Where it stands in a request for several. */
  pointer?: string;
}

/** @throws Problem not_found, version_mismatch, conflict, slug_taken, or validation_failed for a time in the future */
export async function publish(tx: Db, actor: Actor | null, items: PublishItem[], storing: Storing = {}): Promise<void> {
  await lockSurroundings(tx);
  const { now, drafts: loaded } = await loadForPublishing(tx, items);
  const before = await loadPublished(tx, [...new Set(items.map(({ articleId }) => articleId))]);
  const draftOf = new Map(loaded.map((draft) => [draftId(draft), draft]));
  const stories = items.map((item) => {
    const draft = draftOf.get(draftId(item));
    if (!draft) throw new Problem('not_found');
    if (item.expected !== null && draft.version !== item.expected)
      throw versionMismatch(draft.version, [], item.pointer);
    return stateOf(draft, item, item.due?.at ?? now);
  });
  for (const { articleId, locale } of items) await checkReach(tx, actor, articleId, locale);
  for (const draft of loaded) checkTransition('publish', draft, actor);
  const pointers = new Map(items.map((item) => [draftId(item), item.pointer]));
  checkComplete(loaded, (draft) => pointers.get(draftId(draft)) ?? '');
  const live = new Set(stories.map(draftId));
  await storePublished(
    tx,
    stories,
    before.filter((sibling) => !live.has(draftId(sibling))),
    storing,
  );
  await showWithStories(tx, stories, before);
  await publishAround(tx, stories);
  await keepOldSlugs(tx, stories, before);
  await tx.execute(sql`
    update drafts d set status = 'published', published_version = d.version,
      status_since = case when d.status = 'published' then d.status_since else now() end,
      first_published_at = x."firstPublishedAt", published_at = x."publishedAt", revised_at = x."updatedAt"
    from json_to_recordset(${JSON.stringify(stories.map(({ snapshot: _, ...story }) => story))}::json)
      as x("articleId" uuid, locale text, "firstPublishedAt" timestamptz, "publishedAt" timestamptz, "updatedAt" timestamptz)
    where d.article_id = x."articleId" and d.locale = x.locale`);
  await endByPublishing(tx, stories);
  const werePublic = new Set(before.map(({ articleId }) => articleId));
  await showLinksTo(
    tx,
    stories.map(({ articleId }) => articleId).filter((id) => !werePublic.has(id)),
  );
  const wasLive = new Set(before.map(draftId));
  await logUpserts(tx, stories, (story) => (wasLive.has(draftId(story)) ? 'updated' : 'published'));
  const dueOf = new Map(items.map((item) => [draftId(item), item.due]));
  await insertAudit(
    tx,
    actor,
    stories.map((story) => ({
      action: 'draft.publish',
      entity: 'draft',
      entityId: draftId(story),
      ...byOf(dueOf.get(draftId(story))),
      after: { version: story.version, slug: story.slug, publishedAt: story.publishedAt, updatedAt: story.updatedAt },
    })),
  );
}

const byOf = (due: Due | undefined) => due && { by: due.by };

/** A story that is public for the first time, or again, can be linked to. */
async function showLinksTo(tx: Db, articleIds: string[]): Promise<void> {
  if (articleIds.length === 0 || !(await hasArticleFields(tx))) return;
  for (const id of new Set(articleIds)) await enqueueRebuild(tx, { noun: 'article', id });
}

/** publishedAt is kept on edit; updatedAt moves with a major edit only. */
export function stateOf(
  draft: Publishable,
  item: Pick<PublishItem, 'publishedAt' | 'updatedAt' | 'updateType' | 'pointer'>,
  now: Date,
): StoredState {
  const publishedAt = item.publishedAt ?? draft.publishedAt ?? now;
  // A future time would be a schedule; the database's clock decides what is future.
  if (publishedAt > now)
    throw invalid({ pointer: `${item.pointer ?? ''}/publishedAt` }, 'must not be in the future', 'future');
  const first = draft.firstPublishedAt === null;
  const revised = first ? publishedAt : item.updateType === 'major' ? now : (draft.revisedAt ?? publishedAt);
  const updatedAt = item.updatedAt ?? revised;
  return {
    articleId: draft.articleId,
    locale: draft.locale,
    slug: draft.slug,
    version: draft.version,
    // A story that is dated back was first out then.
    firstPublishedAt:
      draft.firstPublishedAt && draft.firstPublishedAt < publishedAt ? draft.firstPublishedAt : publishedAt,
    publishedAt,
    updatedAt: new Date(Math.max(updatedAt.getTime(), publishedAt.getTime())),
    snapshot: snapshotOf(draft),
  };
}

/** A changed slug leaves a redirect; one that is in use again stops being one. */
async function keepOldSlugs(tx: Db, stories: StoredState[], before: StoredState[]): Promise<void> {
  const moved = before.filter((old) =>
    stories.some(
      ({ articleId, locale, slug }) => articleId === old.articleId && locale === old.locale && slug !== old.slug,
    ),
  );
  if (moved.length > 0) await insertRedirects(tx, moved);
  const pairs = JSON.stringify(stories.map(({ articleId, locale, slug }) => ({ articleId, locale, slug })));
  await tx.execute(sql`
    with x as (select * from json_to_recordset(${pairs}::json) as x("articleId" uuid, locale text, slug text)),
      revived as (delete from tombstones t using x where t.article_id = x."articleId" and t.locale = x.locale)
    delete from redirects r using x where r.locale = x.locale and r.slug = x.slug`);
}

async function insertRedirects(tx: Db, from: { articleId: string; locale: string; slug: string }[]): Promise<void> {
  await tx
    .insert(redirects)
    .values(from.map(({ articleId, locale, slug }) => ({ articleId, locale, slug })))
    .onConflictDoUpdate({ target: [redirects.locale, redirects.slug], set: { articleId: sql`excluded.article_id` } });
}

/** A draft that was taken back without a word is a draft again. */
export type Removal = { status: 'draft' } | Withdrawal;

/** Others may link to what goes: what they show is changed with it, and nobody publishes such a link meanwhile. @returns whether they may */
export async function lockForRemoval(tx: Db): Promise<boolean> {
  const mayBeLinked = await hasArticleFields(tx);
  await (mayBeLinked ? lockSurroundingsAlone(tx) : lockSurroundings(tx));
  return mayBeLinked;
}

export interface RemovedItem {
  articleId: string;
  locale: string;
  /** As of a publication. */
  expected: number | null;
  removal: Removal;
  /** Of what a schedule does: a scheduled publication then stays, which an editor's hand would cancel. */
  due?: Due;
}

/** @throws Problem not_found where there is no such draft, conflict where it is not public */
export async function unpublish(
  tx: Db,
  actor: Actor | null,
  { articleId, locale, expected, removal, due }: RemovedItem,
): Promise<void> {
  const mayBeLinked = await lockForRemoval(tx);
  if (removal.status === 'withdrawn') await lockWithTarget(tx, articleId, removal);
  const { now, drafts: loaded } = await loadForPublishing(tx, [{ articleId, locale }]);
  const [draft] = loaded;
  if (!draft) throw new Problem('not_found');
  await checkReach(tx, actor, articleId, locale);
  if (expected !== null && draft.version !== expected) throw versionMismatch(draft.version);
  checkTransition(removal.status === 'withdrawn' ? 'withdraw' : 'unpublish', draft, actor);
  const published = await loadPublished(tx, [articleId]);
  const live = published.find((story) => story.locale === locale);
  if (!live) throw new Problem('conflict', { detail: 'It is not public in this locale.' });
  // While it is public still: whom it is of interest to is decided by its regions and tags (enqueue_deliveries()).
  await tx.insert(changes).values({ ...endingOf(removal, due), articleId, locale, version: live.version });
  if (removal.status === 'withdrawn') await insertTombstone(tx, live, removal, removal.withdrawnAt ?? due?.at ?? now);
  await removePublished(tx, articleId, locale);
  await hideWithStory(tx, articleId, locale);
  if (mayBeLinked && published.length === 1) await hideLinksTo(tx, articleId);
  // Its address leads to it again as soon as it is public again, under whatever slug.
  await insertRedirects(tx, [live]);
  const status = await endByRemoval(tx, actor, draft, removal.status, due);
  await tx
    .update(drafts)
    .set({ ...inStatus(status), publishedVersion: null })
    .where(and(eq(drafts.articleId, articleId), eq(drafts.locale, locale)));
  await insertAudit(tx, actor, [
    {
      action: removal.status === 'withdrawn' ? 'draft.withdraw' : 'draft.unpublish',
      entity: 'draft',
      entityId: draftId(live),
      ...byOf(due),
      after: removal,
    },
  ]);
}

/** What the change log says of it. */
function endingOf(removal: Removal, due: Due | undefined): { type: 'delete' | 'redirect'; reason: string } {
  if (removal.status === 'draft') return { type: 'delete', reason: due ? 'expired' : 'unpublished' };
  if (removal.type === 'redirect') return { type: 'redirect', reason: 'redirected' };
  return { type: 'delete', reason: removal.type === 'gone' ? 'deleted' : 'withdrawn' };
}
