// Views that are written together, and the one statement that writes them; it decides nothing about when.

export interface View {
  articleId: string;
  /** Null: the site's default where the story is published in it, else the locale that was published first. */
  locale: string | null;
  source: string;
  /** Made by visitorKey() under the salt that decides. */
  visitorKey: bigint;
  /** The key under the other salt that holds around midnight; see salts.ts. */
  shadowKey?: bigint | null;
}

export interface Batch {
  /** Settles when the batch is committed, for all its views at once: one promise costs less than one for each. */
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
  add(view: View): void;
  /** Views added, doubles included. */
  size(): number;
  /** The parameters of COUNT_VIEWS. */
  values(): [string, string, string | null, string, string, string];
}

/** What stands in one row of view_counts, at most. */
interface Target {
  place: number;
  articleId: string;
  locale: string | null;
  source: string;
}

const arrayLiteral = (items: Iterable<unknown> | BigInt64Array) => `{${[...items].join()}}`;

/**
 * Every value must have passed isWellFormed() of counting.ts: the arrays are written as text without quotes. (As text,
 * a key costs 51 ns; in pg's binary format 81.)
 */
export function createBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits is told; a rejection that no one waits for must not end the process.
  promise.catch(() => {});
  const targets = new Map<string, Target>();
  const placeOf = new Map<bigint, number>();
  const shadowOf = new Map<bigint, bigint>();
  let size = 0;

  return {
    promise,
    resolve,
    reject,
    size: () => size,
    add({ articleId, locale, source, visitorKey, shadowKey }) {
      size++;
      // A double of a view that waits here is counted with it, by not being counted.
      if (placeOf.has(visitorKey)) return;
      const name = `${articleId} ${locale} ${source}`;
      let target = targets.get(name);
      if (!target) {
        target = { place: targets.size + 1, articleId, locale, source };
        targets.set(name, target);
      }
      placeOf.set(visitorKey, target.place);
      if (shadowKey != null) shadowOf.set(visitorKey, shadowKey);
    },
    values() {
      const keys = BigInt64Array.from(placeOf.keys()).sort();
      const places = Array.from(keys, (key) => placeOf.get(key));
      const shadows = shadowOf.size > 0 ? Array.from(keys, (key) => shadowOf.get(key) ?? 'NULL') : null;
      const rows = [...targets.values()];
      return [
        arrayLiteral(keys),
        arrayLiteral(places),
        shadows && arrayLiteral(shadows),
        arrayLiteral(rows.map((row) => row.articleId)),
        arrayLiteral(rows.map((row) => row.locale ?? 'NULL')),
        arrayLiteral(rows.map((row) => row.source)),
      ];
    },
  };
}

/**
 * $1 keys, ascending; $2 the place of each key's target; $3 shadow keys or null; $4, $5, $6 targets: stories, locales,
 * sources. Locks are taken in one order by every node (keys ascending, shadows, then counts by story), so that two
 * nodes wait for each other but do not deadlock. A key is led back to its target by a binary search in $1
 * (width_bucket), since RETURNING cannot give the place and a join would be planned blindly for arrays of unknown size.
 */
export const COUNT_VIEWS = {
  name: 'count_views',
  text: `
with target as materialized (
  select given.place, given.article_id, given.source,
    case when given.locale is null then (
      select p.locale from published_articles p where p.article_id = given.article_id
      order by p.locale = (select default_locale from site) desc, p.first_published_at, p.locale limit 1
    ) else (
      select p.locale from published_articles p where p.article_id = given.article_id and p.locale = given.locale
    ) end as locale
  from unnest($4::uuid[], $5::text[], $6::text[]) with ordinality as given (article_id, locale, source, place)
), seen as (
  insert into view_visitors as visitor (key, seen_at)
  select view.key, now() from unnest($1::int8[], $2::int2[]) as view (key, place)
  where (array(select locale is not null from target order by place))[view.place]
  on conflict (key) do update set seen_at = excluded.seen_at
    where visitor.seen_at <= excluded.seen_at - interval '30 seconds'
      -- Of a clock that has gone back.
      or visitor.seen_at > excluded.seen_at + interval '30 seconds'
  returning key
), shadow as (
  insert into view_visitors (key, seen_at)
  select distinct ($3::int8[])[width_bucket(key, $1::int8[])], now() from seen
  where ($3::int8[])[width_bucket(key, $1::int8[])] is not null order by 1
  on conflict (key) do update set seen_at = excluded.seen_at
), counted as (
  select ($2::int2[])[width_bucket(key, $1::int8[])]::int8 as place, count(*) as views from seen group by 1
)
insert into view_counts as total (article_id, hour, locale, source, views)
select article_id, date_trunc('hour', now(), 'UTC'), locale, source, sum(views)
from counted join target using (place)
group by article_id, locale, source order by article_id, locale, source
on conflict (article_id, hour, locale, source) do update set views = total.views + excluded.views`,
};
