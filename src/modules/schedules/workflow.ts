// How schedules are made, moved and cancelled: each function is given an open transaction. It publishes nothing: sweep.ts does, in time.
// The story is locked before its schedules, as sweep.ts locks it: what is being carried out can be neither moved nor cancelled.
import type { Db } from '../../db/client.ts';
import { invalid, Problem } from '../../errors.ts';
import { checkVersion, differences, versionMismatch } from '../../preconditions.ts';
import type { Actor } from '../access/queries.ts';
import { checkReach } from '../access/reach.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { checkComplete, listMissing } from '../desk/publishable.ts';
import { type DraftRow, getDraftForUpdate, updateStatus } from '../desk/queries.ts';
import { checkTransition, targetOf } from '../desk/states.ts';
import { auditCancelled, planOf } from './ending.ts';
import {
  deleteSchedules,
  findSchedule,
  judgeTime,
  type NewSchedule,
  replaceSchedule,
  type ScheduleChange,
  type ScheduleKey,
  type ScheduleRow,
  updateSchedule,
} from './queries.ts';

/** The draft's version that it is based on, and where the plan stands in a request for several. */
export interface Basis {
  expected: number;
  pointer?: string;
}
export type Plan = Pick<ScheduleRow, 'articleId' | 'locale' | 'action' | 'at' | 'removal'> &
  Partial<Pick<ScheduleRow, 'updateType' | 'embargoed'>>;

/** @throws Problem not_found, version_mismatch, conflict where the state does not allow it, validation_failed for the time */
export async function schedule(tx: Db, actor: Actor, plan: Plan, { expected, pointer }: Basis): Promise<void> {
  const draft = await lockDraft(tx, actor, plan);
  if (draft.version !== expected) throw versionMismatch(draft.version, [], pointer);
  const isPublication = plan.action === 'publish';
  const status = checkTransition(isPublication ? 'schedule' : 'expire', draft, actor);
  const there = await findSchedule(tx, plan);
  if (there && there.failedAt === null)
    throw new Problem('conflict', { detail: 'There is one already: move it, or cancel it first.' });
  await checkTime(tx, draft, plan, plan.at, pointer);
  if (isPublication)
    checkComplete([{ missing: await listMissing(tx, plan.articleId, plan.locale) }], () => pointer ?? '');
  const row: NewSchedule = {
    ...plan,
    ...(isPublication && { draftVersion: draft.version, resumeStatus: draft.status }),
    userId: actor.userId,
    keyId: actor.keyId,
    version: Math.max(there?.version ?? 0, draft.scheduleVersion) + 1,
  };
  const made = await replaceSchedule(tx, row);
  await updateStatus(tx, plan.articleId, plan.locale, status);
  await insertAudit(tx, actor, [{ action: 'schedule.create', ...entityOf(made), after: planOf(made) }]);
}

/** @throws Problem not_found, version_mismatch, conflict for one that has failed, validation_failed for the time */
export async function changeSchedule(
  tx: Db,
  actor: Actor,
  { expected, ...key }: ScheduleKey & { expected: number },
  changeOf: (current: ScheduleRow) => ScheduleChange,
  asked: object,
): Promise<void> {
  const draft = await lockDraft(tx, actor, key);
  const current = await findSchedule(tx, key);
  if (!current) throw new Problem('not_found');
  if (current.version !== expected) throw versionMismatch(current.version, differences(asked, wordsOf(current)));
  if (current.failedAt !== null)
    throw new Problem('conflict', { detail: 'It was refused when its time had come: schedule it anew.' });
  const change = changeOf(current);
  if (change.at) await checkTime(tx, draft, key, change.at);
  const after = await updateSchedule(tx, key, change);
  await insertAudit(tx, actor, [
    { action: 'schedule.change', ...entityOf(key), before: planOf(current), after: planOf(after) },
  ]);
}

/** @throws Problem not_found, version_mismatch */
export async function cancelSchedule(tx: Db, actor: Actor, key: ScheduleKey, expected: number): Promise<void> {
  const draft = await lockDraft(tx, actor, key);
  const current = await findSchedule(tx, key);
  if (!current) throw new Problem('not_found');
  checkVersion(current, expected);
  // What will not go out has nothing to be taken back.
  const isAlone = key.action === 'unpublish' || draft.publishedVersion !== null;
  const ended = await deleteSchedules(tx, [key], isAlone ? [key.action] : ['publish', 'unpublish']);
  if (key.action === 'publish' && draft.status === 'scheduled')
    await updateStatus(tx, key.articleId, key.locale, targetOf('cancel', draft, current.resumeStatus));
  await auditCancelled(tx, actor, ended);
}

async function lockDraft(tx: Db, actor: Actor, { articleId, locale }: Omit<ScheduleKey, 'action'>): Promise<DraftRow> {
  const draft = await getDraftForUpdate(tx, articleId, locale);
  await checkReach(tx, actor, articleId, locale);
  return draft;
}

/** What is not public yet cannot expire before it goes out. */
async function checkTime(tx: Db, draft: DraftRow, key: ScheduleKey, at: Date, pointer = ''): Promise<void> {
  const judgement = await judgeTime(tx, at);
  const refuse = (message: string, code: string) => invalid({ pointer: `${pointer}/at` }, message, code);
  if (judgement === 'past') throw refuse('must be in the future', 'past');
  if (judgement === 'far') throw refuse('must lie within the next five years', 'far');
  if (draft.publishedVersion !== null) return;
  const other = await findSchedule(tx, { ...key, action: key.action === 'publish' ? 'unpublish' : 'publish' });
  if (!other || other.failedAt !== null) return;
  const [out, back] = key.action === 'publish' ? [at, other.at] : [other.at, at];
  if (out >= back) throw refuse('must leave time between going out and being taken back', 'order');
}

/** As the editor says it. */
const wordsOf = ({ at, updateType, embargoed, removal }: ScheduleRow) => ({
  at: at.toISOString(),
  updateType,
  embargoed,
  ...(removal ?? {}),
});
const entityOf = (key: ScheduleKey) => ({ entity: 'draft', entityId: draftId(key) });
