// How many stories are published under each term; remembered for as long as an answer may be kept anyway, so that nobody can have them counted without end.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { listingKey } from '../articles/listing-keys.ts';
import { type Chain, type Languages, languagesOf, languageValues, readChain } from '../site/fallback.ts';
import type { Noun } from './noun.ts';

/** Milliseconds; max-age of public answers (caching/sending.ts). */
const FRESH = 10_000;
const MOST_REMEMBERED = 20_000;
/** Terms in one statement: counting 400,000 rows takes 350 ms, and other reads wait behind each statement on their connection. */
const TERMS_AT_ONCE = 5;

/** An index-only scan. Pages (about, contacts) stand in no list of a term. */
const COUNT: Statement = {
  name: 'term_counts',
  isLong: true,
  text: `select (x.at - 1)::int as n, (select count(*)::int from listings l where l.key = x.key) as count
    from unnest($1::bigint[]) with ordinality x(key, at)`,
};
/**
 * In each of the languages $2 those stories that are public in none before it, as lists have them (articles/chained.ts); $1 has the keys
 * of a term one after the other.
 */
const COUNT_CHAINED: Statement = {
  name: 'term_counts_chained',
  isLong: true,
  text: `select x.n, count(*)::int as count
    from (select key, ((at - 1) / cardinality($2::text[]))::int as n, ((at - 1) % cardinality($2::text[]))::int as stage
      from unnest($1::bigint[]) with ordinality x(key, at)) x
    cross join lateral (select f.key from families f
      where f.locales @> array[($2::text[])[x.stage + 1]] and not f.locales && ($2::text[])[:x.stage] offset 0) family
    join listings l on l.key = x.key and l.family = family.key group by x.n`,
};
const LANGUAGES: Statement = { name: 'term_counts_languages', text: `select ${languagesOf('$1', '$2')} as tags` };

export interface Counts {
  /**
   * Where `fallback` asks for other languages than the one of `locale`.
   * @throws Problem unknown_locale or validation_failed, naming the parameter
   */
  findChain(asked: Languages): Promise<Chain>;
  /** @returns stories by id of the term, those of what it contains included, each once, in the first language of the chain in which it is public */
  countStories(noun: Noun, chain: Chain, ids: readonly string[]): Promise<Map<string, number>>;
}

export function createCounts(db: PublicDb): Counts {
  const remembered = new Map<string, { until: number; count: Promise<number> }>();

  function count(noun: Noun, chain: Chain, ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    const keys = ids.flatMap((id) => chain.map((locale) => listingKey(locale, `${noun.name}:${id}`)));
    const [statement, values] = chain.length === 1 ? [COUNT, [keys]] : [COUNT_CHAINED, [keys, chain]];
    const counted = db
      .query<{ n: number; count: number }>(statement, values)
      .then((rows) => new Map(rows.map(({ n, count }) => [ids[n], count])));
    for (const id of ids) {
      const name = nameOf(chain, id);
      const entry = { until: Date.now() + FRESH, count: counted.then((counts) => counts.get(id) ?? 0) };
      entry.count.catch(() => remembered.delete(name));
      remembered.set(name, entry);
    }
  }

  return {
    async findChain(asked) {
      const [row] = await db.query<{ tags: (string | null)[] | null }>(LANGUAGES, languageValues(asked));
      return readChain(asked, row?.tags ?? null);
    },
    async countStories(noun, chain, ids) {
      const counts = new Map<string, number>();
      for (let at = 0; at < ids.length; at += TERMS_AT_ONCE) {
        const some = ids.slice(at, at + TERMS_AT_ONCE);
        const now = Date.now();
        const isStale = (id: string) => (remembered.get(nameOf(chain, id))?.until ?? 0) <= now;
        count(noun, chain, some.filter(isStale));
        // Taken at once: by the time that they are known, others may have cleared the memory.
        const entries = some.map((id) => [id, remembered.get(nameOf(chain, id))?.count] as const);
        for (const [id, known] of entries) counts.set(id, (await known) ?? 0);
      }
      return counts;
    },
  };
}

const nameOf = (chain: Chain, id: string) => `${chain.join()} ${id}`;
