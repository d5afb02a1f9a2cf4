// SQL of the change feed: what its filters name, and pages in the order in which changes became visible. It reads nothing that was never public.
import { asBytes, type Bytes } from '../../db/bytes.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { LOCALE_OF } from '../site/queries.ts';
import { REGION, termIdsOf } from '../taxonomy/naming.ts';
import type { ChangeType } from './schemas.ts';

/** A place in the log: transaction and row. */
export interface LogPlace {
  transaction: string;
  id: string;
}
export interface ChangeFilters {
  types: readonly ChangeType[] | null;
  locales: readonly string[] | null;
  regionIds: readonly string[] | null;
  /** Who it is cut to: which partner on which terms, and what a story has to be made of, one of each list; null for the public. */
  cut: {
    partnerId: string;
    terms: string;
    reach: readonly (readonly string[])[];
    /** The languages that were asked for by name. */
    asked: readonly string[] | null;
  } | null;
}
export interface ChangeRow extends LogPlace {
  type: ChangeType;
  reason: string;
  at: Date;
  articleId: string;
  uri: string | null;
  locale: string;
  version: number;
  groups: string[];
  targetId: string | null;
  /** JSON; null where it is not public, or was not asked for. */
  item: Bytes | null;
  isPublic: boolean;
}
export interface ChangePage {
  rows: ChangeRow[];
  /** The last row that was looked at, wanted or not; null where there was none. */
  scanned: LogPlace | null;
  more: boolean;
  epoch: string;
  trimmed: LogPlace;
}

const RESOLVE: Statement = {
  name: 'changes_resolve',
  isOfNames: true,
  text: `select (select json_object_agg(given, ${LOCALE_OF('given')}) from unnest($1::text[]) given) as locales,
    ${termIdsOf(REGION, '$2::text[]')} as regions`,
};
type Named = Record<string, string | null> | null;

