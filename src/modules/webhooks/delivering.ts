// Sends what is due to one receiver, a wave at a time, on one node at a time. It never waits for another receiver.
//
// Not one job for each message: ten thousand that wait for a receiver that is away would be ten thousand jobs to look at. Nor is the
// job what guarantees anything: what a killed worker had taken waits until it is given back (db/workers.ts). A message is due by its
// row, and a lease that runs out by itself says who sends it.
import type { Db } from '../../db/client.ts';
import { FAILING_AFTER, pauseAfter } from '../../outbound/pausing.ts';
import type { Outbound } from '../../outbound/sending.ts';
import { takeTurn } from '../../outbound/turns.ts';
import { insertAudit } from '../audit/queries.ts';
import { type Attempt, attempt } from './attempting.ts';
import {
  type Claimed,
  claimDeliveries,
  endLease,
  findReceiver,
  giveBack,
  type Lease,
  leaseWebhook,
  type Outcome,
  scheduleNext,
  settleFailing,
  settleSound,
} from './claiming.ts';
import { retryIn } from './retrying.ts';
import type { DisabledReason } from './tables.ts';

export interface Sending {
  db: Db;
  outbound: Outbound;
  /** Public URL of this API, without a trailing slash. */
  baseUrl: string;
  /** The node is closing: requests are cut off, and count as if they had not been begun. */
  signal: AbortSignal;
  onDisabled(webhookId: string, reason: DisabledReason): void;
}

/** Requests to one receiver at a time. */
const WAVE = 16;
const [GONE, TOO_MANY, UNAVAILABLE] = [410, 429, 503];

export const deliver = (sending: Sending, webhookId: string): Promise<void> => {
  const { db, signal } = sending;
  return takeTurn<Lease>(signal, {
    lease: () => leaseWebhook(db, webhookId),
    wave: (held) => sendWave(sending, held),
    endLease: (held) => endLease(db, held),
    scheduleNext: () => scheduleNext(db, webhookId),
  });
};

/** @returns whether more may be sent at once */
async function sendWave(sending: Sending, held: Lease): Promise<boolean> {
  const { db, outbound, baseUrl, signal } = sending;
  const receiver = await findReceiver(db, held.webhookId);
  if (!receiver || receiver.isDisabled) return false;
  const wave = await claimDeliveries(db, held, receiver.failures < FAILING_AFTER ? WAVE : 1);
  if (wave.length === 0) return false;
  const tried = await Promise.all(
    wave.map(async (message) => ({ message, ...(await attempt(outbound, receiver, message, { baseUrl, signal })) })),
  );
  const isCut = ({ delivered, responseStatus }: Attempt) => signal.aborted && !delivered && responseStatus === null;
  const cut = tried.filter(isCut).map(({ message }) => message.id);
  if (cut.length > 0) await giveBack(db, held, cut);
  const ended = tried.filter((one) => !isCut(one));
  return settle(sending, held, receiver.failures, ended);
}

type Tried = Attempt & { message: Claimed };

/** @returns whether more may be sent at once */
async function settle(
  { db, onDisabled }: Sending,
  held: Lease,
  failuresBefore: number,
  tried: Tried[],
): Promise<boolean> {
  if (tried.length === 0) return false;
  const { webhookId } = held;
  const failures = failuresBefore + tried.length;
  const gone = tried.some(({ responseStatus }) => responseStatus === GONE);
  const isSound = !gone && tried.some(({ delivered }) => delivered);
  const pause = Math.max(
    isSound ? 0 : pauseAfter(failures),
    ...tried.map(({ responseStatus, retryAfter }) =>
      responseStatus === TOO_MANY || responseStatus === UNAVAILABLE ? (retryAfter ?? 0) : 0,
    ),
  );
  const outcomes = tried.map(outcomeOf);
  if (isSound) {
    await settleSound(db, held, outcomes, pause);
    return pause === 0;
  }
  const reason = await db.transaction(async (tx) => {
    const disabled = await settleFailing(tx, held, outcomes, { failed: tried.length, pause, gone });
    if (disabled)
      await insertAudit(tx, null, [
        { action: 'webhook.disable', entity: 'webhook', entityId: webhookId, after: { disabledReason: disabled } },
      ]);
    return disabled;
  });
  if (reason) onDisabled(webhookId, reason);
  return reason === null && pause === 0;
}

function outcomeOf({ message, delivered, retryAfter, ...result }: Tried): Outcome {
  const again = delivered || result.responseStatus === GONE ? null : retryIn(message.attempts + 1, retryAfter);
  const status = delivered ? 'delivered' : again === null ? 'failed' : 'pending';
  return { id: message.id, attempts: message.attempts, status, retryIn: again, ...result };
}
