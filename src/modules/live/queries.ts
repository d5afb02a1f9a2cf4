// SQL of public entries: pages by time, and changes by position. All of one story and language, found by index ranges; drafts are out of reach.
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { LOCALE_OF } from '../site/queries.ts';

/** The story has to be public, and live: what is kept of one that was taken back is told to nobody. */
const STORY = `from published_articles a cross join lateral (
    select coalesce(max(position), 0)::text as latest from published_entries where article_id = a.article_id and locale = a.locale) l`;
/** Nearly every read names a tag as it is written, or none; only what that does not find is asked for with aliases and letter case in mind. */
const isLive = (aliased: boolean) => `a.article_id = $1 and a.kind = 'live'
    and a.locale = ${aliased ? LOCALE_OF('$2') : 'coalesce($2::text, (select default_locale from site))'}`;
const OF_STORY = 'e.article_id = a.article_id and e.locale = a.locale';
const SHOWN = `${OF_STORY} and e.entry is not null`;

/** In which language: as it was named, or by what it may stand for. */
export interface Asked {
  locale: string | null;
  aliased: boolean;
}

export interface EntryPage {
  locale: string;
  /** Of the last change. */
  latest: string;
  /** JSON array. */
  items: string;
  pinned: string;
  found: number;
  /** `milliseconds/id`. */
  first: string | null;
  last: string | null;
}
export interface EntryPageRequest {
  keyOnly: boolean;
  /** Milliseconds since 1970 and id of the entry to go on behind. */
  after: [at: number, id: string] | null;
  backward: boolean;
  limit: number;
}

const PINNED = `(select '[' || coalesce(string_agg(entry, ','), '') || ']' from (
    select e.entry from published_entries e where ${SHOWN} and e.is_pinned order by e.at desc, e.id desc limit 20) p)`;

function pageStatement(keyOnly: boolean, backward: boolean, aliased: boolean): Statement {
  const [direction, beyond] = backward ? ['asc', '>'] : ['desc', '<'];
  const start = backward
    ? `'-infinity', '00000000-0000-0000-0000-000000000000'`
    : `'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'`;
  const [at, id] = start.split(', ');
  return {
    name: `entries_${keyOnly ? 'key_' : ''}${backward ? 'back' : 'on'}${aliased ? '_aliased' : ''}`,
    text: `select a.locale, l.latest, ${PINNED} as pinned, page.* ${STORY} cross join lateral (
        select '[' || coalesce(string_agg(entry, ',' order by at desc, id desc) filter (where n <= $5), '') || ']' as items, count(*)::int as found,
          (array_agg(round(extract(epoch from at) * 1000) || '/' || id order by at desc, id desc) filter (where n <= $5))[1] as first,
          (array_agg(round(extract(epoch from at) * 1000) || '/' || id order by at, id) filter (where n <= $5))[1] as last
        from (
          select e.entry, e.at, e.id, row_number() over (order by e.at ${direction}, e.id ${direction}) as n from published_entries e
          where ${SHOWN} ${keyOnly ? 'and e.is_key' : ''} and (e.at, e.id) ${beyond} (coalesce($3::timestamptz, ${at}), coalesce($4::uuid, ${id}))
          order by e.at ${direction}, e.id ${direction} limit $5 + 1
        ) x
      ) page where ${isLive(aliased)}`,
  };
}

/** @returns null where there is no such public live story in the locale */
export async function findEntryPage(
  db: PublicDb,
  articleId: string,
  { locale, aliased }: Asked,
  { keyOnly, after, backward, limit }: EntryPageRequest,
): Promise<EntryPage | null> {
  const values = [articleId, locale, after && new Date(after[0]).toISOString(), after?.[1] ?? null, limit];
  const [row] = await db.query<EntryPage>(pageStatement(keyOnly, backward, aliased), values);
  return row ?? null;
}

export interface EntryChange {
  position: number;
  id: string;
  /** JSON; null for one that is gone. */
  entry: string | null;
}
export interface EntryChanges {
  locale: string;
  latest: number;
  /** In the order in which they came about. */
  changes: EntryChange[];
}

const changesStatement = (aliased: boolean): Statement => ({
  name: `entry_changes${aliased ? '_aliased' : ''}`,
  text: `select a.locale, l.latest, c.position, c.id, c.entry ${STORY} left join lateral (
      select e.position::text as position, e.id, e.entry from published_entries e where ${OF_STORY} and e.position > $3 order by e.position limit $4
    ) c on true where ${isLive(aliased)} order by c.position::bigint`,
});

/** @returns null where there is no such public live story in the locale */
export async function findEntryChanges(
  db: PublicDb,
  articleId: string,
  { locale, aliased }: Asked,
  { after, limit }: { after: number; limit: number },
): Promise<EntryChanges | null> {
  const rows = await db.query<{
    locale: string;
    latest: string;
    position: string | null;
    id: string;
    entry: string | null;
  }>(changesStatement(aliased), [articleId, locale, after, limit]);
  const [first] = rows;
  if (!first) return null;
  return {
    locale: first.locale,
    latest: Number(first.latest),
    changes: rows.flatMap(({ position, id, entry }) =>
      position === null ? [] : [{ position: Number(position), id, entry }],
    ),
  };
}

export const changeJson = ({ id, entry }: EntryChange): string => entry ?? JSON.stringify({ id, isGone: true });
