// Writes the documents that search reads, in the transaction that makes stories public or changes what they show. It decides nothing.
import toAscii from 'any-ascii';
import { sql } from 'drizzle-orm';
import { textArray } from '../../db/arrays.ts';
import type { Db } from '../../db/client.ts';
import type { Facet, Placement } from '../articles/listing-keys.ts';
import { enqueueForgetting } from './forgetting.ts';
import { configurationOf } from './languages.ts';
import { beginningsOf, mark } from './marks.ts';
import { fold, foldingOf, speltWordsOf } from './words.ts';

export interface Indexed {
  articleId: string;
  locale: string;
  publishedAt: Date;
  updatedAt: Date;
  title: string;
  standfirst: string | null;
  body: string;
  placement: Omit<Placement, 'extra'>;
  extra: readonly Facet[];
  /** Names of its tags, in its language. */
  tagNames: readonly string[];
  /** Its other public languages. */
  siblings: readonly string[];
}

/** Counted in words and in characters: Postgres keeps no position behind 16,383, and no document above 1 MB. */
const MOST_WORDS = 12_000;
const MOST_CHARACTERS = 200_000;
/** A number behind each part: it keeps phrases from going on in the next one, and positions in step where a part ends with stop words. */
const END = '90071992547409931';
/** No mark has it: words have neither, and all else is made here. */
const BETWEEN = '\n';

export async function storeSearchDocuments(db: Db, stories: readonly Indexed[]): Promise<void> {
  if (stories.length === 0) return;
  const rows = stories.map(documentOf);
  await enqueueForgetting(db, rows);
  const column = (pick: (row: (typeof rows)[number]) => string) => sql`${textArray(rows.map(pick))}::text[]`;
  // Lexemes that Node.js remembers from one text to the next, cast from what it writes, come dearer: half of the words of 675 texts in nine
  // languages are new, and the import took a quarter more of Node.js's CPU and a tenth more of Postgres's.
  const vector = (part: string) => sql.raw(`to_tsvector(x.configuration::regconfig, x.${part} || ' ${END}')`);
  await db.execute(sql`
    insert into search_documents (article_id, locale, kind, published_at, updated_at, region_ids, tag_ids, vector)
    select x.article_id::uuid, x.locale, x.kind, x.published_at::timestamptz, x.updated_at::timestamptz, x.region_ids::uuid[], x.tag_ids::uuid[],
      -- Only where there are accents: as a text, a vector takes three times as long.
      ts_delete(case when x."from" = '' then stems else translate(stems::text, x."from", x."to")::tsvector end, ${END}::text)
        || array_to_tsvector(string_to_array(x.marks, ${BETWEEN}))
    from unnest(${column(({ articleId }) => articleId)}, ${column(({ locale }) => locale)}, ${column(({ kind }) => kind)},
      ${column(({ publishedAt }) => publishedAt.toISOString())}, ${column(({ updatedAt }) => updatedAt.toISOString())},
      ${column(({ regionIds }) => `{${regionIds}}`)}, ${column(({ tagIds }) => `{${tagIds}}`)}, ${column(({ configuration }) => configuration)},
      ${column(({ title }) => title)}, ${column(({ standfirst }) => standfirst)}, ${column(({ body }) => body)},
      ${column(({ from }) => from)}, ${column(({ to }) => to)}, ${column(({ marks }) => marks.join(BETWEEN))})
      as x(article_id, locale, kind, published_at, updated_at, region_ids, tag_ids, configuration, title, standfirst, body, "from", "to", marks)
    cross join lateral (select setweight(${vector('title')}, 'A') || setweight(${vector('standfirst')}, 'B') || setweight(${vector('body')}, 'C') offset 0) v(stems)
    on conflict (article_id, locale) do update set kind = excluded.kind, published_at = excluded.published_at, updated_at = excluded.updated_at,
      region_ids = excluded.region_ids, tag_ids = excluded.tag_ids, vector = excluded.vector
    where (search_documents.kind, search_documents.published_at, search_documents.updated_at, search_documents.region_ids, search_documents.tag_ids, search_documents.vector)
      is distinct from (excluded.kind, excluded.published_at, excluded.updated_at, excluded.region_ids, excluded.tag_ids, excluded.vector)`);
  await storeWords(db, rows);
}

