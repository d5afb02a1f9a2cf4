// The change feed: how many rows a second pages of the largest size bring over HTTP, to one follower and to several at once, beside the bare prepared
// SELECT of the same rows. It reads all of the log each time.
import pg from 'pg';
import type { Verdict } from './report.ts';
import { median } from './rounds.ts';

const PAGE = 100;
const FOLLOWERS = 8;
const BARE = {
  name: 'bare_changes',
  text: `select c.*, p.document from changes c left join published_articles p using (article_id, locale)
    where (transaction, id) > ($1::xid8, $2::bigint) order by transaction, id limit $3`,
};

interface Round {
  rows: number;
  /** Rows a second. */
  rate: number;
}

async function timed(read: () => Promise<number>): Promise<Round> {
  const began = performance.now();
  const rows = await read();
  if (rows === 0) throw new Error('an empty log measures nothing');
  return { rows, rate: rows / ((performance.now() - began) / 1_000) };
}

/** From the beginning to the end, page after page. */
async function follow(origin: string, search: string): Promise<number> {
  let rows = 0;
  for (let since = '', more = true; more; ) {
    const response = await fetch(`${origin}/v1/changes?limit=${PAGE}${search}${since}`);
    const { data, meta } = (await response.json()) as { data: unknown[]; meta: { next: string; more: boolean } };
    rows += data.length;
    since = `&since=${meta.next}`;
    more = meta.more;
  }
  return rows;
}

async function select(client: pg.Client): Promise<number> {
  let rows = 0;
  for (let after = ['0', '0']; ; ) {
    const page = await client.query({ ...BARE, values: [...after, PAGE] });
    rows += page.rows.length;
    if (page.rows.length < PAGE) return rows;
    after = [page.rows.at(-1).transaction, page.rows.at(-1).id];
  }
}

/** @param port of the server under test */
export async function measureChanges(databaseUrl: string, port: number, rounds: number): Promise<Verdict[]> {
  const origin = `http://127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const kinds: [what: string, read: () => Promise<number>][] = [
    ['bare prepared SELECT, with items', () => select(client)],
    ['one follower', () => follow(origin, '')],
    ['one follower, with items', () => follow(origin, '&include=item')],
    [
      `${FOLLOWERS} followers at once, with items`,
      async () => {
        // Filters that leave all of it, and differ: those who ask for the very same would be answered by one read.
        const all = Array.from({ length: FOLLOWERS }, (_, n) => follow(origin, `&include=item&wait=${n}`));
        return (await Promise.all(all)).reduce((sum, rows) => sum + rows, 0);
      },
    ],
  ];
  try {
    const samples = new Map<string, Round[]>(kinds.map(([what]) => [what, []]));
    for (let round = 0; round <= rounds; round += 1)
      for (const [what, read] of kinds) {
        const sample = await timed(read);
        if (round > 0) samples.get(what)?.push(sample);
      }
    const bare = samples.get(kinds[0]?.[0] ?? '') ?? [];
    return [...samples].map(([what, all]) => {
      const rate = median(all.map((sample) => sample.rate));
      const ratio = median(all.map((sample, round) => sample.rate / (bare[round]?.rate ?? Number.NaN)));
      return {
        what: `change-feed, ${what}`,
        value: rate,
        shown: `${Math.round(rate).toLocaleString('en')} rows/s${all === bare ? '' : `  (${ratio.toFixed(2)} x)`}`,
        budget: '',
        result: '-',
      };
    });
  } finally {
    await client.end();
  }
}
