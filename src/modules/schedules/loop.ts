// Has what is due carried out, on every node with the role `jobs`. It holds no plan of its own: all of it stands in the database.
//
// Not jobs of graphile-worker: what a killed worker had taken is given back after 40 seconds (db/workers.ts). Here a node asks
// when the next schedule is due, and claims a batch `for update skip locked`: its claim is its transaction, and dies with its
// connection.
//
// The question is an index-only scan of one entry of the partial index schedules_due: 0.02 ms with 100,000 schedules
// (EXPLAIN ANALYZE, Postgres 17), twice a second. The answer is the time to wait, by the database's clock and counted down by
// one that nobody can set (setTimeout): a node whose clock is hours off is as punctual as any other.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../db/client.ts';
import { findNextDue } from './queries.ts';
import { type OnRefusal, sweep } from './sweep.ts';

/** Milliseconds; what is scheduled for sooner than this is found this much late at the worst. */
const ASK_EVERY = 500;
/** What is due is held by others: they are at work, or somebody is just changing it. */
const HELD = 25;

export interface Loop {
  /** Finishes the batch in flight, and takes no other. */
  stop(): Promise<void>;
}

export function startLoop(db: Db, on: { refusal: OnRefusal; error: (error: unknown) => void }): Loop {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function round(): Promise<number> {
    const wait = await findNextDue(db);
    if (wait === null || wait > 0) return Math.min(ASK_EVERY, Math.ceil(wait ?? ASK_EVERY));
    while (!signal.aborted) if ((await sweep(db, on.refusal)) === 0) break;
    return HELD;
  }

  const working = (async () => {
    let failing = false;
    while (!signal.aborted) {
      const pause = await round().then(
        (wait) => {
          failing = false;
          return wait;
        },
        (error: unknown) => {
          // Told once, and not twice a second for as long as the database is away.
          if (!failing) on.error(error);
          failing = true;
          return ASK_EVERY;
        },
      );
      await sleep(pause, undefined, { signal }).catch(() => {}); // cut short by stop()
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
