// How fronts are made, changed and deleted, and changes of them set for a time: each function is given an open transaction and leaves rows and
// audit behind. What a front holds and what is to change on it have one version together: two editors never overwrite each other.
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { mergePatch } from '../../merge-patch.ts';
import { nearest } from '../../pointing.ts';
import { checkVersion, differences, versionMismatch } from '../../preconditions.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { listLocales } from '../site/queries.ts';
import { checkSlots, checkTexts, checkTogether, completed } from './checking.ts';
import { contentAfter } from './content.ts';
import * as rows from './desk-queries.ts';
import {
  type DeskFront,
  type FrontChangeInput,
  type FrontContent,
  type FrontInput,
  type FrontPatch,
  MOST_CHANGES,
  MOST_FRONTS,
  type Slot,
  type SlotInput,
} from './schemas.ts';

/** @throws Problem key_taken, conflict, validation_failed, unknown_locale, unknown_reference, forbidden */
export async function createFront(tx: Db, actor: Actor, input: FrontInput): Promise<DeskFront> {
  checkUnlimited(actor, 'A front');
  await lockSurroundings(tx);
  await rows.lockFronts(tx);
  const there = await rows.listDeskFronts(tx);
  if (there.some(({ slug }) => slug === input.slug))
    throw new Problem('key_taken', { errors: [{ pointer: '/slug', code: 'taken', message: 'this slug is taken' }] });
  if (there.length >= MOST_FRONTS)
    throw new Problem('conflict', { detail: `There are ${MOST_FRONTS} fronts already; more are not possible.` });
  const { slug, title, description = {}, public: isPublic = true, position = 0 } = input;
  const content = await checkContent(tx, { title, description, slots: input.slots ?? [] }, '');
  await rows.insertFront(tx, { ...content, id: uuidv7(), slug, public: isPublic, position });
  const after = await getDeskFront(tx, slug);
  await insertAudit(tx, actor, [{ action: 'front.create', entity: 'front', entityId: after.id, after }]);
  return after;
}

/**
 * @param expected the version that the change is based on
 * @throws Problem not_found, version_mismatch, validation_failed, unknown_locale, unknown_reference, forbidden
 */
export async function changeFront(
  tx: Db,
  actor: Actor,
  slug: string,
  expected: number,
  patch: FrontPatch,
): Promise<DeskFront> {
  const before = await lock(tx, actor, slug);
  if (before.version !== expected) throw mismatch(before, patch);
  const { slots, ...own } = patch;
  const merged = mergePatch(before, own) as DeskFront;
  const { title, description } = merged;
  const content = await checkPart(tx, { title, description, ...(slots && { slots }) }, '');
  await rows.updateFront(tx, { ...merged, ...content, version: before.version + 1 });
  const after = await recorded(tx, actor, 'front.change', before);
  if (slots) checkComing(after, '/slots');
  return after;
}

/** @throws Problem not_found, version_mismatch, forbidden */
export async function removeFront(tx: Db, actor: Actor, slug: string, expected: number): Promise<void> {
  const before = await lock(tx, actor, slug);
  checkVersion(before, expected);
  await rows.deleteFront(tx, before.id);
  await insertAudit(tx, actor, [{ action: 'front.delete', entity: 'front', entityId: before.id, before }]);
}

/**
 * Sets a change for a time, at which it takes effect without anybody doing anything.
 * @throws Problem not_found, version_mismatch, validation_failed, unknown_locale, unknown_reference, conflict, forbidden
 */
export async function scheduleChange(
  tx: Db,
  actor: Actor,
  slug: string,
  expected: number,
  { at, slot, front }: FrontChangeInput,
): Promise<DeskFront> {
  const before = await lock(tx, actor, slug);
  if (before.version !== expected) throw mismatch(before, slot ? { slots: [slot] } : (front ?? {}), slot?.key);
  if (before.changes.length >= MOST_CHANGES)
    throw new Problem('conflict', { detail: `${MOST_CHANGES} changes are set for this front already.` });
  if ((slot === undefined) === (front === undefined))
    throw invalid({ pointer: '' }, 'must have exactly one of slot and front', 'ambiguous');
  const time = new Date(at.toUpperCase());
  if (time.getTime() <= (await rows.getNow(tx))) throw invalid({ pointer: '/at' }, 'must be in the future', 'past');
  const content = slot ? await checkSlotOf(tx, before, slot) : await checkPart(tx, front ?? {}, '/front');
  await rows.insertChange(tx, actor, before.id, { at: time.toISOString(), slot: slot?.key ?? null, content });
  await rows.updateFront(tx, { ...before, version: before.version + 1 });
  const after = await recorded(tx, actor, 'front.schedule', before);
  if (slot || front?.slots) checkComing(after, slot ? '/slot/size' : '/front/slots');
  return after;
}

