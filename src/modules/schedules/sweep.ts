// Carries out what is due, a batch in one transaction. What one story breaks is told of that story and stops no other.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import type { Db } from '../../db/client.ts';
import { problemOf } from '../../db/violations.ts';
import { Problem } from '../../errors.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { draftId, insertAudit } from '../audit/queries.ts';
import { type Due, lockForRemoval, publish, type Removal, unpublish } from '../desk/publishing.ts';
import { findDraft, updateStatus } from '../desk/queries.ts';
import { targetOf } from '../desk/states.ts';
import { planOf } from './ending.ts';
import { claimDue, findDueActions, type ScheduleAction, type ScheduleRow, updateSchedule } from './queries.ts';

/** 20 to 100 differ by less than the noise; a failure costs the batch once more, and a killed node leaves half a batch undone. */
const BATCH = 50;

/** A schedule that was refused, for the log: `traceId` stands in its problem document, too. */
export type OnRefusal = (refusal: { error: unknown; traceId: string; articleId: string; locale: string }) => void;

/** @returns how many were due and are done, or refused; 0 where there was nothing that nobody else holds */
export async function sweep(db: Db, onRefusal: OnRefusal): Promise<number> {
  let done = 0;
  for (const action of await findDueActions(db)) done += await sweepAll(db, action, onRefusal);
  return done;
}

/**
 * What goes out in a transaction of its own: where stories can link to each other, what is taken back waits for all who publish, and a story
 * that was due waited with it for a bulk or a portion of an import to end.
 */
function sweepAll(db: Db, action: ScheduleAction, onRefusal: OnRefusal): Promise<number> {
  return db.transaction(async (tx) => {
    // Before any row, as everybody who publishes does: with the rows first, one who publishes by hand waited for them while he was
    // waited for, until Postgres ended one of the two.
    await (action === 'publish' ? lockSurroundings(tx) : lockForRemoval(tx));
    const due = await claimDue(tx, action, BATCH);
    if (due.length > 0) await carryOut(tx, due, onRefusal);
    return due.length;
  });
}

/** Halves until the culprit is alone: one among fifty costs a dozen savepoints, and not fifty. */
async function carryOut(tx: Db, due: ScheduleRow[], onRefusal: OnRefusal): Promise<void> {
  try {
    await tx.transaction((savepoint) => perform(savepoint, due));
  } catch (error) {
    if (isPassing(error)) throw error;
    const [first] = due;
    if (first && due.length === 1) return refuse(tx, first, error, onRefusal);
    const middle = Math.ceil(due.length / 2);
    await carryOut(tx, due.slice(0, middle), onRefusal);
    await carryOut(tx, due.slice(middle), onRefusal);
  }
}

async function perform(tx: Db, due: ScheduleRow[]): Promise<void> {
  const items = due
    .filter(({ action }) => action === 'publish')
    .map((row) => ({
      articleId: row.articleId,
      locale: row.locale,
      expected: row.draftVersion,
      updateType: row.updateType ?? ('major' as const),
      due: dueOf(row),
    }));
  if (items.length > 0) await publish(tx, null, items);
  for (const row of due.filter(({ action }) => action === 'unpublish'))
    await unpublish(tx, null, {
      articleId: row.articleId,
      locale: row.locale,
      expected: null,
      removal: removalOf(row),
      due: dueOf(row),
    });
}

const dueOf = ({ at, userId, keyId }: ScheduleRow): Due => ({ at, by: { userId, keyId } });

function removalOf({ removal }: ScheduleRow): Removal {
  if (!removal || removal.type === 'draft') return { status: 'draft' };
  return { status: 'withdrawn', type: removal.type, notice: removal.notice };
}

/** The draft is again where it was, and the desk finds the schedule with the reason. */
async function refuse(tx: Db, row: ScheduleRow, error: unknown, onRefusal: OnRefusal): Promise<void> {
  const traceId = randomUUID();
  const problem = problemOf(error) ?? new Problem('internal_error', { cause: error });
  const failure = problem.toDocument(traceId) as NonNullable<ScheduleRow['failure']>;
  const failed = await updateSchedule(tx, row, { failure, failedAt: sql`now()` });
  const draft = await findDraft(tx, row.articleId, row.locale);
  if (row.action === 'publish' && draft?.status === 'scheduled')
    await updateStatus(tx, row.articleId, row.locale, targetOf('cancel', draft, row.resumeStatus));
  await insertAudit(tx, null, [
    {
      action: 'schedule.fail',
      entity: 'draft',
      entityId: draftId(row),
      by: { userId: row.userId, keyId: row.keyId },
      before: planOf(row),
      after: { failedAt: failed.failedAt, failure },
    },
  ]);
  onRefusal({ error, traceId, articleId: row.articleId, locale: row.locale });
}

/**
 * Not the story's doing: the connection or the server is gone, or somebody else was in the way (deadlock, lock timeout). The whole
 * batch is tried anew. A statement that takes too long (57014) is the story's doing.
 */
function isPassing(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof pg.DatabaseError) return /^(08|53|57P|40001|40P01|55P03)/.test(current.code ?? '');
  }
  return problemOf(error)?.code === 'service_unavailable';
}
