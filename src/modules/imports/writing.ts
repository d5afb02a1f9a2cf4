// Writes the rows of an export, and what readers see of them, by the same hands as publishing. It judges nothing: restoring.ts has.
import { sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Db } from '../../db/client.ts';
import type { Snapshot } from '../articles/snapshot.ts';
import { loadPublished, type StoredState, storePublished } from '../articles/storing.ts';
import { lockSurroundings } from '../articles/surroundings.ts';
import { redirects, tombstones } from '../articles/tables.ts';
import { insertAudit } from '../audit/queries.ts';
import { logUpserts } from '../changes/logging.ts';
import { contributorTexts } from '../contributors/tables.ts';
import { storeDraftWords, type Worded } from '../desk/finding.ts';
import { articleContributors, articleRegions, articleTags } from '../desk/tables.ts';
import type { EntryRow } from '../entries/queries.ts';
import { shownOf } from '../entries/showing.ts';
import { columnsOf, isTime, isTimes, type RecordType } from '../exports/records.ts';
import { hasArticleFields } from '../fields/hiding.ts';
import { frontChanges } from '../fronts/tables.ts';
import { showEntries } from '../live/storing.ts';
import { regionTexts } from '../regions/tables.ts';
import { insertArticleRevisions, insertDraftRevisions } from '../revisions/recording.ts';
import { schedules } from '../schedules/tables.ts';
import { tagTexts } from '../tags/tables.ts';
import { enqueueRebuild } from '../taxonomy/rebuilding.ts';

export type Row = Readonly<Record<string, unknown>>;

const listIn = (value: unknown): Row[] => (Array.isArray(value) ? value : []);
const idsIn = (value: unknown): string[] => (Array.isArray(value) ? value : []);

export async function writeRecords(tx: Db, type: RecordType, fresh: Row[], changed: Row[]): Promise<void> {
  if (fresh.length + changed.length === 0) return;
  if (type.name === 'follows') await linkStories(tx, [...fresh, ...changed]);
  else {
    await insertRows(tx, type.table, fresh);
    for (const row of changed) await replaceRow(tx, type, row);
    await WRITERS[type.name]?.(tx, fresh);
  }
  const entries = [...fresh, ...changed].map((row) => ({
    action: `${type.name}.restore`,
    entity: type.name,
    entityId: type.key.map((name) => row[name]).join('/'),
  }));
  await insertAudit(tx, null, entries);
}

/** Columns that a line does not have, since an older version wrote it, get their defaults. */
function rowFor(table: PgTable, given: Row): Record<string, unknown> {
  return Object.fromEntries(
    columnsOf(table).flatMap(([name, column]) => {
      const value = given[name];
      if (value === undefined) return [];
      return [
        [name, isTime(column) ? dated(value) : isTimes(column) && Array.isArray(value) ? value.map(dated) : value],
      ];
    }),
  );
}

/** A line has times as texts, and the driver takes nothing but Date. */
const dated = (value: unknown) => (typeof value === 'string' ? new Date(value) : value);

async function insertRows(tx: Db, table: PgTable, rows: Row[]): Promise<void> {
  if (rows.length > 0) await tx.insert(table).values(rows.map((row) => rowFor(table, row)));
}

async function replaceRow(tx: Db, { table, key }: RecordType, row: Row): Promise<void> {
  const column = Object.fromEntries(columnsOf(table))[key[0] ?? ''];
  if (!column) throw new Error('a kind of record has no key');
  await tx
    .update(table)
    .set(rowFor(table, row))
    .where(sql`${column} = ${row[key[0] ?? '']}`);
}

/** Rows that belong to each of the given, with what ties them to it. */
const within = (rows: Row[], member: string, tie: (row: Row) => Row): Row[] =>
  rows.flatMap((row) => listIn(row[member]).map((inner) => ({ ...inner, ...tie(row) })));
const pairOf = ({ articleId, locale }: Row) => ({ articleId, locale });

const texts = (table: PgTable) => async (tx: Db, rows: Row[]) =>
  insertRows(
    tx,
    table,
    within(rows, 'texts', ({ id }) => ({ termId: id })),
  );

