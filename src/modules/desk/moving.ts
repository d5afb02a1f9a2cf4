// Moves a draft from state to state where readers see no difference: review, archive, and back. What they see changes in publishing.ts.
import type { Db } from '../../db/client.ts';
import { checkVersion } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { insertComment } from '../comments/queries.ts';
import { getDraftForUpdate, updateStatus } from './queries.ts';
import { type Action, checkTransition } from './states.ts';

export const MOVES = ['submit', 'approve', 'reject', 'archive', 'reopen'] as const satisfies readonly Action[];
export type Move = (typeof MOVES)[number];

/** @param note kept as a comment on the draft, where whoever works on it reads it. @throws Problem not_found, version_mismatch, conflict */
export async function moveDraft(
  tx: Db,
  actor: Actor,
  { articleId, locale, expected }: { articleId: string; locale: string; expected: number },
  move: Move,
  note: string | undefined,
): Promise<void> {
  const draft = await getDraftForUpdate(tx, articleId, locale);
  await checkReach(tx, actor, articleId, locale);
  checkVersion(draft, expected);
  const status = checkTransition(move, draft, actor);
  await updateStatus(tx, articleId, locale, status);
  if (note !== undefined)
    await insertComment(tx, actor, { articleId, locale, parentId: null, pointer: null, text: note });
  await insertAudit(tx, actor, [
    {
      action: `draft.${move}`,
      entity: 'draft',
      entityId: draftId(draft),
      before: { status: draft.status, version: draft.version },
      after: { status, ...(note !== undefined && { note }) },
    },
  ]);
}
