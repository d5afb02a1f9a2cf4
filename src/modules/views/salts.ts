// The secret of the day under which visitor keys are made, one for all nodes; it hands out none whose day is over.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';

type Queryable = Pick<pg.Pool, 'query'>;

interface Salts {
  /** 32 bytes in hex. Makes the key that decides whether a view is a double. */
  deciding: string;
  /** Makes the key that is only recorded; null but for the two minutes after midnight. */
  shadow: string | null;
}

export interface SaltStore {
  /** @throws what pg throws: without the database there is no salt, and nothing is counted */
  current(): Promise<Salts>;
  /** Forgets the salts. */
  close(): void;
}

// Who reads a story at 23:59:50 and again at 00:00:10 has two keys. So through the first minute of the day the old salt
// decides and each counted view is recorded under the new one too; in the second minute the roles are swapped. After
// either change the deciding keys know the 30 seconds before it, and nodes that change at unlike moments agree.
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
/** Read anew so often that the node's clock cannot drift far from the database's, which says when a day ends. */
const LONGEST = 60 * MINUTE;

/** @returns the salts that hold so long after midnight (UTC, milliseconds), and for how long they will */
function rolesOf(sinceMidnight: number, today: string, yesterday: string | null) {
  const change = [MINUTE, 2 * MINUTE, DAY].find((end) => sinceMidnight < end) ?? DAY;
  const overlaps = yesterday !== null && sinceMidnight < 2 * MINUTE;
  const salts: Salts = !overlaps
    ? { deciding: today, shadow: null }
    : sinceMidnight < MINUTE
      ? { deciding: yesterday, shadow: today }
      : { deciding: today, shadow: yesterday };
  return { salts, holds: Math.max(1, Math.min(change - sinceMidnight, LONGEST)) };
}

async function readSalts(db: Queryable): Promise<ReturnType<typeof rolesOf>> {
  for (;;) {
    // Whoever comes first on a day makes its salt. Only the row is true: what was offered here may have been too late.
    await db.query(
      "insert into view_salts (day, salt) values ((now() at time zone 'UTC')::date, $1) on conflict (day) do nothing",
      [randomBytes(32)],
    );
    const { rows } = await db.query<{ since: number; today: string; yesterday: string | null }>(
      `select extract(epoch from clock.now - today.day)::float8 * 1000 as since, encode(today.salt, 'hex') as today, encode(yesterday.salt, 'hex') as yesterday
       from (select now() at time zone 'UTC' as now) clock
       join view_salts today on today.day = clock.now::date
       left join view_salts yesterday on yesterday.day = today.day - 1`,
    );
    const row = rows[0];
    // Without a row, midnight fell between the two statements.
    if (row) return rolesOf(row.since, row.today, row.yesterday);
  }
}

export function createSaltStore(db: Queryable): SaltStore {
  let cached: Promise<Salts> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function forget(): void {
    clearTimeout(timer);
    cached = undefined;
  }

  async function load(): Promise<Salts> {
    try {
      const { salts, holds } = await readSalts(db);
      // A timer and not a date that is compared: a node that serves no one lets go of the secret as well.
      timer = setTimeout(forget, holds).unref();
      return salts;
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    current: () => (cached ??= load()),
    close: forget,
  };
}
