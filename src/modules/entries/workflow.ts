// How entries are written, published, taken back and deleted: each function is given an open transaction, and locks the story first.
// What is published is public at once where its story is; the text of the story, its version and its dates stay as they are.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, scopeNeeded } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { insertAudit } from '../audit/queries.ts';
import { changes } from '../changes/tables.ts';
import { type DraftRow, getArticleForUpdate, getDraftForUpdate } from '../desk/queries.ts';
import { checkTransition } from '../desk/states.ts';
import { hideEntries, showEntries } from '../live/storing.ts';
import type { EntryContent, EntryRow } from './queries.ts';
import * as queries from './queries.ts';
import { shownOf } from './showing.ts';

type Change = Partial<EntryContent> & { at?: Date | undefined };

/** @throws Problem not_found, forbidden, conflict, validation_failed */
export async function createEntry(
  tx: Db,
  actor: Actor,
  of: { articleId: string; locale: string },
  content: EntryContent & { at?: Date | undefined },
): Promise<EntryRow> {
  const draft = await getDraftForUpdate(tx, of.articleId, of.locale);
  const { articleId, locale } = draft;
  await checkReach(tx, actor, articleId, locale);
  const { kind } = await getArticleForUpdate(tx, articleId);
  if (kind !== 'live') throw new Problem('conflict', { detail: 'Only stories of the kind live have entries.' });
  checkOpen(actor, draft);
  checkScope(actor, content);
  await checkTime(tx, content.status, content.at);
  const entry = await queries.insertEntry(tx, actor, { articleId, locale }, content);
  await record(tx, actor, 'create', null, entry);
  return entry;
}

/** @throws Problem not_found, forbidden, conflict, version_mismatch, validation_failed */
export async function changeEntry(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  change: Change,
): Promise<EntryRow> {
  const before = await getForChange(tx, actor, id, change);
  checkVersion(before, expected, change);
  const status = change.status ?? before.status;
  await checkTime(tx, status, change.at ?? before.at);
  const after = await queries.updateEntry(tx, before.id, { ...change, status });
  await record(tx, actor, 'change', before, after);
  return after;
}

/** @throws Problem not_found, forbidden, conflict, version_mismatch */
export async function removeEntry(tx: Db, actor: Actor, id: string, expected: number): Promise<void> {
  const before = await getForChange(tx, actor, id, {});
  checkVersion(before, expected);
  await queries.deleteEntry(tx, before.id);
  await record(tx, actor, 'delete', before, null);
}

/** The story before the entry, as everywhere; what became of the entry meanwhile is seen after that. */
async function getForChange(tx: Db, actor: Actor, id: string, change: Change): Promise<EntryRow> {
  const found = await queries.findEntry(tx, id);
  if (!found) throw new Problem('not_found');
  const draft = await getDraftForUpdate(tx, found.articleId, found.locale);
  await checkReach(tx, actor, draft.articleId, draft.locale);
  checkOpen(actor, draft);
  const before = await queries.findEntry(tx, id);
  if (!before) throw new Problem('not_found');
  checkScope(actor, before);
  checkScope(actor, change);
  return before;
}

/** Nothing is written in what was put away, until it is reopened; in all other states an entry is edited by itself. */
function checkOpen(actor: Actor, draft: DraftRow): void {
  if (draft.status === 'archived') checkTransition('edit', draft, actor);
}

/** Whoever may not publish a story may not touch what is public of it. */
function checkScope(actor: Actor, { status }: Change): void {
  if (status === 'published' && !actor.scopes.has('articles:publish')) throw scopeNeeded('articles:publish');
}

/** What is to be read at a time to come is a draft until then. */
async function checkTime(tx: Db, status: EntryContent['status'], at: Date | undefined): Promise<void> {
  if (status === 'published' && at && (await queries.isFuture(tx, at)))
    throw invalid({ pointer: '/at' }, 'must not be in the future', 'future');
}

async function record(tx: Db, actor: Actor, what: string, before: EntryRow | null, after: EntryRow | null) {
  const entry = after ?? before;
  if (!entry) throw new Error('nothing became of nothing');
  const live = await queries.findLiveVersion(tx, entry.articleId, entry.locale);
  const isShown = after?.status === 'published';
  if (live !== null && (isShown || before?.status === 'published')) {
    if (after && isShown) await showEntries(tx, [shownOf(after)]);
    else await hideEntries(tx, { id: entry.id });
    const { articleId, locale } = entry;
    await tx.insert(changes).values({ type: 'upsert', reason: 'entries', articleId, locale, version: live });
  }
  await insertAudit(tx, actor, [
    {
      action: `entry.${what}`,
      entity: 'entry',
      entityId: entry.id,
      before: before && summaryOf(before),
      after: after && summaryOf(after),
    },
  ]);
}

const summaryOf = ({ articleId, locale, status, at, title, isPinned, isKey, version }: EntryRow) => ({
  articleId,
  locale,
  status,
  at,
  title,
  isPinned,
  isKey,
  version,
});
