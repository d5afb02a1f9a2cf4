// How custom fields are defined, changed and deleted: each function is given an open transaction and leaves rows and audit behind.
// Whoever writes a value holds the lock of surroundings shared, a definition is changed under it alone: what is looked for among the
// values is then all there is, and no value is written by a definition that is being changed.
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { mergePatch } from '../../merge-patch.ts';
import { checkVersion } from '../../preconditions.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { lockSurroundingsAlone } from '../articles/surroundings.ts';
import { insertAudit } from '../audit/queries.ts';
import { listLocales } from '../site/queries.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';
import { checkField, checkStored } from './checking.ts';
import { hideField } from './hiding.ts';
import { deleteField, findField, insertField, listFields, updateField } from './queries.ts';
import { type Field, type FieldInput, type FieldPatch, MOST_FIELDS } from './schemas.ts';
import { findHolding } from './usage.ts';

/** @throws Problem key_taken, conflict, validation_failed, unknown_locale */
export async function createField(tx: Db, actor: Actor, input: FieldInput): Promise<Field> {
  checkUnlimited(actor, 'A custom field');
  await lockSurroundingsAlone(tx);
  const there = await listFields(tx);
  if (there.some(({ key }) => key === input.key)) {
    throw new Problem('key_taken', { errors: [{ pointer: '/key', code: 'taken', message: 'this key is taken' }] });
  }
  if (there.length >= MOST_FIELDS)
    throw new Problem('conflict', { detail: `There are ${MOST_FIELDS} custom fields already; more are not possible.` });
  const { choices = [], kinds = [], position = 0 } = input;
  const { localised = false, required = false, public: isPublic = true, filterable = false } = input;
  const field = { ...input, choices, kinds, position, localised, required, public: isPublic, filterable };
  checkField(field, await listLocales(tx));
  await insertField(tx, { ...field, id: uuidv7() });
  const after = await getField(tx, input.key);
  await insertAudit(tx, actor, [{ action: 'field.create', entity: 'field', entityId: after.id, after }]);
  return after;
}

/**
 * @param expected the version that the change is based on
 * @throws Problem not_found, version_mismatch, validation_failed, unknown_locale; in_use or conflict where stories stand against it
 */
export async function changeField(
  tx: Db,
  actor: Actor,
  key: string,
  expected: number,
  patch: FieldPatch,
): Promise<Field> {
  checkUnlimited(actor, 'A custom field');
  await lockSurroundingsAlone(tx);
  const before = await getField(tx, key);
  checkVersion(before, expected, patch);
  const wanted = mergePatch(before, patch) as Field;
  checkField(wanted, await listLocales(tx));
  await checkStored(tx, before, wanted);
  await updateField(tx, wanted);
  if (before.public && !wanted.public) await hideField(tx, key);
  if (!before.filterable && wanted.filterable) await enqueueRebuild(tx, { noun: 'field', key });
  const after = await getField(tx, key);
  await insertAudit(tx, actor, [{ action: 'field.change', entity: 'field', entityId: before.id, before, after }]);
  return after;
}

/** @throws Problem not_found, version_mismatch, in_use */
export async function removeField(tx: Db, actor: Actor, key: string, expected: number): Promise<void> {
  checkUnlimited(actor, 'A custom field');
  await lockSurroundingsAlone(tx);
  const before = await getField(tx, key);
  checkVersion(before, expected);
  const stories = await findHolding(tx, before);
  if (stories.count > 0)
    throw new Problem('in_use', { detail: 'Stories hold values of this field.', extra: { stories } });
  await deleteField(tx, before.id);
  await insertAudit(tx, actor, [{ action: 'field.delete', entity: 'field', entityId: before.id, before }]);
}

/** @throws Problem not_found */
export async function getField(db: Db, key: string): Promise<Field> {
  const field = await findField(db, key);
  if (!field) throw new Problem('not_found');
  return field;
}
