// How previews are made and revoked: each function is given an open transaction. Only those who may write a
// draft may show it to others, and a front only those who are limited to no part of what can stand on it.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import { checkUnlimited } from '../access/limits.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach, findLimit, type Reach } from '../access/reach.ts';
import { newPreviewToken, secretDigest } from '../access/secret.ts';
import { insertAudit } from '../audit/queries.ts';
import { getDraftForUpdate } from '../desk/queries.ts';
import { lockFront } from '../fronts/desk-queries.ts';
import { getDeskFront } from '../fronts/workflow.ts';
import { findPreviewed, insertPreview, listOpenOf, revokePreviews } from './queries.ts';
import type { FrontPreview, Preview } from './schemas.ts';

/** @throws Problem not_found, forbidden */
export async function createPreview(
  tx: Db,
  actor: Actor,
  of: { articleId: string; locale: string },
  expiresIn: number,
): Promise<{ preview: Preview; token: string }> {
  const draft = await getDraftForUpdate(tx, of.articleId, of.locale);
  const { articleId, locale } = draft;
  await checkReach(tx, actor, articleId, locale);
  const token = newPreviewToken();
  const preview = await insertPreview(tx, actor, { articleId, locale }, { digest: secretDigest(token), expiresIn });
  await insertAudit(tx, actor, [
    {
      action: 'preview.create',
      entity: 'preview',
      entityId: preview.id,
      after: { articleId, locale, expiresAt: preview.expiresAt },
    },
  ]);
  return { preview, token };
}

/** @throws Problem not_found where there is no such preview, or it was revoked before */
export async function endPreview(tx: Db, actor: Actor, id: string): Promise<void> {
  const draft = await findPreviewed(tx, id);
  if (!draft) throw new Problem('not_found');
  // The story before the preview: in the order of those that revoke all of a story.
  await getDraftForUpdate(tx, draft.articleId, draft.locale);
  await checkReach(tx, actor, draft.articleId, draft.locale);
  const [ended] = await revokePreviews(tx, { id });
  if (!ended) throw new Problem('not_found');
  await insertAudit(tx, actor, [{ action: 'preview.revoke', entity: 'preview', entityId: ended, before: draft }]);
}

/** @throws Problem not_found, forbidden */
export async function createFrontPreview(
  tx: Db,
  actor: Actor,
  slug: string,
  expiresIn: number,
): Promise<{ preview: FrontPreview; token: string }> {
  checkUnlimited(actor, 'A front');
  // Against whoever deletes it.
  await lockFront(tx, slug);
  const { id: frontId } = await getDeskFront(tx, slug);
  const token = newPreviewToken();
  const preview = await insertPreview(tx, actor, { frontId }, { digest: secretDigest(token), expiresIn });
  const after = { front: slug, expiresAt: preview.expiresAt };
  await insertAudit(tx, actor, [{ action: 'preview.create', entity: 'preview', entityId: preview.id, after }]);
  return { preview, token };
}

/** @throws Problem not_found where the front has no such preview, or it was revoked before; forbidden */
export async function endFrontPreview(tx: Db, actor: Actor, slug: string, id: string): Promise<void> {
  checkUnlimited(actor, 'A front');
  await lockFront(tx, slug);
  const { id: frontId } = await getDeskFront(tx, slug);
  const [ended] = await revokePreviews(tx, { id, frontId });
  if (!ended) throw new Problem('not_found');
  const before = { front: slug };
  await insertAudit(tx, actor, [{ action: 'preview.revoke', entity: 'preview', entityId: ended, before }]);
}

/** Of the links of a person, those that they could not make with the limits that they have by now. @returns the ids */
export async function revokeBeyond(tx: Db, maker: Reach & { userId: string }): Promise<string[]> {
  const isLimited = maker.locales !== null || maker.regionIds !== null || maker.ownOnly;
  const revoked: string[] = [];
  for (const { id, articleId, locale } of isLimited ? await listOpenOf(tx, maker.userId) : []) {
    const isWithin = articleId !== null && (await findLimit(tx, maker, articleId, locale)) === null;
    if (!isWithin) revoked.push(...(await revokePreviews(tx, { id })));
  }
  return revoked;
}
