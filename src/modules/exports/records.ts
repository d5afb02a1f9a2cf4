// What a line of an export holds for each kind of row, in the order in which an import can put them back: one definition for both ways.
// It knows nothing of people, keys, views, revisions and the audit log: those stay where they are.
import { getTableColumns, getTableName, is, type SQL, sql } from 'drizzle-orm';
import { PgArray, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import { INSTANT, iso } from '../../db/columns.ts';
import { redirects, tombstones } from '../articles/tables.ts';
import { contributors, contributorTexts } from '../contributors/tables.ts';
import { articles, drafts } from '../desk/tables.ts';
import { entries } from '../entries/tables.ts';
import { fields } from '../fields/tables.ts';
import { frontChanges, fronts } from '../fronts/tables.ts';
import { media } from '../media/tables.ts';
import { pathRedirects, termRedirects } from '../redirects/tables.ts';
import { regions, regionTexts } from '../regions/tables.ts';
import { schedules } from '../schedules/tables.ts';
import { locales, site } from '../site/tables.ts';
import { tags, tagTexts } from '../tags/tables.ts';

/** Columns that name people or keys, who are not in an export; and what links are put back by lines of their own. */
const LEFT_OUT = new Set(['userId', 'keyId', 'createdBy', 'assigneeId', 'followsId']);

export const columnsOf = (table: PgTable) =>
  Object.entries(getTableColumns(table)).filter(([name]) => !LEFT_OUT.has(name));

export const isTime = (column: PgColumn): boolean => column.getSQLType() === INSTANT;
export const isTimes = (column: PgColumn): boolean => is(column, PgArray) && isTime(column.baseColumn);

/** As Postgres writes them in JSON, times of a list would be those of the zone that the database is set to. */
const timesOf = (list: string) =>
  `(select coalesce(json_agg(${iso('x.time')} order by x.place), '[]') from unnest(${list}) with ordinality x(time, place))`;

/** SQL of a row as JSON, its members named as in TypeScript. */
function jsonOf(table: PgTable, row: string, without: string[] = [], more: string[] = []): string {
  const members = columnsOf(table).flatMap(([name, column]) => {
    if (without.includes(name)) return [];
    const value = `${row}."${column.name}"`;
    return [`'${name}', ${isTime(column) ? iso(value) : isTimes(column) ? timesOf(value) : value}`];
  });
  return `json_build_object(${[...more, ...members].join(', ')})`;
}

const listOf = (table: PgTable, where: string, order: string, without: string[] = []) =>
  `(select coalesce(json_agg(${jsonOf(table, 'x', without)} order by ${order}), '[]') from ${getTableName(table)} x where ${where})`;
const links = (table: string) =>
  `(select coalesce(json_agg(x.term_id order by x.position), '[]') from ${table} x where x.article_id = t.id)`;
const ofDraft = 'x.article_id = t.article_id and x.locale = t.locale';
const PAIR = ['articleId', 'locale'];

/** What readers see may be an older text than the draft: the snapshot that it is built from, not what is built. */
const LIVE = `(select json_build_object('slug', x.slug, 'firstPublishedAt', ${iso('x.first_published_at')}, 'publishedAt', ${iso('x.published_at')},
  'updatedAt', ${iso('x.updated_at')}, 'version', x.version, 'snapshot', x.snapshot, 'relatedIds', x.related_ids)
  from published_articles x where ${ofDraft})`;

export interface RecordType {
  name: string;
  table: PgTable;
  /** SQL: the line, of a row t of the table. */
  json: string;
  order: string;
  /** Members that tell lines of this kind apart; the first is a column. */
  key: string[];
  /** Type of that column. */
  keyType: 'uuid' | 'text';
  /** Members that are no columns of the table. */
  more: string[];
}

interface RecordOptions extends Partial<Pick<RecordType, 'order' | 'key' | 'keyType'>> {
  /** SQL of members that are no columns. */
  more?: Record<string, string>;
}
const record = (
  name: string,
  table: PgTable,
  { order = 't.id', more = {}, key = ['id'], keyType = 'uuid' }: RecordOptions = {},
): RecordType => ({
  name,
  table,
  order,
  key,
  keyType,
  more: Object.keys(more),
  json: jsonOf(
    table,
    't',
    [],
    [`'record', '${name}'`, ...Object.entries(more).map(([member, value]) => `'${member}', ${value}`)],
  ),
});
const term = (name: string, table: PgTable, texts: PgTable, options: RecordOptions = {}) =>
  record(name, table, { ...options, more: { texts: listOf(texts, 'x.term_id = t.id', 'x.locale', ['termId']) } });

/** Parents before what they contain. */
const DEPTH = `(with recursive up as (select t.parent_id as id union all select r.parent_id from up join regions r on r.id = up.id)
  select count(*) from up)`;

export const RECORDS: readonly RecordType[] = [
  record('locale', locales, { order: 't.tag', key: ['tag'], keyType: 'text' }),
  record('site', site, { keyType: 'text' }),
  term('region', regions, regionTexts, { order: `${DEPTH}, t.id` }),
  term('tag', tags, tagTexts),
  term('contributor', contributors, contributorTexts),
  record('termRedirect', termRedirects, {
    order: 't.noun, t.locale, t.name',
    key: ['termId', 'noun', 'locale', 'name'],
  }),
  record('field', fields),
  record('media', media),
  record('article', articles, {
    more: {
      regionIds: links('article_regions'),
      tagIds: links('article_tags'),
      contributorIds: links('article_contributors'),
    },
  }),
  record('draft', drafts, {
    order: 't.article_id, t.locale',
    key: PAIR,
    more: {
      live: LIVE,
      tombstone: `(select ${jsonOf(tombstones, 'x', PAIR)} from tombstones x where ${ofDraft})`,
      oldSlugs: listOf(redirects, ofDraft, 'x.slug', PAIR),
      schedules: listOf(schedules, ofDraft, 'x.action', PAIR),
    },
  }),
  // Of stories that were erased: their addresses answer 410, here as there.
  record('tombstone', tombstones, { order: 't.article_id, t.locale', key: PAIR }),
  record('entry', entries),
  {
    ...record('follows', articles),
    // Of a story that carries another one on: all of them are there by then.
    json: `json_build_object('record', 'follows', 'id', t.id, 'followsId', t.follows_id,
      'liveFollowsId', (select d.follows_id from developments d where d.article_id = t.id))`,
    more: ['followsId', 'liveFollowsId'],
  },
  record('front', fronts, {
    more: { changes: listOf(frontChanges, 'x.front_id = t.id', 'x.at, x.id', ['frontId']) },
  }),
  record('redirect', pathRedirects),
];

const WHERE: Record<string, string> = {
  tombstone: 'not exists (select from drafts d where d.article_id = t.article_id and d.locale = t.locale)',
  follows: '(t.follows_id is not null or exists (select from developments d where d.article_id = t.id))',
};

/** All of a kind in order, or those whose first key is among the given. @returns rows with `line`, JSON text without a line end */
export function selectRecords({ name, table, json, order, key, keyType }: RecordType, keys?: string[]): SQL {
  const [first = ''] = key;
  const column = getTableColumns(table)[first]?.name ?? '';
  const given = keys
    ? sql`${sql.raw(`t."${column}"::${keyType}`)} = any(${sql.param(keys)}::${sql.raw(keyType)}[])`
    : sql`true`;
  return sql`select ${sql.raw(json)}::text as line from ${table} t where ${sql.raw(WHERE[name] ?? 'true')} and ${given} order by ${sql.raw(order)}`;
}
