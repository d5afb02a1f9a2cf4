// Has Postgres keep what it made of statements that come again and again: half of its time for a publication went into parsing and
// planning, and a story is published in 27 to 29 ms instead of 32. It changes neither statements nor values.
import pg from 'pg';

/** What is asked less often is not worth a plan in the memory of each connection. */
const USES = 5;
/** Some 50 kB for each on every connection that has asked it (pg_log_backend_memory_contexts). */
const MOST = 200;
/** Statements of many shapes, each of them rare, must not fill the memory of this process. */
const MOST_COUNTED = 1_000;
/** Characters: what is longer is one of a kind, with a parameter for each of many rows. */
const LONGEST = 8_000;

type Query = (config: unknown, ...rest: unknown[]) => unknown;
/** Before the number of a statement. */
export const PREPARED = 'desk_';

/** @returns what to call for each connection that is made */
export function keepPlans(): (client: pg.Client) => void {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();
  const nameOf = (text: string): string | undefined => {
    const name = names.get(text);
    if (name !== undefined || names.size === MOST || text.length > LONGEST) return name;
    const used = (uses.get(text) ?? 0) + 1;
    if (used < USES) {
      if (uses.size === MOST_COUNTED) uses.clear();
      uses.set(text, used);
      return undefined;
    }
    uses.delete(text);
    names.set(text, PREPARED + names.size);
    return names.get(text);
  };
  return (client) => {
    const query: Query = (...given) => Reflect.apply(pg.Client.prototype.query, client, given);
    const prepared: Query = (config, ...rest) => {
      const [values] = rest;
      // What has no values is sent by another protocol, which takes several statements at once and makes no plan of `begin`.
      if (!isUnnamed(config) || !Array.isArray(values) || values.length === 0) return query(config, ...rest);
      const name = nameOf(config.text);
      return query(name === undefined ? config : { ...config, name }, ...rest);
    };
    Object.assign(client, { query: prepared });
  };
}

/** As drizzle sends it. */
const isUnnamed = (config: unknown): config is pg.QueryConfig =>
  typeof config === 'object' &&
  config !== null &&
  'text' in config &&
  typeof config.text === 'string' &&
  Reflect.get(config, 'name') === undefined;
