// Ends connections in bounded time: where the network swallows what is sent, one that is half open never says that it has ended. Whoever calls
// it waits for no answer any more.
import type pg from 'pg';

/** Milliseconds. Five of them come one after the other when a node closes, which has 2,500 for it (working.ts, main.ts). */
const ENDING = 300;

/** @param clients those that `ending` waits for */
export async function endInTime(ending: Promise<unknown>, clients: Iterable<pg.Client>): Promise<void> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
  // Of all that is waited for, this may be what keeps the process alive.
  const timer = setTimeout(() => {
    for (const { connection } of clients) connection.stream.destroy();
    giveUp();
  }, ENDING);
  await Promise.race([ending, late]);
  clearTimeout(timer);
}
