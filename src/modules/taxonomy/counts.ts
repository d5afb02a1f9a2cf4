// How many stories are published under each term; remembered for as long as an answer may be kept anyway, so that nobody can have them counted without end.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { listingKey } from '../articles/listing-keys.ts';
import type { Noun } from './noun.ts';

/** Milliseconds; max-age of public answers (plugins/caching.ts). */
const FRESH = 10_000;
const MOST_REMEMBERED = 20_000;
/** Terms in one statement: counting 400,000 rows takes 350 ms, and other reads wait behind each statement on their connection. */
const TERMS_AT_ONCE = 5;

/** An index-only scan. Pages (about, contacts) stand in no list of a term. */
const COUNT: Statement = {
  name: 'term_counts',
  text: 'select key, count(*)::int as count from listings where key = any($1::bigint[]) group by key',
};

export interface Counts {
  /** @returns stories by id of the term, those of what it contains included */
  countStories(noun: Noun, locale: string, ids: readonly string[]): Promise<Map<string, number>>;
}

export function createCounts(db: PublicDb): Counts {
  const remembered = new Map<bigint, { until: number; count: Promise<number> }>();

  function count(keys: bigint[]): void {
    if (keys.length === 0) return;
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    const counted = db
      .query<{ key: string; count: number }>(COUNT, [keys])
      .then((rows) => new Map(rows.map((row) => [BigInt(row.key), row.count])));
    for (const key of keys) {
      const entry = { until: Date.now() + FRESH, count: counted.then((counts) => counts.get(key) ?? 0) };
      entry.count.catch(() => remembered.delete(key));
      remembered.set(key, entry);
    }
  }

  return {
    async countStories(noun, locale, ids) {
      const counts = new Map<string, number>();
      for (let at = 0; at < ids.length; at += TERMS_AT_ONCE) {
        const some = ids
          .slice(at, at + TERMS_AT_ONCE)
          .map((id) => ({ id, key: listingKey(locale, `${noun.name}:${id}`) }));
        const now = Date.now();
        count(some.map(({ key }) => key).filter((key) => (remembered.get(key)?.until ?? 0) <= now));
        // Taken at once: by the time that they are known, others may have cleared the memory.
        const entries = some.map(({ id, key }) => [id, remembered.get(key)?.count] as const);
        for (const [id, known] of entries) counts.set(id, (await known) ?? 0);
      }
      return counts;
    },
  };
}
