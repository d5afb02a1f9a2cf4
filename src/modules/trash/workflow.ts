// How stories are thrown away, brought back and erased: each function is given an open transaction. What is public is never thrown away:
// it has to be taken back first, with the words that readers are owed.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { insertAudit } from '../audit/queries.ts';
import { logErased } from '../changes/logging.ts';
import { getArticleForUpdate } from '../desk/queries.ts';
import { revokePreviews } from '../previews/queries.ts';
import {
  deleteArticle,
  deleteLocks,
  findOutgoing,
  findTitles,
  getTrashedForUpdate,
  lockLinking,
  updateTrashed,
} from './queries.ts';

/** @throws Problem not_found, forbidden, version_mismatch, conflict */
export async function trashArticle(tx: Db, actor: Actor, given: string, expected: number): Promise<void> {
  const current = await getArticleForUpdate(tx, given);
  const { id } = current;
  await checkReach(tx, actor, id, null);
  checkVersion(current, expected);
  const locales = await findOutgoing(tx, id);
  if (locales.length > 0) {
    throw new Problem('conflict', {
      detail: `It is public or scheduled in ${locales.join(', ')}; take it back there first.`,
      extra: { locales },
    });
  }
  await updateTrashed(tx, id, true);
  await deleteLocks(tx, id);
  const revoked = await revokePreviews(tx, { articleId: id });
  await insertAudit(tx, actor, [
    { action: 'article.trash', entity: 'article', entityId: id, before: { titles: await findTitles(tx, id) } },
    ...revoked.map((preview) => ({ action: 'preview.revoke', entity: 'preview', entityId: preview })),
  ]);
}

/** Its previews stay revoked. @throws Problem not_found, forbidden */
export async function restoreArticle(tx: Db, actor: Actor, given: string): Promise<void> {
  const { id } = await getTrashedForUpdate(tx, given);
  await checkReach(tx, actor, id, null);
  await updateTrashed(tx, id, false);
  await insertAudit(tx, actor, [
    { action: 'article.restore', entity: 'article', entityId: id, after: { titles: await findTitles(tx, id) } },
  ]);
}

/** For good: that it was there stays in the audit log, with its titles and none of its text. @throws Problem not_found, forbidden, version_mismatch */
export async function eraseArticle(tx: Db, actor: Actor, given: string, expected: number): Promise<void> {
  await lockLinking(tx, given);
  const current = await getTrashedForUpdate(tx, given);
  const { id } = current;
  await checkReach(tx, actor, id, null);
  checkVersion(current, expected);
  const titles = await findTitles(tx, id);
  await logErased(tx, id);
  await deleteArticle(tx, id);
  await insertAudit(tx, actor, [{ action: 'article.erase', entity: 'article', entityId: id, before: { titles } }]);
}
