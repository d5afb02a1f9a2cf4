// How records of pictures are made, changed and deleted: each function is given an open transaction and leaves row, audit and job behind.
// It does not look at what stands at the address.
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundings, lockSurroundingsAlone } from '../articles/surroundings.ts';
import { hasMade, insertAudit } from '../audit/queries.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';
import { resolveTexts } from '../taxonomy/texts.ts';
import * as queries from './queries.ts';
import type { DeskMedia, MediaInput, MediaPatch, MediaText } from './schemas.ts';

export async function getMedia(db: Db, id: string): Promise<DeskMedia> {
  const found = await queries.findMedia(db, id);
  if (!found) throw new Problem('not_found');
  return found;
}

/** No job: no published text can show what has just been made. @throws Problem unknown_locale, validation_failed, conflict */
export async function createMedia(tx: Db, actor: Actor, { texts, ...file }: MediaInput): Promise<DeskMedia> {
  // Before any row: a language that is named is not deleted meanwhile.
  await lockSurroundings(tx);
  const after = await queries.insertMedia(tx, { ...file, texts: await mergeTexts(tx, {}, texts ?? {}) });
  await insertAudit(tx, actor, [{ action: 'media.create', entity: 'media', entityId: after.id, after }]);
  return after;
}

/** @throws Problem not_found, forbidden, version_mismatch, unknown_locale, validation_failed, conflict */
export async function changeMedia(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  patch: MediaPatch,
): Promise<DeskMedia> {
  await lockSurroundingsAlone(tx);
  const before = await queries.getMediaForUpdate(tx, id, 'no key update');
  await checkReach(tx, actor, before.id);
  await checkShown(tx, actor, before.id);
  checkVersion(before, expected, patch);
  const { texts, ...file } = patch;
  checkSize({ ...before, ...file });
  const after = await queries.updateMedia(tx, before.id, {
    ...file,
    ...(texts && { texts: await mergeTexts(tx, before.texts, texts) }),
  });
  await insertAudit(tx, actor, [{ action: 'media.change', entity: 'media', entityId: after.id, before, after }]);
  await enqueueRebuild(tx, { noun: 'media', id: after.id });
  return after;
}

/** No job: it is refused while a story shows it. @throws Problem not_found, forbidden, version_mismatch, in_use */
export async function removeMedia(tx: Db, actor: Actor, id: string, expected: number): Promise<void> {
  await lockSurroundingsAlone(tx);
  const before = await queries.getMediaForUpdate(tx, id, 'update');
  await checkReach(tx, actor, before.id);
  checkVersion(before, expected);
  const uses = await queries.countUses(tx, before.id);
  if (uses > 0)
    throw new Problem('in_use', {
      detail: uses === 1 ? '1 story shows this picture.' : `${uses} stories show this picture.`,
    });
  await queries.deleteMedia(tx, before.id);
  await insertAudit(tx, actor, [{ action: 'media.delete', entity: 'media', entityId: before.id, before }]);
}

/** Of what an import has brought, nobody may have told either side. */
function checkSize({ width, height }: Pick<DeskMedia, 'width' | 'height'>): void {
  if ((width === null) === (height === null)) return;
  const pointer = width === null ? '/width' : '/height';
  throw invalid({ pointer }, 'is required where the other side is given', 'required');
}

const isLimited = ({ locales, regionIds, ownOnly }: Actor) => Boolean(locales || regionIds || ownOnly);

/** It is of no language, region or story before one shows it: who is limited in where they write has the pictures that they brought. */
async function checkReach(tx: Db, actor: Actor, id: string): Promise<void> {
  if (isLimited(actor) && !(await hasMade(tx, actor, 'media', id)))
    throw new Problem('forbidden', { detail: 'Somebody else recorded this picture, and you are limited to some.' });
}

/** A change of a picture is one of every story that shows it: who is limited in where they write may not reach beyond by it. */
async function checkShown(tx: Db, actor: Actor, id: string): Promise<void> {
  if (!isLimited(actor)) return;
  const { locales, regionIds, userId } = actor;
  const isPartly = locales || regionIds;
  if ((await queries.countUses(tx, id, isPartly ? null : userId)) > 0)
    throw new Problem('forbidden', {
      detail: isPartly
        ? 'Stories show this picture, and you may write in some languages or regions only.'
        : 'Stories of others show this picture.',
    });
}

/** What is given over what is there. @throws Problem unknown_locale, or validation_failed for a new language without alt */
async function mergeTexts(
  tx: Db,
  current: Readonly<Record<string, MediaText>>,
  given: NonNullable<MediaPatch['texts']>,
): Promise<Record<string, MediaText>> {
  const merged = new Map(Object.entries(current));
  for (const [locale, text] of Object.entries(await resolveTexts(tx, given))) {
    if (text === null) merged.delete(locale);
    else {
      const { alt, caption = null, credit = null } = { ...merged.get(locale), ...text };
      if (alt === undefined)
        throw invalid({ pointer: `/texts/${locale}/alt` }, 'is required for a new language', 'required');
      merged.set(locale, { alt, caption, credit });
    }
  }
  return Object.fromEntries(merged);
}
