// How redirects are made, changed and deleted: each function is given an open transaction and leaves rows and audit behind.
import { v7 as uuidv7 } from 'uuid';
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { checkVersion, differences, versionMismatch } from '../../preconditions.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { insertAudit } from '../audit/queries.ts';
import { checkRedirects, type GivenRedirect } from './checking.ts';
import { type Place, place } from './placing.ts';
import {
  deleteRedirect,
  findRedirect,
  insertRedirects,
  listAround,
  listByIds,
  lockRedirects,
  type RedirectRow,
  updateRedirects,
} from './queries.ts';
import type { RedirectInput, RedirectPatch } from './schemas.ts';

/**
 * All of them or none.
 * @param pointerOf to each in the request
 * @throws Problem validation_failed, unknown_locale, unknown_reference, conflict
 */
export async function createRedirects(
  tx: Db,
  actor: Actor | null,
  inputs: RedirectInput[],
  pointerOf: (index: number) => string,
): Promise<RedirectRow[]> {
  if (actor) checkUnlimited(actor, 'A redirect');
  await lockRedirects(tx);
  const given = inputs.map(({ path, target = null, story = null, status = 301 }, index) => {
    return { id: uuidv7(), path, target, story, status, pointer: pointerOf(index) };
  });
  await store(tx, actor, given, null);
  const rows = await listByIds(
    tx,
    given.map(({ id }) => id),
  );
  const made = new Map(rows.map((row) => [row.id, row]));
  return given.flatMap(({ id }) => made.get(id) ?? []);
}

export async function changeRedirect(
  tx: Db,
  actor: Actor,
  id: string,
  expected: number,
  patch: RedirectPatch,
): Promise<RedirectRow> {
  checkUnlimited(actor, 'A redirect');
  await lockRedirects(tx);
  const before = await getRedirect(tx, id);
  const { articleId, locale } = before;
  const current = { ...before, story: articleId !== null && locale !== null ? { articleId, locale } : null };
  if (before.version !== expected) throw versionMismatch(before.version, differences(patch, current));
  const isRedirected = patch.target !== undefined || patch.story !== undefined || patch.status === 410;
  const { target = null, story = null } = isRedirected ? patch : current;
  const { path, status } = { ...current, ...patch };
  await store(tx, actor, [{ id, path, target, story, status, pointer: '' }], before);
  return getRedirect(tx, id);
}

/** Those that led through it, and were flattened, stay as they are. */
export async function removeRedirect(tx: Db, actor: Actor, id: string, expected: number): Promise<void> {
  checkUnlimited(actor, 'A redirect');
  await lockRedirects(tx);
  const before = await getRedirect(tx, id);
  checkVersion(before, expected);
  await deleteRedirect(tx, id);
  await insertAudit(tx, actor, [{ action: 'redirect.delete', entity: 'redirect', entityId: id, before }]);
}

export async function getRedirect(db: Db, id: string): Promise<RedirectRow> {
  const row = await findRedirect(db, id);
  if (!row) throw new Problem('not_found');
  return row;
}

/** @param before the one that is changed; null where they are new */
async function store(tx: Db, actor: Actor | null, given: GivenRedirect[], before: Place | null): Promise<void> {
  const wanted = await checkRedirects(tx, given);
  const around = await listAround(
    tx,
    wanted.flatMap(({ path, target }) => (target === null ? [path] : [path, target])),
  );
  const known = new Map(around.map((row) => [row.id, row]));
  const rows = new Map(around.filter(({ id }) => id !== before?.id).map((row): [string, Place] => [row.path, row]));
  const changed = new Map<string, Place>();
  wanted.forEach((one, index) => {
    for (const row of place(rows, one, given[index]?.pointer ?? '')) changed.set(row.id, row);
  });
  const all = [...changed.values()];
  const isThere = ({ id }: Place) => known.has(id) || id === before?.id;
  await insertRedirects(
    tx,
    all.filter((row) => !isThere(row)),
  );
  await updateRedirects(tx, all.filter(isThere));
  await insertAudit(
    tx,
    actor,
    all.map((after) => {
      const old = before?.id === after.id ? before : known.get(after.id);
      const action = old ? 'redirect.change' : 'redirect.create';
      return {
        action,
        entity: 'redirect',
        entityId: after.id,
        ...(old && { before: placeOf(old) }),
        after: placeOf(after),
      };
    }),
  );
}

/** What a change can change: of a row's version and times, the log would tell that they are gone. */
const placeOf = ({ id, path, target, articleId, locale, status }: Place): Place => {
  return { id, path, target, articleId, locale, status };
};