function documentOf(story: Indexed) {
  const { articleId, locale, title, standfirst, body, placement, publishedAt, updatedAt } = story;
  const titleWords = foldedWords(title, locale);
  const tagWords = story.tagNames.flatMap((name) => foldedWords(name, locale));
  const day = publishedAt.toISOString().slice(0, 10);
  const configuration = configurationOf(locale);
  // Where no stemmer has to see the accents, Postgres need not take them off what it made, which costs it 0.8 ms a text.
  const isStemmed = configuration !== 'simple';
  const keptOf = (text: string) => (isStemmed ? spelt(text, locale) : fold(spelt(text, locale)));
  const texts = { title: keptOf(title), standfirst: keptOf(standfirst ?? ''), body: keptOf(body) };
  return {
    articleId,
    locale,
    kind: placement.kind,
    publishedAt,
    updatedAt,
    regionIds: placement.regionIds,
    tagIds: placement.tagIds,
    configuration,
    ...texts,
    ...(isStemmed ? foldingOf(Object.values(texts), [locale]) : { from: '', to: '' }),
    words: [...titleWords, ...tagWords],
    marks: [
      mark.locale(locale),
      mark.kind(placement.kind),
      mark.year(day.slice(0, 4)),
      mark.month(day.slice(0, 7)),
      mark.day(day),
      ...story.siblings.map(mark.sibling),
      ...placement.regionIds.map(mark.region),
      ...placement.tagIds.map(mark.tag),
      ...placement.contributorIds.map(mark.contributor),
      ...story.extra.map(mark.extra),
      ...titleWords.map(mark.titleWord),
      ...tagWords.map(mark.tagWord),
      ...beginningsOf(titleWords).map(mark.titleBeginning),
      ...beginningsOf(tagWords).map(mark.tagBeginning),
    ],
  };
}

const spelt = (text: string, locale: string): string =>
  speltWordsOf(text, locale).slice(0, MOST_WORDS).join(' ').slice(0, MOST_CHARACTERS);

export const foldedWords = (text: string, locale: string): string[] => [
  ...new Set(speltWordsOf(text, locale).map(fold)),
];

/** Sorted: whoever writes some of the same words waits for the first, and never the other way round. */
async function storeWords(db: Db, rows: readonly { locale: string; words: string[] }[]): Promise<void> {
  const known = new Set<string>();
  const words = rows
    .flatMap(({ locale, words }) => words.map((word) => ({ locale, word, latin: latinOf(word) })))
    .filter(({ locale, word }) => !known.has(`${locale} ${word}`) && known.add(`${locale} ${word}`))
    .sort((a, b) => (a.locale + a.word < b.locale + b.word ? -1 : 1));
  if (words.length === 0) return;
  await db.execute(sql`
    insert into search_words (locale, word, latin)
    select x.locale, x.word, x.latin from json_to_recordset(${JSON.stringify(words)}::json) as x(locale text, word text, latin text)
    where not exists (select from search_words w where w.locale = x.locale and w.word = x.word)
    order by x.locale collate "C", x.word collate "C" on conflict do nothing`);
}

export const latinOf = (word: string): string => toAscii(word).toLowerCase();

const SETTLING = 0x73_65_74_74;
/**
 * Behind all that a transaction indexes: brings the words of its stories into the index together, so that each word is looked up there
 * once. Story by story, 4,050 texts in nine languages took 7.4 s of CPU; by 100 at once it is 3.5. The portions of an import leave theirs
 * until there are 2 MB, some 350 stories (4 to 8 % less of Postgres's CPU), or the end: until then, a search reads these as well.
 *
 * One at a time: publishing waited for up to 1.7 s for the words of a hundred stories that were built anew. What is left then is searched
 * as well, and is brought in with the next.
 */
export async function settleIndex(db: Db): Promise<void> {
  await db.execute(
    sql`select gin_clean_pending_list('search_documents_vector') where pg_try_advisory_xact_lock(${SETTLING})`,
  );
}

/** Tells the other languages of stories that they are public in these, too, or no more. */
export async function markSiblings(
  db: Db,
  stories: readonly { articleId: string; locale: string }[],
  isPublic: boolean,
): Promise<void> {
  if (stories.length === 0) return;
  const rows = stories.map(({ articleId, locale }) => ({ articleId, locale, own: mark.sibling(locale) }));
  await db.execute(sql`
    update search_documents d set vector = ${isPublic ? sql`d.vector || array_to_tsvector(m.marks)` : sql`ts_delete(d.vector, m.marks)`}
    from (select o.article_id, o.locale, array_agg(x.own) as marks
      from json_to_recordset(${JSON.stringify(rows)}::json) as x("articleId" uuid, locale text, own text)
      join search_documents o on o.article_id = x."articleId" and o.locale <> x.locale group by o.article_id, o.locale) m
    where d.article_id = m.article_id and d.locale = m.locale`);
}
