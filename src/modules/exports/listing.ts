// The list of stories as CSV (RFC 4180), a row for each language, for whoever opens it in a spreadsheet: no cell is ever a formula.
import type { Readable } from 'node:stream';
import { pipeline, Readable as Streams } from 'node:stream';
import { stringify } from 'csv-stringify';
import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { iso } from '../../db/columns.ts';
import { readRows } from './exporting.ts';

export interface CsvFilter {
  statuses: string[] | null;
  kinds: string[] | null;
  locale: string | null;
}

const keysOf = (link: string, table: string) =>
  `(select string_agg(k.key, ' ' order by x.position) from ${link} x join ${table} k on k.id = x.term_id where x.article_id = a.id)`;
const COLUMNS = {
  id: 'a.id',
  locale: 'd.locale',
  status: 'd.status',
  kind: 'a.kind',
  title: 'd.title',
  standfirst: 'd.standfirst',
  slug: 'd.slug',
  region: '(select key from regions r where r.id = a.region_id)',
  regions: keysOf('article_regions', 'regions'),
  tags: keysOf('article_tags', 'tags'),
  byline: keysOf('article_contributors', 'contributors'),
  externalId: 'a.external_id',
  firstPublishedAt: iso('d.first_published_at'),
  publishedAt: iso('d.published_at'),
  updatedAt: iso('d.updated_at'),
  version: 'd.version',
};

const select = ({ statuses, kinds, locale }: CsvFilter) => sql`
  select ${sql.raw(
    Object.entries(COLUMNS)
      .map(([name, value]) => `${value} as "${name}"`)
      .join(', '),
  )}
  from articles a join drafts d on d.article_id = a.id
  where a.deleted_at is null and d.locale = coalesce(${locale}::text, d.locale)
    and (${sql.param(statuses)}::text[] is null or d.status = any(${sql.param(statuses)}::text[]))
    and (${sql.param(kinds)}::text[] is null or a.kind = any(${sql.param(kinds)}::text[]))
  order by a.id desc, d.locale`;

export function listAsCsv(pool: pg.Pool, filter: CsvFilter): Readable {
  const rows = Streams.from(flatten(readRows(pool, [select(filter)])));
  const csv = stringify({
    header: true,
    columns: Object.keys(COLUMNS),
    record_delimiter: 'windows',
    // Excel takes UTF-8 for UTF-8 only with it; what reads by the standard skips it.
    bom: true,
    // OWASP "CSV injection": a cell that begins with = + - @, a tab or a carriage return gets an apostrophe in front.
    escape_formulas: true,
  });
  // The error of either is that of the answer, which ends without its end.
  return pipeline(rows, csv, () => {});
}

async function* flatten<Row>(portions: AsyncIterable<Row[]>): AsyncGenerator<Row> {
  for await (const rows of portions) yield* rows;
}
