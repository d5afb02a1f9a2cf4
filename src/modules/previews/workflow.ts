// How previews are made and revoked: each function is given an open transaction. Only those who may write a draft may show it to others.
import type { Db } from '../../db/client.ts';
import { Problem } from '../../errors.ts';
import type { Actor } from '../access/queries.ts';
import { newPreviewToken, secretDigest } from '../access/secret.ts';
import { insertAudit } from '../audit/queries.ts';
import { findDraftForUpdate } from '../desk/queries.ts';
import { checkReach } from '../desk/reach.ts';
import { findPreviewed, insertPreview, revokePreviews } from './queries.ts';
import type { Preview } from './schemas.ts';

/** @throws Problem not_found, forbidden */
export async function createPreview(
  tx: Db,
  actor: Actor,
  of: { articleId: string; locale: string },
  expiresIn: number,
): Promise<{ preview: Preview; token: string }> {
  const draft = await findDraftForUpdate(tx, of.articleId, of.locale);
  if (!draft) throw new Problem('not_found');
  const { articleId, locale } = draft;
  await checkReach(tx, actor, articleId, locale);
  const token = newPreviewToken();
  const preview = await insertPreview(tx, actor, { articleId, locale, digest: secretDigest(token), expiresIn });
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
  // The story before the preview: in the order of those that revoke all of a story.
  if (!draft || !(await findDraftForUpdate(tx, draft.articleId, draft.locale))) throw new Problem('not_found');
  await checkReach(tx, actor, draft.articleId, draft.locale);
  const [ended] = await revokePreviews(tx, { id });
  if (!ended) throw new Problem('not_found');
  await insertAudit(tx, actor, [{ action: 'preview.revoke', entity: 'preview', entityId: ended, before: draft }]);
}
