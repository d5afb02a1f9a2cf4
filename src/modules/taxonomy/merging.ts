// Merges a term into another of its kind: whatever names the first names the second from then on. Published texts follow by a job.
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { WRITTEN } from '../../db/columns.ts';
import { invalid, unknownReference } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundingsAlone } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { renameInFronts } from '../fronts/usage.ts';
import { insertArticleRevisions } from '../revisions/recording.ts';
import { getSite } from '../site/queries.ts';
import { site } from '../site/tables.ts';
import * as rows from './desk-queries.ts';
import type { DeskTerm, Noun } from './noun.ts';
import { enqueueRebuild } from './rebuilding.ts';
import * as redirecting from './redirecting.ts';
import { getDeskTerm } from './workflow.ts';

/**
 * @param keys.expected the version of the one that goes
 * @returns the one that stays
 * @throws Problem not_found, version_mismatch, unknown_reference, validation_failed, forbidden
 */
export async function mergeTerm(
  tx: Db,
  actor: Actor | null,
  noun: Noun,
  keys: { from: string; into: string; expected: number },
): Promise<DeskTerm> {
  // It writes in every story that names the first, and would carry reach into a region that nobody gave.
  if (actor) checkUnlimited(actor, 'A merge');
  // Alone: of two merges into each other the second comes when the first is done, and finds nothing left to merge.
  await lockSurroundingsAlone(tx);
  const found = await getDeskTerm(tx, noun, keys.from);
  await rows.lockArticlesOf(tx, noun, found.id);
  await rows.lockTermForGood(tx, noun, found.id);
  const from = await getDeskTerm(tx, noun, found.id);
  checkVersion(from, keys.expected);
  const into = await getTarget(tx, noun, keys.into);
  if (into.id === from.id) throw invalid({ pointer: '/into' }, 'is the one to be merged', 'circular');
  await rows.lockTerm(tx, noun, into.id);

  const holding = await noun.absorb?.(tx, from.id, into.id);
  await insertArticleRevisions(tx, await rows.moveLinks(tx, noun, from.id, into.id, holding), actor);
  await rows.markTombstones(tx, noun, from.id, into.id);
  await renameInMenus(tx, actor, noun, from.key, into.key);
  await renameInFronts(tx, actor, noun.name, from.key, into.key);
  const kept = Object.keys(into.texts);
  await redirecting.keepShownNames(tx, noun, from.id, null);
  await redirecting.keepShownNames(tx, noun, into.id, Object.keys(from.texts));
  await rows.moveTexts(tx, noun, from.id, into.id, kept);
  await redirecting.leadOn(tx, noun, from.id, into.id);
  await redirecting.keepNames(tx, noun, into.id, [
    ...[from.key, from.id].map((name) => ({ locale: '', name })),
    ...Object.entries(from.texts)
      .filter(([locale]) => kept.includes(locale))
      .map(([locale, { slug }]) => ({ locale, name: slug })),
  ]);
  await rows.deleteTerm(tx, noun, from.id);
  await rows.updateTerm(tx, noun, into.id, {});
  const after = await getDeskTerm(tx, noun, into.id);
  await insertAudit(tx, actor, [
    { action: `${noun.name}.merge`, entity: noun.name, entityId: from.id, before: from, after },
  ]);
  for (const { id } of [from, into]) await enqueueRebuild(tx, { noun: noun.name, id });
  return after;
}

async function getTarget(tx: Db, noun: Noun, key: string): Promise<DeskTerm> {
  const into = await rows.findDeskTerm(tx, noun, key);
  if (!into) throw unknownReference({ pointer: '/into' }, `${key} does not exist`);
  return into;
}

async function renameInMenus(tx: Db, actor: Actor | null, noun: Noun, from: string, into: string): Promise<void> {
  if (noun.name === 'contributor') return;
  const { name } = noun;
  const { menus: before } = await getSite(tx);
  if (!before.some(({ items }) => items.some((item) => item[name] === from))) return;
  const menus = before.map((menu) => ({
    ...menu,
    items: menu.items.map((item) => (item[name] === from ? { ...item, [name]: into } : item)),
  }));
  await tx.update(site).set({ menus, version: sql`${site.version} + 1`, updatedAt: WRITTEN });
  await insertAudit(tx, actor, [
    { action: 'site.change', entity: 'site', entityId: 'site', before: { menus: before }, after: { menus } },
  ]);
}
