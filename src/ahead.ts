// Work that needs no database and may take long (the DNS, a thread that reads documents), done before the transaction that a whole request is
// answered in, which would hold a connection of the few meanwhile. It decides nothing of what that work is.
import { AsyncLocalStorage } from 'node:async_hooks';

const done = new AsyncLocalStorage<Map<string, Promise<unknown>>>();

/**
 * What `prepare` does through doneAhead() is not done again in `work`. Where something is prepared for already, as for changes that are made
 * together under one Idempotency-Key, the latter is all there is to do.
 */
export function ahead<T>(prepare: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  if (done.getStore()) return work();
  return done.run(new Map(), async () => {
    await prepare();
    return work();
  });
}

/**
 * @param key names the work and all that its result is made of
 * @returns what came of it ahead, its failure too, else of it now
 */
export function doneAhead<T>(key: string, work: () => Promise<T>): Promise<T> {
  const results = done.getStore();
  if (!results) return work();
  const known = results.get(key) as Promise<T> | undefined;
  if (known) return known;
  const made = work();
  results.set(key, made);
  return made;
}
