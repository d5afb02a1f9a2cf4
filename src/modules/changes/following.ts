// Wakes whoever waits for the next change on this node: one look at the end of the log for all of them. It tells nobody what changed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublicDb } from '../../db/pipeline.ts';
import { Problem } from '../../errors.ts';
import { findHead } from './queries.ts';

export interface Follower {
  /** Counts up when more can be read. */
  turn(): number;
  /** Resolves when more can be read than at that turn, when the time is over, when it is stirred, or when the server stops. */
  beyond(turn: number, milliseconds: number): Promise<void>;
  /** Ends its waiting. */
  stir(): void;
  isEnded(): boolean;
  leave(): void;
}
export interface Head {
  /**
   * @param onEnd called when the server stops
   * @returns null where as many wait as may, or the server stops
   */
  follow(onEnd?: () => void): Follower | null;
  /** Something may have been written. */
  look(): void;
  end(): void;
}

/** For whoever may not wait. */
export const tooMany = () =>
  new Problem('service_unavailable', {
    detail: 'As many wait for changes as this server bears; ask without waiting meanwhile.',
    headers: { 'retry-after': '5' },
  });

/** Milliseconds. What is committed may have to wait for an older transaction, which announces nothing when it ends. */
const SOON = 25;
const LATER = 500;

export function createHead(db: PublicDb, most: number, onError: (error: unknown) => void): Head {
  const followers = new Map<Follower, (() => void) | undefined>();
  let turn = 0;
  let settled: string | null = null;
  let isLooking = false;
  let isAsked = false;
  let ended = false;
  const wake = () => {
    turn += 1;
    for (const follower of followers.keys()) follower.stir();
  };

  async function look(): Promise<void> {
    isAsked = true;
    if (isLooking) return;
    isLooking = true;
    for (let pause = SOON; isAsked && followers.size > 0 && !ended; pause = Math.min(2 * pause, LATER)) {
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
    follow(onEnd) {
      if (ended || followers.size >= most) return null;
      let stir = () => {};
      const follower: Follower = {
        turn: () => turn,
        isEnded: () => ended,
        stir: () => stir(),
        leave: () => void followers.delete(follower),
        // A race against one promise for all would keep something of each wait until that is settled, on a quiet night for hours.
        beyond: (seen, milliseconds) =>
          new Promise((resolve) => {
            if (turn !== seen || ended) return resolve();
            const timer = setTimeout(() => stir(), milliseconds).unref();
            stir = () => {
              clearTimeout(timer);
              stir = () => {};
              resolve();
            };
          }),
      };
      followers.set(follower, onEnd);
      // Nobody looked while nobody followed: what is settling since then announces nothing any more.
      if (followers.size === 1) void look();
      return follower;
    },
    look: () => void look(),
    end() {
      ended = true;
      wake();
      for (const onEnd of followers.values()) onEnd?.();
    },
  };
}
