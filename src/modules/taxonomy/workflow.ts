// How regions, tags and contributors are made, changed and deleted: each function is given an open transaction and leaves rows, audit and job behind.
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { refuseWhileUsed } from '../../db/uses.ts';
import { invalid, Problem } from '../../errors.ts';
import { isUuid } from '../../patterns.ts';
import { checkVersion } from '../../preconditions.ts';
import { limitedTo, regionsOutside } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundingsAlone } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import * as rows from './desk-queries.ts';
import type { DeskTerm, Noun, TermInput, TermPatch } from './noun.ts';
import { enqueueRebuild } from './rebuilding.ts';
import { forgetNames, isMergedKey, keepNames, keepShownNames, reviveSlug } from './redirecting.ts';
import { completeText, type GivenText, resolveTexts } from './texts.ts';

/** No job: no published text can show what has just been made. */
export async function createTerm(tx: Db, actor: Actor | null, noun: Noun, input: TermInput): Promise<DeskTerm> {
  const { key, position = 0, texts, ...own } = input;
  if (isUuid(key)) throw invalid({ pointer: '/key' }, 'must not look like an id', 'ambiguous');
  const id = uuidv7();
  const given = await resolveOwnTexts(tx, actor, texts);
  await rows.insertTerm(tx, noun, {
    id: sql`${id}`,
    key: sql`${key}`,
    position: sql`${position}`,
    ...(await noun.columnsOf(tx, own, id)),
  });
  // Asked after the insert: a merge that was under way has ended by then.
  if (await isMergedKey(tx, noun, key))
    throw new Problem('key_taken', {
      errors: [{ pointer: '/key', code: 'taken', message: 'one that was merged had this key, which leads to another' }],
    });
  for (const [locale, text] of Object.entries(given)) {
    await storeText(tx, noun, { id, key }, { locale, given: text ?? {} });
  }
  await checkLimits(tx, actor, noun, {}, id);
  const after = await getDeskTerm(tx, noun, id);
  await insertAudit(tx, actor, [{ action: `${noun.name}.create`, entity: noun.name, entityId: id, after }]);
  return after;
}

/**
 * @param of.expected the version that the change is based on
 * @throws Problem not_found, version_mismatch, slug_taken, unknown_locale, unknown_reference, validation_failed
 */
export async function changeTerm(
  tx: Db,
  actor: Actor | null,
  noun: Noun,
  { keyOrId, expected }: { keyOrId: string; expected: number },
  patch: TermPatch,
): Promise<DeskTerm> {
  const before = await lockTerm(tx, noun, keyOrId);
  const { id, key } = before;
  checkVersion(before, expected, patch);
  const { position, texts = {}, ...own } = patch;
  await checkLimits(tx, actor, noun, own, id);
  if (actor?.locales && (position !== undefined || Object.keys(own).length > 0)) throw limitedTo('locale');
  await rows.updateTerm(tx, noun, id, {
    ...(position !== undefined && { position: sql`${position}` }),
    ...(await noun.columnsOf(tx, own, id)),
  });
  for (const [locale, text] of Object.entries(await resolveOwnTexts(tx, actor, texts))) {
    const current = before.texts[locale];
    if (text === null) {
      await rows.deleteText(tx, noun, id, locale);
      if (current) await keepNames(tx, noun, id, [{ locale, name: current.slug }]);
    } else {
      if (!current) await keepShownNames(tx, noun, id, [locale]);
      await storeText(tx, noun, { id, key }, { locale, given: text, current });
    }
  }
  const after = await getDeskTerm(tx, noun, id);
  if (Object.keys(after.texts).length === 0) throw invalid({ pointer: '/texts' }, 'one language has to stay', 'last');
  await insertAudit(tx, actor, [{ action: `${noun.name}.change`, entity: noun.name, entityId: id, before, after }]);
  await enqueueRebuild(tx, { noun: noun.name, id });
  return after;
}

/**
 * Whoever is limited to some regions moves none: it could carry their reach into one that nobody gave them. Nor do they make one beyond it.
 * @throws Problem forbidden
 */
async function checkLimits(tx: Db, actor: Actor | null, noun: Noun, own: object, id: string): Promise<void> {
  if (noun.name !== 'region' || !actor?.regionIds) return;
  if ('parent' in own || (await regionsOutside(tx, [id], actor.regionIds)).length > 0) throw limitedTo('region');
}

/** @throws Problem forbidden, unknown_locale */
async function resolveOwnTexts<Text>(
  tx: Db,
  actor: Actor | null,
  texts: Record<string, Text>,
): Promise<Record<string, Text>> {
  const resolved = await resolveTexts(tx, texts);
  checkLocales(actor, resolved);
  return resolved;
}

/** @throws Problem forbidden for texts in languages that the actor does not write in */
function checkLocales(actor: Actor | null, texts: object): void {
  if (actor?.locales && Object.keys(texts).some((locale) => !actor.locales?.includes(locale)))
    throw limitedTo('locale');
}

/** A slug that it had leads to the new one. */
async function storeText(
  tx: Db,
  noun: Noun,
  term: { id: string; key: string },
  { locale, given, current }: GivenText,
): Promise<void> {
  const text = await completeText(tx, noun, term, { locale, given, current });
  await rows.upsertText(tx, noun, term.id, locale, text);
  if (text.slug === current?.slug) return;
  if (current) await keepNames(tx, noun, term.id, [{ locale, name: current.slug }]);
  await reviveSlug(tx, noun, locale, text.slug);
}

/** No job: it is refused while a published text shows it. @throws Problem not_found, version_mismatch, in_use */
export async function removeTerm(
  tx: Db,
  actor: Actor | null,
  noun: Noun,
  { keyOrId, expected }: { keyOrId: string; expected: number },
): Promise<void> {
  const before = await lockTerm(tx, noun, keyOrId);
  checkVersion(before, expected);
  await checkLimits(tx, actor, noun, {}, before.id);
  checkLocales(actor, before.texts);
  await refuseWhileUsed(tx, rows.usesOf(noun, before.id, before.key));
  await rows.deleteTerm(tx, noun, before.id);
  await forgetNames(tx, noun, before.id);
  await insertAudit(tx, actor, [{ action: `${noun.name}.delete`, entity: noun.name, entityId: before.id, before }]);
}

async function lockTerm(tx: Db, noun: Noun, keyOrId: string): Promise<DeskTerm> {
  await lockSurroundingsAlone(tx);
  const { id } = await getDeskTerm(tx, noun, keyOrId);
  await rows.lockTerm(tx, noun, id);
  // Read again: it may have been changed by one who held the row while this waited.
  return getDeskTerm(tx, noun, id);
}

export async function getDeskTerm(db: Db, noun: Noun, keyOrId: string): Promise<DeskTerm> {
  const term = await rows.findDeskTerm(db, noun, keyOrId);
  if (!term) throw new Problem('not_found');
  return term;
}
