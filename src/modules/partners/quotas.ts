// Counts the requests of partners in the present minute and day, exactly and for all nodes together: requests gather while the
// statement before them runs. It decides who is over the quota, and forgets nothing but in a crash of the database.
import type pg from 'pg';
import type { Partner } from './entitlements.ts';

type Limits = Pick<Partner, 'id' | 'perMinute' | 'perDay'>;
export interface Window {
  name: 'minute' | 'day';
  quota: number;
  /** Length in seconds. */
  length: number;
  left: number;
  /** Until it ends. */
  seconds: number;
}
interface Claim {
  granted: boolean;
  windows: [Window, Window];
}
interface Counted {
  id: string;
  /** How many of those that asked. */
  granted: number;
  /** Before them. */
  inMinute: number;
  inDay: number;
  minuteSeconds: number;
  daySeconds: number;
}

/**
 * $1 partners, $2 how many ask, $3 and $4 their quotas. Rows are locked in one order, so that nodes wait for each other but do not
 * deadlock. What is refused counts in neither window: a client that goes on asking in vain does not use up its day.
 */
const COUNT = {
  name: 'count_quotas',
  text: `with held as materialized (
      select partner_id, case when minute = date_trunc('minute', now()) then in_minute else 0 end as in_minute,
        case when day = (now() at time zone 'UTC')::date then in_day else 0 end as in_day
      from partner_quotas where partner_id = any($1::uuid[]) order by partner_id for update
    ), granted as materialized (
      select h.*, greatest(0, least(a.n, a.per_minute - h.in_minute, a.per_day - h.in_day)) as n
      from held h join unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) a(id, n, per_minute, per_day) on a.id = h.partner_id
    )
    update partner_quotas q set minute = date_trunc('minute', now()), in_minute = g.in_minute + g.n,
      day = (now() at time zone 'UTC')::date, in_day = g.in_day + g.n
    from granted g where q.partner_id = g.partner_id
    returning q.partner_id as id, g.n as granted, g.in_minute as "inMinute", g.in_day as "inDay",
      ceil(extract(epoch from date_trunc('minute', now()) + interval '1 minute' - now()))::int as "minuteSeconds",
      ceil(extract(epoch from date_trunc('day', now(), 'UTC') + interval '24 hours' - now()))::int as "daySeconds"`,
};
/** At the first request of a partner, and of any after a crash. */
const BEGIN = `insert into partner_quotas (partner_id) select id from unnest($1::uuid[]) id order by id on conflict do nothing`;

interface Waiting {
  partner: Limits;
  claims: PromiseWithResolvers<Claim>[];
}

export interface Quotas {
  claim(partner: Limits): Promise<Claim>;
}

export function createQuotas(pool: Pick<pg.Pool, 'query'>): Quotas {
  let gathering = new Map<string, Waiting>();
  let isCounting = false;

  async function countAll(): Promise<void> {
    isCounting = true;
    while (gathering.size > 0) {
      const batch = gathering;
      gathering = new Map();
      await count(pool, [...batch.values()]);
    }
    isCounting = false;
  }

  return {
    claim(partner) {
      const claim = Promise.withResolvers<Claim>();
      const waiting = gathering.get(partner.id);
      if (waiting) waiting.claims.push(claim);
      else gathering.set(partner.id, { partner, claims: [claim] });
      if (!isCounting) void countAll();
      return claim.promise;
    },
  };
}

/** Settles all of them, whatever happens. */
async function count(pool: Pick<pg.Pool, 'query'>, asking: readonly Waiting[]): Promise<void> {
  try {
    const ids = asking.map(({ partner }) => partner.id);
    const values = [
      ids,
      asking.map(({ claims }) => claims.length),
      asking.map(({ partner }) => partner.perMinute),
      asking.map(({ partner }) => partner.perDay),
    ];
    const { rows } = await pool.query<Counted>({ ...COUNT, values });
    const known = new Map(rows.map((row) => [row.id, row]));
    const unknown = asking.filter(({ partner, claims }) => {
      const row = known.get(partner.id);
      if (row) for (const [at, claim] of claims.entries()) claim.resolve(claimOf(partner, row, at));
      return !row;
    });
    if (unknown.length === 0) return;
    await pool.query(BEGIN, [unknown.map(({ partner }) => partner.id)]);
    await count(pool, unknown);
  } catch (error) {
    for (const { claims } of asking) for (const claim of claims) claim.reject(error);
  }
}

/** @param at which of those that asked at once */
function claimOf({ perMinute, perDay }: Limits, counted: Counted, at: number): Claim {
  const taken = Math.min(at + 1, counted.granted);
  const left = (quota: number, before: number) => Math.max(0, quota - before - taken);
  const { inMinute, inDay, minuteSeconds, daySeconds } = counted;
  return {
    granted: at < counted.granted,
    windows: [
      { name: 'minute', quota: perMinute, length: 60, left: left(perMinute, inMinute), seconds: minuteSeconds },
      { name: 'day', quota: perDay, length: 86_400, left: left(perDay, inDay), seconds: daySeconds },
    ],
  };
}
