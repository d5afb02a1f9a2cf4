// What becomes of schedules when their story is published or taken back, by hand or by time. It runs in the transaction that does it.
import type { Db } from '../../db/client.ts';
import type { Actor } from '../access/queries.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import type { DraftStatus } from '../desk/schemas.ts';
import { deleteSchedules, resumeAs, type ScheduleRow } from './queries.ts';

/** What was to be published is; an expiry stays. */
export async function endByPublishing(
  tx: Db,
  stories: readonly { articleId: string; locale: string }[],
): Promise<void> {
  if (stories.length > 0) await deleteSchedules(tx, stories, ['publish']);
}

/**
 * Whoever takes a story back by hand does not want it to come back by itself; but where it expires, what is set for later was
 * set in full knowledge of that.
 * @returns the state that the draft is in from now on
 */
export async function endByRemoval(
  tx: Db,
  actor: Actor | null,
  draft: { articleId: string; locale: string; status: DraftStatus },
  removed: 'draft' | 'withdrawn',
  due: object | undefined,
): Promise<DraftStatus> {
  const staysScheduled = due !== undefined && draft.status === 'scheduled';
  const ended = await deleteSchedules(tx, [draft], staysScheduled ? ['unpublish'] : ['publish', 'unpublish']);
  if (staysScheduled) await resumeAs(tx, draft, removed);
  if (due === undefined) await auditCancelled(tx, actor, ended);
  return staysScheduled ? 'scheduled' : removed;
}

export async function auditCancelled(tx: Db, actor: Actor | null, ended: ScheduleRow[]): Promise<void> {
  await insertAudit(
    tx,
    actor,
    ended.map((row) => ({
      action: 'schedule.cancel',
      entity: 'draft',
      entityId: draftId(row),
      before: planOf(row),
    })),
  );
}

/** What of a schedule the audit log tells. */
export const planOf = ({ action, at, draftVersion, updateType, embargoed, removal }: ScheduleRow) => ({
  action,
  at,
  ...(action === 'publish' ? { draftVersion, updateType, embargoed } : { removal }),
});
