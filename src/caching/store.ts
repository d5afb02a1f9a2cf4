// Answers in memory, bounded in bytes, found by address and dropped by what they are made of. It knows neither HTTP nor the database.
import { LRUCache } from 'lru-cache';
import { isOver, type Representation, sizeOf } from './representation.ts';

export interface Store {
  get(address: string): Representation | undefined;
  set(address: string, representation: Representation): void;
  /** To be called when it has grown. */
  measure(address: string, representation: Representation): void;
  drop(groups: readonly string[]): void;
  clear(): void;
}

/** Milliseconds; nothing depends on it but what would go wrong unseen, such as a change of the tables with triggers off. */
const LONGEST = 300_000;

export function createStore(maxBytes: number): Store {
  /** Addresses by group. */
  const members = new Map<string, Set<string>>();
  const leave = (address: string, { groups }: Representation) => {
    for (const group of groups ?? []) {
      const addresses = members.get(group);
      addresses?.delete(address);
      if (addresses?.size === 0) members.delete(group);
    }
  };
  const kept = new LRUCache<string, Representation>({
    maxSize: maxBytes,
    // A single answer of a whole newsroom must not push all others out.
    maxEntrySize: Math.ceil(maxBytes / 8),
    sizeCalculation: (representation, address) => sizeOf(representation) + 2 * address.length,
    ttl: LONGEST,
    // Milliseconds from one look at the clock to the next; at its default of one, a timer is set for nearly each answer. See get().
    ttlResolution: 1_000,
    dispose: (representation, address) => leave(address, representation),
  });
  const set = (address: string, representation: Representation) => {
    const left = (representation.expires ?? Number.POSITIVE_INFINITY) - performance.now();
    if (left < 1) return;
    kept.set(address, representation, { ttl: Math.min(LONGEST, Math.floor(left)) });
    if (!kept.has(address)) return;
    for (const group of representation.groups ?? []) {
      const addresses = members.get(group);
      if (addresses) addresses.add(address);
      else members.set(group, new Set([address]));
    }
  };
  return {
    get(address) {
      const found = kept.get(address);
      return found && !isOver(found) ? found : undefined;
    },
    set,
    measure(address, representation) {
      // Only what is set anew is weighed anew.
      if (kept.peek(address) === representation && kept.delete(address)) set(address, representation);
    },
    drop(groups) {
      for (const group of groups) for (const address of [...(members.get(group) ?? [])]) kept.delete(address);
    },
    clear: () => kept.clear(),
  };
}
