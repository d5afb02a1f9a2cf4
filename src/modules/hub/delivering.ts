// Makes the requests that are due to one host, a wave at a time, on one node at a time. It never waits for another host.
import { FAILING_AFTER, pauseAfter } from '../../outbound/pausing.ts';
import { OutboundError } from '../../outbound/sending.ts';
import { takeTurn } from '../../outbound/turns.ts';
import { claimRequests, endLease, type Lease, leaseHost, type Request, scheduleNext, settle } from './claiming.ts';
import { deliver, type Hub, ping } from './sending.ts';
import { verifyIntent } from './verifying.ts';

/** Requests to one host at a time. */
const WAVE = 16;

export async function sendToHost(hub: Hub, host: string): Promise<void> {
  const { db, signal } = hub;
  await takeTurn<Lease>(signal, {
    lease: () => leaseHost(db, host),
    wave: (held) => sendWave(hub, held),
    endLease: (held) => endLease(db, held),
    scheduleNext: () => scheduleNext(db, host),
  });
}

/** @returns whether more may be sent at once */
async function sendWave(hub: Hub, held: Lease): Promise<boolean> {
  const wave = await claimRequests(hub.db, held, held.failures < FAILING_AFTER ? WAVE : 1);
  if (wave.length === 0) return false;
  const tried = await Promise.all(wave.map(async (request) => ({ ...request, result: await make(hub, request) })));
  const idsOf = (result: Result) => tried.filter((one) => one.result === result).map(({ id }) => id);
  const [done, failed, cut] = [idsOf('done'), idsOf('failed'), idsOf('cut')];
  // Anybody can have a host asked for what it never wanted: that it fails at that says nothing of those who follow from there.
  const counted = tried.filter(({ kind, result }) => kind !== 'verify' && result === 'failed').length;
  const failures = done.length > 0 ? 0 : held.failures + counted;
  const pause = counted > 0 ? pauseAfter(failures) : 0;
  await hub.db.transaction((tx) => settle(tx, held, { done, failed, cut, failures, pause }));
  held.failures = failures;
  return cut.length === 0 && pause === 0;
}

type Result = 'done' | 'failed' | 'cut';

async function make(
  hub: Hub,
  { kind, intentId, hub: other, locale, subscriptionId, contentId }: Request,
): Promise<Result> {
  try {
    const isDone =
      kind === 'verify'
        ? await verifyIntent(hub, String(intentId))
        : kind === 'ping'
          ? await ping(hub, { hub: String(other), locale: String(locale) })
          : await deliver(hub, { content: String(contentId), subscription: String(subscriptionId) });
    return isDone ? 'done' : 'failed';
  } catch (error) {
    if (hub.signal.aborted) return 'cut';
    if (!(error instanceof OutboundError)) hub.app.log.warn({ err: error, kind }, 'a request of the hub failed');
    return 'failed';
  }
}