const WRITERS: Record<string, (tx: Db, rows: Row[]) => Promise<void>> = {
  region: texts(regionTexts),
  tag: texts(tagTexts),
  contributor: texts(contributorTexts),
  async article(tx, rows) {
    const linksOf = (member: string) =>
      rows.flatMap(({ id, [member]: ids }) =>
        idsIn(ids).map((termId, position) => ({ articleId: id, termId, position })),
      );
    await insertRows(tx, articleRegions, linksOf('regionIds'));
    await insertRows(tx, articleTags, linksOf('tagIds'));
    await insertRows(tx, articleContributors, linksOf('contributorIds'));
    await insertArticleRevisions(
      tx,
      rows.map(({ id }) => String(id)),
      null,
    );
  },
  async draft(tx, rows) {
    await storeDraftWords(tx, rows as (Row & Worded)[]);
    await insertRows(tx, redirects, within(rows, 'oldSlugs', pairOf));
    await insertRows(tx, schedules, within(rows, 'schedules', pairOf));
    await insertRows(
      tx,
      tombstones,
      rows.flatMap((row) => (row.tombstone ? [{ ...(row.tombstone as Row), ...pairOf(row) }] : [])),
    );
    await insertDraftRevisions(
      tx,
      rows.map(({ articleId, locale }) => ({ articleId: String(articleId), locale: String(locale) })),
      null,
    );
    await showDrafts(
      tx,
      rows.filter(({ live }) => live),
    );
  },
  async entry(tx, rows) {
    const ids = sql.param(rows.map(({ id }) => id));
    const { rows: shown } = await tx.execute<{ id: string }>(sql`
      select e.id from entries e join published_articles p on p.article_id = e.article_id and p.locale = e.locale and p.kind = 'live'
      where e.id = any(${ids}::uuid[]) and e.status = 'published'`);
    const isShown = new Set(shown.map(({ id }) => id));
    const own = rows.filter(({ id }) => isShown.has(String(id)));
    await showEntries(
      tx,
      own.map((row) => {
        const { at, firstPublishedAt, createdAt, updatedAt } = row;
        const [time, first, made, last] = [at, firstPublishedAt, createdAt, updatedAt].map((text) =>
          text === null ? null : new Date(String(text)),
        );
        return shownOf({ ...row, at: time, firstPublishedAt: first, createdAt: made, updatedAt: last } as EntryRow);
      }),
    );
  },
  async front(tx, rows) {
    await insertRows(
      tx,
      frontChanges,
      within(rows, 'changes', ({ id }) => ({ frontId: id })),
    );
  },
};

interface Live {
  slug: string;
  firstPublishedAt: string;
  publishedAt: string;
  updatedAt: string;
  version: number;
  snapshot: Snapshot;
  relatedIds: string[];
}

async function showDrafts(tx: Db, rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  await lockSurroundings(tx);
  const shown = rows.map((row) => ({
    live: row.live as Live,
    articleId: String(row.articleId),
    locale: String(row.locale),
  }));
  const stories = shown.map(({ live, articleId, locale }): StoredState => {
    const { firstPublishedAt, publishedAt, updatedAt, slug, version, snapshot } = live;
    const [first, out, last] = [firstPublishedAt, publishedAt, updatedAt].map((text) => new Date(text));
    if (!first || !out || !last) throw new Error('a list lost a member');
    return { articleId, locale, slug, version, snapshot, firstPublishedAt: first, publishedAt: out, updatedAt: last };
  });
  const ids = [...new Set(stories.map(({ articleId }) => articleId))];
  await storePublished(tx, stories, await loadPublished(tx, ids), { isPart: true });
  const related = JSON.stringify(
    shown.map(({ live, articleId, locale }) => ({ articleId, locale, ids: live.relatedIds })),
  );
  await tx.execute(sql`
    update published_articles p set related_ids = x.ids
    from json_to_recordset(${related}::json) as x("articleId" uuid, locale text, ids uuid[])
    where p.article_id = x."articleId" and p.locale = x.locale and p.related_ids <> x.ids`);
  await logUpserts(tx, stories, () => 'published');
  // Texts that were restored before may link to these.
  if (await hasArticleFields(tx)) for (const id of ids) await enqueueRebuild(tx, { noun: 'article', id });
}

async function linkStories(tx: Db, rows: Row[]): Promise<void> {
  await tx.execute(sql`
    with x as (select * from json_to_recordset(${JSON.stringify(rows)}::json) as x(id uuid, "followsId" uuid, "liveFollowsId" uuid)),
      live as (insert into developments (article_id, follows_id) select id, "liveFollowsId" from x where "liveFollowsId" is not null
        on conflict (article_id) do update set follows_id = excluded.follows_id)
    update articles a set follows_id = x."followsId" from x where a.id = x.id`);
}
