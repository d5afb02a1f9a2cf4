// Reads what stands around stories: the site, its locales, and the names of every region, tag and contributor they show.
import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { linkedIn } from '../fields/delivering.ts';
import type { FieldType } from '../fields/values.ts';
import type { Picture, PublishedState, Surroundings, TermNames } from './document.ts';

/** Publishing holds it shared; a change of what texts show takes it alone. So none is built from a name that is being changed. */
export const SURROUNDINGS_LOCK = 0x6e616d65;

export async function lockSurroundings(db: Db): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock_shared(${SURROUNDINGS_LOCK})`);
}

/**
 * Waits for publishing that may have read what is to be changed, and keeps further publishing waiting. To be called
 * before any row is locked: publishing holds its share of the lock while it locks rows.
 */
export async function lockSurroundingsAlone(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${SURROUNDINGS_LOCK})`);
}

/** Milliseconds. */
const PATIENCE = 15_000;
const AGAIN = 50;

/**
 * The same for a job, which nobody waits for: as long as somebody publishes, it does not stand in line, since all who publish would stand
 * behind it. Behind a bulk of 80 stories that took 8 s, six publications and a story that was due waited for up to 6.4 s, and beyond
 * 10 s they are told 503.
 */
export async function aloneWithSurroundings(db: Db, work: (tx: Db) => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; ; await sleep(AGAIN)) {
    const isDone = await db.transaction(async (tx) => {
      if (Date.now() > deadline) await lockSurroundingsAlone(tx);
      else if (!(await tryLockAlone(tx))) return false;
      await work(tx);
      return true;
    });
    if (isDone) return;
  }
}

async function tryLockAlone(tx: Db): Promise<boolean> {
  const { rows } = await tx.execute<{ got: boolean }>(
    sql`select pg_try_advisory_xact_lock(${SURROUNDINGS_LOCK}) as got`,
  );
  return rows[0]?.got === true;
}

const terms = (table: SQL, texts: SQL, type: SQL, ids: string[]) => sql`(
  select coalesce(json_agg(json_strip_nulls(json_build_object('id', t.id, 'key', t.key, 'type', ${type}, 'texts', (
    select coalesce(json_object_agg(x.locale, json_build_object('name', x.name, 'slug', x.slug)), '{}') from ${texts} x where x.term_id = t.id
  )))), '[]') from ${table} t where t.id = any(${sql.param(ids)}::uuid[]))`;

interface Row {
  site: Surroundings['site'];
  locales: { tag: string; direction: 'ltr' | 'rtl'; fallback: string[]; position: number }[];
  regions: TermNames[];
  tags: TermNames[];
  contributors: TermNames[];
  media: Picture[];
  fields: { id: string; key: string; type: FieldType; filterable: boolean }[];
  linkedTags: { id: string; key: string }[];
  linkedArticles: string[];
  [column: string]: unknown;
}

/** @param goingOut stories that are public with what is built from this */
export async function loadSurroundings(
  db: Db,
  stories: readonly PublishedState[],
  goingOut: readonly string[] = [],
): Promise<Surroundings> {
  const ids = (pick: (story: PublishedState) => string[]) => [...new Set(stories.flatMap(pick))];
  const linked = sql.param(ids(({ snapshot }) => linkedIn(snapshot.extra)));
  const { rows } = await db.execute<Row>(sql`select
    (select json_build_object('name', name, 'baseUrl', base_url, 'articleUrl', article_url, 'shortUrl', short_url, 'defaultLocale', default_locale,
      'rights', rights, 'shareNetworks', share_networks, 'socialLinks', social_links) from site) as site,
    (select json_agg(json_build_object('tag', tag, 'direction', direction, 'fallback', fallback, 'position', position)) from locales) as locales,
    ${terms(
      sql`regions`,
      sql`region_texts`,
      sql`null`,
      ids(({ snapshot }) => snapshot.regionIds),
    )} as regions,
    ${terms(
      sql`tags`,
      sql`tag_texts`,
      sql`t.type`,
      ids(({ snapshot }) => snapshot.tagIds),
    )} as tags,
    ${terms(
      sql`contributors`,
      sql`contributor_texts`,
      sql`t.type`,
      ids(({ snapshot }) => snapshot.contributorIds),
    )} as contributors,
    (select coalesce(json_agg(json_build_object('id', id, 'url', url, 'mimeType', mime_type, 'width', width, 'height', height,
      'bytes', bytes, 'focalPoint', focal_point, 'texts', texts)), '[]') from media where type = 'image' and id = any(${sql.param(
        ids(({ snapshot }) => (snapshot.imageId ? [snapshot.imageId] : [])),
      )}::uuid[])) as media,
    (select coalesce(json_agg(json_build_object('id', id, 'key', key, 'type', type, 'filterable', filterable)), '[]') from fields where public) as fields,
    (select coalesce(json_agg(json_build_object('id', id, 'key', key)), '[]') from tags where id = any(${linked}::uuid[])) as "linkedTags",
    (select coalesce(json_agg(distinct article_id), '[]') from published_articles where article_id = any(${linked}::uuid[])) as "linkedArticles"`);
  const [row] = rows;
  if (!row) throw new Error('a select without a table answered no row');
  const byId = (list: TermNames[]) => new Map(list.map((term) => [term.id, term]));
  return {
    site: row.site,
    locales: new Map(row.locales.map(({ tag, ...locale }) => [tag, locale])),
    regions: byId(row.regions),
    tags: byId(row.tags),
    contributors: byId(row.contributors),
    media: new Map(row.media.map((picture) => [picture.id, picture])),
    fields: new Map(row.fields.map((field) => [field.key, field])),
    linkedTags: new Map(row.linkedTags.map(({ id, key }) => [id, key])),
    linkedArticles: new Set([...row.linkedArticles, ...goingOut]),
  };
}

/** @returns for each region, itself and all that contain it */
export async function loadRegionAncestors(db: Db, regionIds: string[]): Promise<ReadonlyMap<string, string[]>> {
  if (regionIds.length === 0) return new Map();
  const { rows } = await db.execute<{ id: string; ancestors: string[] }>(sql`
    with recursive up as (
      select id, id as ancestor, parent_id from regions where id = any(${sql.param(regionIds)}::uuid[])
      union select up.id, r.id, r.parent_id from up join regions r on r.id = up.parent_id
    )
    select id, array_agg(ancestor::text) as ancestors from up group by id`);
  return new Map(rows.map(({ id, ancestors }) => [id, ancestors]));
}