/** @returns what each name stands for; null for a name of nothing */
export async function resolveNames(
  db: PublicDb,
  locales: readonly string[],
  regions: readonly string[],
): Promise<{ locales: Named; regions: Named }> {
  const [row] = await db.query<{ locales: Named; regions: Named }>(RESOLVE, [locales, regions]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}

const ABSORBED: Statement = {
  name: 'changes_absorbed',
  text: `select exists (select from term_redirects where noun = 'region' and locale = '' and term_id = any($1::uuid[])) as "haveAbsorbed"`,
};
/** Whether others were ever merged into any of these regions. */
export async function haveAbsorbed(db: PublicDb, regionIds: readonly string[]): Promise<boolean> {
  const [row] = await db.query<{ haveAbsorbed: boolean }>(ABSORBED, [regionIds]);
  return row?.haveAbsorbed === true;
}

/** So many rows are looked at for one page of a filter at most, so that a narrow one costs no more than a wide one. */
const SCAN = 2_000;

/**
 * Numbers of the transactions that are open in other databases of the cluster now, SQL of an xid[]: they can never write here. Prepared
 * ones come last, so that one that is prepared in this moment is in one of both.
 */
export const ELSEWHERE = `array(
  select backend_xid from pg_stat_activity
  where backend_xid is not null and datid <> (select oid from pg_database where datname = current_database())
  union all select transaction from pg_prepared_xacts where database <> current_database())`;
/**
 * Ids are taken before their transactions commit, in any order. Whatever writes here and is open still has a number of the horizon at
 * least, and so has all that begins later: below it, everything that will ever be there is there, and whoever has read up to a place
 * there misses nothing behind it (PostgreSQL, "Transactions and Identifiers"). It is the lowest number that is open in this snapshot,
 * or else the one after the last that has ended, whoever may have that by now.
 *
 * Numbers are those of the cluster, so that a transaction of another database would hold it back. It has to be known before the snapshot
 * is taken that it is elsewhere: asked for in the same statement, one that ended in between is in the snapshot and nowhere else, and
 * what had been told already vanished for a moment. What begins in between has a higher number than all that was committed before.
 * @param elsewhere SQL of an xid[], found by an earlier statement
 */
export const horizon = (elsewhere: string) => `(select coalesce(
    (select min(x) from pg_snapshot_xip(s) x where not x::xid = any(${elsewhere})), pg_snapshot_xmax(s)) from pg_current_snapshot() s)`;
const settled = (elsewhere: string) => `transaction < ${horizon(elsewhere)}`;

const FIND_ELSEWHERE: Statement = {
  name: 'changes_elsewhere',
  text: `select ${ELSEWHERE}::text as elsewhere`,
};
async function findElsewhere(db: PublicDb): Promise<string | undefined> {
  const [row] = await db.query<{ elsewhere: string }>(FIND_ELSEWHERE, []);
  return row?.elsewhere;
}

const IN_REGIONS = (groups: string) =>
  `${groups} && array(select 'articles/' || c.locale || '/region/' || region from unnest($5::text[]) region)`;
const IS_PUBLIC = 'exists (select from published_articles p where p.article_id = c.article_id and p.locale = c.locale)';
/** $1 and $2 the place, $3 types, $4 languages, $5 regions or a reach, $6 the limit, $7 whether stories come along, $8 rows to look at, $9 what is open elsewhere. */
const SCANNED = `with scanned as materialized (
      select * from changes where (transaction, id) > ($1::xid8, $2::bigint) and ${settled('$9::xid[]')} order by transaction, id limit $8
    )`;
/** @param groups SQL of `w`: what caches have to drop. @param target SQL condition on `t`: which story may be named that stands for it */
const wanted = (groups: string, target: string) => `wanted as (
      select c.*, row_number() over (order by transaction, id) as n from told c
      where told is not null and ($3::text[] is null or case told when 'left' then 'delete' else told end = any($3)) and ($4::text[] is null or locale = any($4))
      order by transaction, id limit $6 + 1
    )
    select l.epoch, l.trimmed_transaction::text as "trimmedTransaction", l.trimmed_id::text as "trimmedId",
      (select transaction || '/' || id from scanned order by transaction desc, id desc limit 1) as scanned,
      (select count(*) from scanned) = $8 as "isCut",
      w.n::int as n, w.transaction::text as transaction, w.id::text as id, case w.told when 'left' then 'delete' else w.told end as type,
      case w.told when 'left' then 'left' else w.reason end as reason, w.at, w.article_id as "articleId", w.uri, w.locale, w.version,
      ${groups} as groups, t.target_id as "targetId",
      ${asBytes('case when $7 then p.document end')} as item, p.article_id is not null as "isPublic"
    from change_log l left join wanted w on true
    left join published_articles p on p.article_id = w.article_id and p.locale = w.locale and w.told = 'upsert'
    left join tombstones t on t.article_id = w.article_id and t.locale = w.locale and t.type = 'redirect' and w.told = 'redirect' and ${target}
    order by n`;

/**
 * Explained with one plan for all values, among a million rows of 200,000 transactions, 170,000 texts and 53,000 tombstones: a range of
 * changes_order, then primary keys. 100 rows take 2 to 4 ms, with items or without, at the beginning, in the middle and at the end
 * (750 to 920 buffers); a filter looks at 2,000 rows in 9 (types), 7 to 17 (locales) and 16 to 36 ms (regions), as deep as you like.
 */
const PAGE: Statement = {
  name: 'changes_page',
  text: `${SCANNED}, told as (
      select c.*, case
        -- That it is gone comes further on; of what it was, nothing is told any more.
        when c.type = 'upsert' and not ${IS_PUBLIC} and ($5::text[] is null or not ${IN_REGIONS('c.left_groups')}) then null
        when $5::text[] is null or c.groups is null or ${IN_REGIONS('c.groups')} then c.type
        when c.type = 'upsert' and ${IN_REGIONS('c.left_groups')} then 'left' end as told
      from scanned c
      -- What could not be told anyhow is not looked up.
      where $3::text[] is null or c.type = any($3) or ($5::text[] is not null and c.type = 'upsert' and 'delete' = any($3))
    ), ${wanted("coalesce(w.groups, '{}') || coalesce(w.left_groups, '{}')", 'true')}`,
};

/** Whether what a story is or was made of is within the reach, which has one of each list. */
const within = (of: string, groups: string) =>
  `not exists (select from reach r where r.locale = ${of}.locale and not r.names && coalesce(${groups}, '{}'))`;
const presently = (article: string, of: string) => `exists (select from published_articles p
    where p.article_id = ${article} and p.locale = ${of}.locale and ${within('p', 'array(select story_groups(p.article_id, p.locale, p.kind, p.region_ids, p.tag_ids, p.contributor_ids))')})`;
const before = (of: string) =>
  `array(select unnest(${of}.groups) except select unnest(coalesce(${of}.joined_groups, ${of}.groups))) || coalesce(${of}.left_groups, '{}')`;
/**
 * Cut to a reach. What a story was tells who may have had it; what it is now, who may have it, whatever it was at the change; and of
 * either, nothing is told to whom it was out of reach.
 */
const PAGE_WITHIN: Statement = {
  name: 'changes_page_within',
  text: `${SCANNED}, reach as materialized (
      select l.locale, array(select 'articles/' || l.locale || '/' || name from jsonb_array_elements_text(d.names) name) as names
      from (select distinct locale from scanned) l cross join jsonb_array_elements($5::jsonb) d(names)
    ), told as (
      select c.*, case
        when c.type <> 'upsert' then case when c.is_within then c.type end
        when c.is_within then case when ${presently('c.article_id', 'c')} then c.type end
        when cardinality(c.left_groups) > 0 and ${within('c', before('c'))} then 'left' end as told
      from (select c.*, ${within('c', 'c.groups')} as is_within from scanned c offset 0) c
    ), ${wanted(
      `case when w.told = 'left' then ${before('w')}
        when w.told = 'upsert' and cardinality(w.left_groups) > 0 and ${within('w', before('w'))} then w.groups || w.left_groups
        else coalesce(w.groups, '{}') end`,
      presently('t.target_id', 't'),
    )}`,
};

interface PageRow extends ChangeRow {
  n: number | null;
  epoch: string;
  trimmedTransaction: string;
  trimmedId: string;
  scanned: string | null;
  isCut: boolean;
}

export async function listChanges(
  db: PublicDb,
  { transaction, id }: LogPlace,
  { types, locales, regionIds, cut }: ChangeFilters,
  { limit, withItems }: { limit: number; withItems: boolean },
): Promise<ChangePage> {
  const scan = types || locales || regionIds || cut ? SCAN : limit + 1;
  const reach = cut ? JSON.stringify(cut.reach) : regionIds;
  const elsewhere = await findElsewhere(db);
  const values = [transaction, id, types, locales, reach, limit, withItems, scan, elsewhere];
  const found = await db.query<PageRow>(cut ? PAGE_WITHIN : PAGE, values);
  const [first] = found;
  if (!first) throw new Error('the change log has no row of its own');
  const rows = found.filter(({ n }) => n !== null && n <= limit);
  const isFull = found.length > limit;
  return {
    rows,
    scanned: isFull ? null : placeOf(first.scanned),
    more: isFull || first.isCut,
    epoch: first.epoch,
    trimmed: { transaction: first.trimmedTransaction, id: first.trimmedId },
  };
}

function placeOf(text: string | null): LogPlace | null {
  if (text === null) return null;
  const [transaction = '', id = ''] = text.split('/');
  return { transaction, id };
}

const HEAD: Statement = {
  name: 'changes_head',
  // The last row says it: whether any row is beyond the horizon was asked of the whole table (290 ms among a million, and 0.2 ms so).
  text: `select (select transaction || '/' || id from changes where ${settled('$1::xid[]')} order by transaction desc, id desc limit 1) as settled,
    coalesce((select transaction from changes order by transaction desc, id desc limit 1) >= ${horizon('$1::xid[]')}, false) as "isSettling"`,
};
/** How far the log can be read now, and whether there is more that waits for an older transaction. */
export async function findHead(db: PublicDb): Promise<{ settled: string | null; isSettling: boolean }> {
  const [row] = await db.query<{ settled: string | null; isSettling: boolean }>(HEAD, [await findElsewhere(db)]);
  if (!row) throw new Error('a select without a table answered no row');
  return row;
}