/** @throws Problem not_found where there is no such change, or it has taken effect; version_mismatch, forbidden */
export async function cancelChange(
  tx: Db,
  actor: Actor,
  slug: string,
  id: string,
  expected: number,
): Promise<DeskFront> {
  const before = await lock(tx, actor, slug);
  if (!before.changes.some((change) => change.id === id)) throw new Problem('not_found');
  checkVersion(before, expected);
  await rows.deleteChange(tx, id);
  await rows.updateFront(tx, { ...before, version: before.version + 1 });
  return recorded(tx, actor, 'front.cancel', before);
}

/** @throws Problem not_found */
export async function getDeskFront(db: Db, slug: string): Promise<DeskFront> {
  const front = await rows.findDeskFront(db, slug);
  if (!front) throw new Problem('not_found');
  return front;
}

async function lock(tx: Db, actor: Actor, slug: string): Promise<DeskFront> {
  checkUnlimited(actor, 'A front');
  // Shared with whoever publishes, against whoever merges or deletes terms: what is checked here is still there when this commits.
  await lockSurroundings(tx);
  await rows.lockFront(tx, slug);
  return getDeskFront(tx, slug);
}

async function recorded(tx: Db, actor: Actor, action: string, before: DeskFront): Promise<DeskFront> {
  const after = await getDeskFront(tx, before.slug);
  await insertAudit(tx, actor, [{ action, entity: 'front', entityId: before.id, before, after }]);
  return after;
}

async function checkContent(
  tx: Db,
  {
    title,
    description = {},
    slots: given = [],
  }: { [K in keyof FrontContent]?: K extends 'slots' ? SlotInput[] : FrontContent[K] },
  pointer: string,
): Promise<FrontContent> {
  if (title && Object.keys(title).length === 0)
    throw invalid({ pointer: `${pointer}/title` }, 'one language has to stay', 'last');
  const slotPointer = (index: number) => `${pointer}/slots/${index}`;
  const slots = given.map(completed);
  checkTogether(slots, `${pointer}/slots`);
  checkTexts({ title: title ?? {}, description }, slots, await listLocales(tx), pointer, slotPointer);
  return { title: title ?? {}, description, slots: await checkSlots(tx, slots, slotPointer) };
}

/** What is not given stays as it is then, and was checked before: a story that is pinned may have been put into the trash meanwhile. */
async function checkPart(
  tx: Db,
  { title, description, slots }: NonNullable<FrontChangeInput['front']>,
  pointer: string,
): Promise<Partial<FrontContent>> {
  const content = await checkContent(
    tx,
    { ...(title && { title }), ...(description && { description }), slots: slots ?? [] },
    pointer,
  );
  return { ...(title && { title }), ...(description && { description }), ...(slots && { slots: content.slots }) };
}

async function checkSlotOf(tx: Db, front: DeskFront, given: SlotInput): Promise<Slot> {
  const known = [...front.slots, ...front.changes.flatMap((change) => change.front?.slots ?? [])].map(({ key }) => key);
  if (!known.includes(given.key)) {
    const message = `is no slot of this front${nearest(given.key, known)}`;
    throw invalid({ pointer: '/slot/key' }, message, 'unknown');
  }
  const slot = completed(given);
  checkTexts({}, [slot], await listLocales(tx), '', () => '/slot');
  const [checked = slot] = await checkSlots(tx, [slot], () => '/slot');
  return checked;
}

/** What is set to change one by one can be too much together. @throws Problem validation_failed */
function checkComing(front: DeskFront, pointer: string): void {
  let content: FrontContent = front;
  for (const { at, slot, front: part } of front.changes) {
    const change = slot ? { at, slot: slot.key, content: slot } : { at, slot: null, content: part ?? {} };
    content = contentAfter(content, [change]);
    checkTogether(content.slots, pointer);
  }
}

/**
 * Of a list, a difference would be all of it: so slots are compared one by one, and then their order.
 * @param only the one slot that the request is about
 */
function mismatch(before: DeskFront, { slots, ...own }: Partial<FrontPatch>, only?: string): Problem {
  const byKey = (list: readonly Slot[]) => Object.fromEntries(list.map(({ key, ...slot }) => [key, slot]));
  const orderOf = (list: readonly { key: string }[]) => list.map(({ key }) => key);
  const yours = { ...own, ...(slots && { slots: byKey(slots.map(completed)) }) };
  const order =
    slots && only === undefined ? differences({ slots: orderOf(slots) }, { slots: orderOf(before.slots) }) : [];
  return versionMismatch(before.version, [...differences(yours, { ...before, slots: byKey(before.slots) }), ...order]);
}
