// Wakes whoever waits for the next change on this node: one look at the end of the log for all of them. It tells nobody what changed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublicDb } from '../../db/pipeline.ts';
import { findHead } from './queries.ts';

export interface Follower {
  /** Counts up when more can be read. */
  turn(): number;
  /** Resolves when more can be read than at that turn, when the time is over, or when the server stops. */
  beyond(turn: number, milliseconds: number, signal?: AbortSignal): Promise<void>;
  isEnded(): boolean;
  leave(): void;
}
export interface Head {
  /** @returns null where as many wait as may, or the server stops */
  follow(): Follower | null;
  /** Something may have been written. */
  look(): void;
  end(): void;
}

/** Milliseconds. What is committed may have to wait for an older transaction, which announces nothing when it ends. */
const SOON = 25;
const LATER = 500;

export function createHead(db: PublicDb, most: number, onError: (error: unknown) => void): Head {
  let followers = 0;
  let turn = 0;
  let settled: string | null = null;
  let isLooking = false;
  let isAsked = false;
  let ended = false;
  let waiting = Promise.withResolvers<void>();
  const wake = () => {
    turn += 1;
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };

  async function look(): Promise<void> {
    isAsked = true;
    if (isLooking) return;
    isLooking = true;
    for (let pause = SOON; isAsked && followers > 0 && !ended; pause = Math.min(2 * pause, LATER)) {
      isAsked = false;
      try {
        const head = await findHead(db);
        if (head.settled !== settled) {
          settled = head.settled;
          pause = SOON;
          wake();
        }
        isAsked ||= head.isSettling;
      } catch (error) {
        onError(error);
        isAsked = true;
      }
      if (isAsked) await sleep(pause, undefined, { ref: false });
    }
    isLooking = false;
  }

  return {
    follow() {
      if (ended || followers >= most) return null;
      followers += 1;
      // Nobody looked while nobody followed: what is settling since then announces nothing any more.
      if (followers === 1) void look();
      return {
        turn: () => turn,
        isEnded: () => ended,
        leave: () => {
          followers -= 1;
        },
        async beyond(seen, milliseconds, signal) {
          if (turn !== seen || ended) return;
          const over = new AbortController();
          const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
          await Promise.race([
            waiting.promise,
            sleep(milliseconds, undefined, { ref: false, signal: stop }).catch(() => {}),
          ]);
          over.abort();
        },
      };
    },
    look: () => void look(),
    end() {
      ended = true;
      wake();
    },
  };
}
