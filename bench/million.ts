// A newsroom of any size for `npm run bench -- --scale`: made by Postgres itself from numbers, the same at every run. Its texts are
// as long as real ones in lists, and say nothing.
import pg from 'pg';
import { migrate } from '../src/db/migrate.ts';

/** As listingKey() in src/modules/articles/listing-keys.ts. */
const keyOf = (text: string) =>
  `('x' || encode(substr(sha256(convert_to(${text}, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint`;
const idOf = (noun: number, number: string) =>
  `('${noun}0000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** An even spread that has nothing to do with the order of the stories. */
const spread = (salt: number, count: number) => `abs(hashint4(n + ${salt}) % ${count})`;

const COUNTS = { regions: 40, parents: 5, tags: 100, contributors: 60 };
const TERMS: [noun: number, table: string, prefix: string, count: number, columns: string, values: string][] = [
  [1, 'regions', 'parent', COUNTS.parents, '', ''],
  [2, 'regions', 'region', COUNTS.regions, '', ''],
  [3, 'tags', 'tag', COUNTS.tags, ', type', ", 'topic'"],
  [4, 'contributors', 'contributor', COUNTS.contributors, ', type', ", 'person'"],
];

/** The word that is that often: number 0 in half of all stories, 100 in 2 %, 20,000 the rarest. */
export const wordOf = (rank: number) =>
  `${String(rank).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')}x`;
const wordsOf = (from: number, to: number) => `(
    select string_agg(translate(floor(20000 * power(abs(hashint8(n::bigint * 64 + w)::bigint) / 2147483648.0, 4))::int::text, '0123456789', 'abcdefghij') || 'x', ' ' order by w)
    from generate_series(${from}, ${to}) w)`;
/** As marks.ts of search names them. */
const shortOf = (id: string) =>
  `translate(trim(trailing '=' from encode(decode(replace(${id}::text, '-', ''), 'hex'), 'base64')), '+/', '-_')`;

/** Every story in English over ten years; half of them an hour later in Russian; a fifth in Armenian, all translated after the last. */
const LANGUAGES = `(values ('en', interval '-3600 days -2 hours', interval '3600 days', 100), ('ru', interval '-3600 days -1 hour', interval '3600 days', 50),
      ('hy', interval '-1 hour', interval '50 minutes', 20)) language(locale, start, span, share)`;
const LOAD = [
  `insert into locales (tag, name, direction, position, fallback) values ('ru', 'Русский', 'ltr', 1, '{en}'), ('hy', 'Հայերեն', 'ltr', 2, '{ru,en}')`,
  ...TERMS.map(
    ([noun, table, prefix, count, columns, values]) =>
      `insert into ${table} (id, key${columns}) select ${idOf(noun, 'n')}, '${prefix}-' || n${values} from generate_series(0, ${count - 1}) n`,
  ),
  `insert into published_articles (article_id, locale, slug, kind, region_ids, tag_ids, contributor_ids, first_published_at, published_at, updated_at,
      version, modified_at, snapshot, card, document, etag)
    select id, locale, 'story-' || n, (array['news', 'news', 'news', 'analysis', 'interview', 'opinion', 'video'])[1 + ${spread(0, 7)}],
      array[${idOf(2, spread(1, COUNTS.regions))}, ${idOf(1, spread(1, COUNTS.parents))}], array[${idOf(3, spread(2, COUNTS.tags))}, ${idOf(3, spread(3, COUNTS.tags))}],
      array[${idOf(4, spread(4, COUNTS.contributors))}], at, at, at, 1, at, '{}',
      '{"id":"' || id || '","locale":"' || locale || '","title":"' || title || '","standfirst":"' || repeat('x', 1000) || '"}',
      '{"id":"' || id || '","body":{"text":"' || words || '"}}', n::text
    from (select n, ${idOf(0, 'n')} as id, locale, date_trunc('hour', now(), 'UTC') + start + n * (span / $1::int) as at
      from generate_series(1, $1::int) n cross join ${LANGUAGES} where ${spread(5, 100)} < share) text
    cross join lateral (select ${wordsOf(1, 5)} as title, ${wordsOf(6, 60)} as words) w`,
  `insert into families (key, locales) select distinct ${keyOf(`'family|' || array_to_string(locales, '|')`)}, locales
    from (select array_agg(locale order by locale collate "C") as locales from published_articles group by article_id) f`,
  `insert into listings (article_id, locale, key, published_at, updated_at, family)
    select distinct p.article_id, p.locale, ${keyOf('p.locale || facets')}, p.published_at, p.updated_at, f.family from published_articles p
    join (select article_id, ${keyOf(`'family|' || string_agg(locale, '|' order by locale collate "C")`)} as family from published_articles group by article_id) f using (article_id)
    cross join lateral (
      select '' union all select '|kind:' || p.kind
      union all select '|contributor:' || x from unnest(p.contributor_ids) x
      union all select '|tag:' || x from unnest(p.tag_ids) x
      union all select '|region:' || x || tag from unnest(p.region_ids) x cross join (select '' as tag union all select '|tag:' || y from unnest(p.tag_ids) y) t
    ) list(facets)`,
  `insert into search_documents (article_id, locale, kind, published_at, updated_at, region_ids, tag_ids, vector)
    select article_id, locale, kind, published_at, updated_at, region_ids, tag_ids,
      setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', document::json -> 'body' ->> 'text'), 'C') || array_to_tsvector(marks)
    from (select p.*, card::json ->> 'title' as title from published_articles p where locale = 'en') p cross join lateral (
      select array_agg(distinct m) as marks from (
        select unnest(array[' l' || locale, ' k' || kind, to_char(published_at at time zone 'UTC', '" y"YYYY'), to_char(published_at at time zone 'UTC', '" m"YYYY-MM'),
          to_char(published_at at time zone 'UTC', '" d"YYYY-MM-DD')]) as m
        union all select ' r' || ${shortOf('x')} from unnest(region_ids) x
        union all select ' t' || ${shortOf('x')} from unnest(tag_ids) x
        union all select unnest(array['~' || x, '<' || left(x, 1), '<' || left(x, 2), '<' || left(x, 3), '<' || left(x, 4)]) from unnest(string_to_array(title, ' ')) x
      ) m) marks`,
  // What was read in the last day: 20 views an hour of each of the newest stories at most.
  `insert into view_counts (article_id, hour, locale, source, views)
    select ${idOf(0, 'n')}, date_trunc('hour', now(), 'UTC') - h * interval '1 hour', 'en', 'web', 1 + ${spread(6, 20)}
    from generate_series(greatest(1, $1::int - 5000), $1::int) n cross join generate_series(0, 23) h`,
];

/** Indexes are made after the rows, in a tenth of the time; triggers that announce changes have nobody to tell. */
export async function loadStories(databaseUrl: string, stories: number): Promise<void> {
  await migrate(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `set session_replication_role = replica; set maintenance_work_mem = '512MB'; set work_mem = '128MB'; set synchronous_commit = off`,
    );
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
       where indrelid in ('listings'::regclass, 'published_articles'::regclass, 'search_documents'::regclass) and not indisunique`,
    );
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    for (const statement of LOAD) await client.query(statement, statement.includes('$1') ? [stories] : []);
    for (const { definition } of indexes) await client.query(definition);
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
