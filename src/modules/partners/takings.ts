// Notes what partners took, after they have it: gathered for a second and written together. A node that is killed loses that second; no answer waits.
import type pg from 'pg';

const FORMATS = ['article', 'list', 'html', 'markdown', 'json', 'text', 'feed', 'ninjs', 'changes'] as const;
export type Format = (typeof FORMATS)[number];
export interface Taking {
  articleId: string;
  locale: string;
}
export interface Takings {
  note(partnerId: string, format: Format, stories: readonly Taking[]): void;
  /** Resolves when what was noted before is written, or could not be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
interface Row extends Taking {
  partnerId: string;
  format: Format;
  times: number;
}

/** Milliseconds. */
const GATHER = 1_000;
/** Different ones that wait: 2 MB. What comes on top while the database is away is not noted. */
const MOST = 10_000;

/** In one order, so that nodes wait for each other but do not deadlock. */
const WRITE = `insert into partner_takings as t (partner_id, day, article_id, locale, format, times, first_at, last_at)
  select x.*, now(), now() from (
    select partner_id, (now() at time zone 'UTC')::date, article_id, locale, format, times
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[]) u(partner_id, article_id, locale, format, times)
    order by partner_id, article_id, locale, format) x
  on conflict (partner_id, day, article_id, locale, format) do update set times = t.times + excluded.times, last_at = excluded.last_at`;

export function createTakings(pool: Pick<pg.Pool, 'query'>, onError: (error: unknown) => void): Takings {
  let waiting = new Map<string, Row>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  const add = ({ times, ...taking }: Row) => {
    const name = Object.values(taking).join(' ');
    const known = waiting.get(name);
    if (known) known.times += times;
    else if (waiting.size < MOST) waiting.set(name, { ...taking, times });
  };
  async function write(): Promise<void> {
    const rows = [...waiting.values()];
    waiting = new Map();
    if (rows.length === 0) return;
    const column = <Key extends keyof Row>(name: Key) => rows.map((row) => row[name]);
    try {
      const names = ['partnerId', 'articleId', 'locale', 'format', 'times'] as const;
      await pool.query({ name: 'note_takings', text: WRITE, values: names.map(column) });
    } catch (error) {
      onError(error);
      for (const row of rows) add(row);
      later();
    }
  }
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  const later = () => {
    timer ??= setTimeout(flush, GATHER).unref();
  };

  return {
    note(partnerId, format, stories) {
      for (const { articleId, locale } of stories) add({ partnerId, articleId, locale, format, times: 1 });
      later();
    },
    flush,
    async close() {
      await flush();
      clearTimeout(timer);
    },
  };
}
