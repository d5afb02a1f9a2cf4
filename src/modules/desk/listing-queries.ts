// SQL of the desk's list of stories: narrowed by what their drafts are and say, and by where the stories belong. It reads no body.
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../db/client.ts';
import { within } from '../translations/queries.ts';
import { ARTICLE_JSON } from './queries.ts';
import type { ListTerms } from './references.ts';
import type { DeskArticle } from './schemas.ts';

/** Null where it is not asked. */
export interface DeskListFilter {
  statuses: string[] | null;
  locale: string | null;
  kinds: string[] | null;
  /** Of wordsAsked(). */
  words: string | null;
  terms: ListTerms;
  externalId: string | null;
  /** Milliseconds since 1970 and id of the story to go on behind. */
  after: [at: number, id: string] | null;
  /** Towards older ones, or back. */
  forward: boolean;
  limit: number;
}
/** Drafts and links that pass a filter are looked up up to here: what is longer is long. */
const MOST_SORTED = 5_000;

const all = (conditions: readonly SQL[]) => sql.join([...conditions], sql` and `);
const anyOf = (ids: string[]) => sql`any(${sql.param(ids)}::uuid[])`;

/** In the order in which they are taken to narrow most. @returns for each filter by terms its table of links, and which terms will do */
function linksOf({ contributor, tag, region }: ListTerms): { table: SQL; terms: SQL }[] {
  return [
    ...(contributor ? [{ table: sql`article_contributors`, terms: anyOf(contributor) }] : []),
    ...(tag ? [{ table: sql`article_tags`, terms: anyOf(tag) }] : []),
    ...(region
      ? [
          {
            table: sql`article_regions`,
            terms: sql`any(array(with recursive ${within(region)} select id from within))`,
          },
        ]
      : []),
  ];
}

/**
 * What the filters are looked up by, and what each story has to have besides: words before links, and links before states, since fewer
 * stories have them.
 */
function sourceOf({ statuses, locale, words, terms }: DeskListFilter): { passing: SQL | null; conditions: SQL[] } {
  const ofDraft = [
    ...(statuses ? [sql`d.status = any(${sql.param(statuses)}::text[])`] : []),
    ...(locale === null ? [] : [sql`d.locale = ${locale}`]),
  ];
  const [drafts, ofDrafts] =
    words === null
      ? [sql`drafts d`, ofDraft]
      : [
          sql`drafts d join draft_words w on w.article_id = d.article_id and w.locale = d.locale`,
          [sql`w.words @@ ${words}::tsquery`, ...ofDraft],
        ];
  const links = linksOf(terms);
  const hasDraft = (id: SQL) =>
    ofDrafts.length === 0 ? [] : [sql`exists (select from ${drafts} where d.article_id = ${id} and ${all(ofDrafts)})`];
  const hasLinks = (id: SQL, some: typeof links) =>
    some.map(
      ({ table, terms }) => sql`exists (select from ${table} y where y.article_id = ${id} and y.term_id = ${terms})`,
    );
  const conditions = [...hasDraft(sql`a.id`), ...hasLinks(sql`a.id`, links)];
  const [first, ...others] = links;
  if (first && words === null) {
    const passes = [
      sql`x.term_id = ${first.terms}`,
      ...hasLinks(sql`x.article_id`, others),
      ...hasDraft(sql`x.article_id`),
    ];
    return { passing: sql`select x.article_id from ${first.table} x where ${all(passes)}`, conditions };
  }
  if (ofDrafts.length === 0) return { passing: null, conditions };
  const passes = [...ofDrafts, ...hasLinks(sql`d.article_id`, links)];
  return { passing: sql`select d.article_id from ${drafts} where ${all(passes)}`, conditions };
}

/**
 * Last changed first. Where few drafts pass, their stories are sorted; where many do, stories are walked by their time until enough have
 * one. Left to the planner, 30 drafts in review among 90,000 stories were looked for story by story (490,000 buffers instead of 150):
 * a plan that is kept knows no value, and one that does takes a state for as frequent among new stories as it is among old ones.
 * @returns one more than the limit where there are more
 */
export async function listDeskArticles(
  db: Db,
  filter: DeskListFilter,
): Promise<{ article: DeskArticle; at: number }[]> {
  const { kinds, externalId, after, forward, limit } = filter;
  const [direction, beyond] = forward ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const order = sql`order by a.updated_at ${direction}, a.id ${direction} limit ${limit + 1}`;
  const ofStory = [
    sql`a.deleted_at is null`,
    ...(externalId === null ? [] : [sql`a.external_id = ${externalId}`]),
    ...(after ? [sql`(a.updated_at, a.id) ${beyond} (${new Date(after[0])}, ${after[1]}::uuid)`] : []),
  ];
  const story = sql`select a.id, a.updated_at from articles a where`;
  const walked = (conditions: SQL[]) =>
    kinds
      ? // Of a kind that is named twice, each story was listed twice.
        sql`select a.* from unnest(${sql.param([...new Set(kinds)])}::text[]) k(kind)
          cross join lateral (${story} a.kind = k.kind and ${all(conditions)} ${order}) a`
      : sql`${story} ${all(conditions)} ${order}`;
  const ofKind = kinds ? [sql`a.kind = any(${sql.param(kinds)}::text[])`] : [];
  const size = sql`(select count(*) from passing)`;
  const { passing, conditions } = sourceOf(filter);
  const found = passing
    ? sql`select distinct a.* from passing
          cross join lateral (${story} a.id = passing.article_id and ${all([...ofStory, ...ofKind])} offset 0) a where ${size} <= ${MOST_SORTED}
        union all (${walked([...ofStory, sql`${size} > ${MOST_SORTED}`, ...conditions])})`
    : walked(ofStory);
  const { rows } = await db.execute<{ article: DeskArticle; at: number }>(sql`
    with passing as materialized (${passing ?? sql`select null::uuid as article_id where false`} limit ${MOST_SORTED + 1})
    select ${ARTICLE_JSON} as article, (extract(epoch from a.updated_at) * 1000)::float8 as at
    from (select * from (${found}) a ${order}) page join articles a on a.id = page.id
    order by a.updated_at ${direction}, a.id ${direction}`);
  return rows;
}
