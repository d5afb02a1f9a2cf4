// Suggests titles and tags while somebody types: what begins like that in public stories, the newest first, and what may be meant.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listGroups, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import type { PublicDb, Statement } from '../../db/pipeline.ts';
import { unknownLocale } from '../../errors.ts';
import type { ArticleCard } from '../articles/schemas.ts';
import { type Entitlements, entitlementsOf, localeNotEntitled } from '../partners/entitlements.ts';
import { LOCALE_OF } from '../site/queries.ts';
import { tagNoun } from '../tags/noun.ts';
import { entitledMarks } from './asking.ts';
import { guess } from './guessing.ts';
import { foldedWords } from './indexing.ts';
import { MOST_BEGINNING, mark, quoted } from './marks.ts';
import type { Suggestion, SuggestQuery } from './schemas.ts';
import { NARROW, nextWindow, windowsOf } from './windows.ts';
import { begunAs } from './words.ts';

/** The locale, and when the newest story of its list of all stories came out; the key of that is as listingKey() makes it. */
const LOCALE: Statement = {
  name: 'search_locale',
  text: `select x.locale, (select published_at from listings
      where key = ('x' || encode(substr(sha256(convert_to(x.locale, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
      order by published_at desc, article_id desc limit 1) as newest
    from (select ${LOCALE_OF('$1')} as locale offset 0) x`,
};
/** Stories whose tags are looked at: the newest with such a tag. */
const TAGGED = 40;

/** $1 and $2 queries of marks, $3 the mark of the locale, $4 windows, $5 locale. */
const walk = (name: string, query: string, limit: string) => `${name}(n, size, hits) as (
    select 0, 0, null::tid[]
    union all
    select next.n, coalesce(cardinality(x.hits), 0), x.hits from ${name} w cross join lateral (
      select ${nextWindow('w', limit, '$4::text[]')} as n
    ) next cross join lateral (
      select array_agg(h.ctid) as hits from (
        select d.ctid from search_documents d
        where d.vector @@ (case when next.n <= ${NARROW} then ${query} else ${query} && $3::tsquery end && coalesce(nullif(($4::text[])[next.n][1], '')::tsquery, ${query}))
          and d.locale = $5 and d.kind <> 'page'
        order by d.published_at desc, d.article_id desc limit ${limit}) h) x
    where w.n < array_length($4::text[], 1) and w.size < ${limit}
  )`;
const cards = (name: string) => `(
    select coalesce(json_agg(p.card::json order by h.n), '[]') from (select hits from ${name} order by n desc limit 1) w
    cross join unnest(w.hits) with ordinality h(ctid, n) join search_documents d on d.ctid = h.ctid
    join published_articles p on p.article_id = d.article_id and p.locale = d.locale)::text`;
const SUGGEST: Statement = {
  name: 'search_suggest',
  isPlannedAnew: true,
  text: `with recursive ${walk('titled', '$1::tsquery', '$6::int')}, ${walk('tagged', '$2::tsquery', `${TAGGED}`)}
    select ${cards('titled')} as titled, ${cards('tagged')} as tagged`,
};

export async function answerSuggest(
  app: FastifyInstance,
  request: FastifyRequest<{ Querystring: SuggestQuery }>,
  reply: FastifyReply,
  url: string,
): Promise<FastifyReply> {
  const { q, limit = 8, locale: requested } = request.query;
  const { public: db } = app.db;
  const [row] = await db.query<{ locale: string | null; newest: Date | null }>(LOCALE, [requested ?? null]);
  const locale = row?.locale;
  if (!locale) throw unknownLocale();
  const partner = entitlementsOf(request);
  if (partner?.locales && !partner.locales.includes(locale)) throw localeNotEntitled(locale, partner.locales);
  // Windows of time begin at the newest story, that the first are not empty. Where nothing had come out for two years, a single letter
  // was else looked for in three years at once: 9,270 stories and 32 to 44 ms among 300,000, where 172 are looked at so.
  const from = Math.min(Date.now(), row.newest?.getTime() ?? Number.POSITIVE_INFINITY);
  let data = await suggest(db, q, { locale, limit, from }, partner);
  // Words are guessed from all stories, other ones than a partner's among them.
  const didYouMean = data.length === 0 && !partner ? await guess(db, q, locale, true) : null;
  if (didYouMean !== null) data = await suggest(db, didYouMean, { locale, limit, from }, null);
  reply.header('content-language', locale);
  const meta = {
    requestedLocale: requested ?? locale,
    locale,
    ...(didYouMean !== null && { didYouMean }),
    ...(partner && { isNarrowed: true }),
  };
  return sendCacheable(request, reply, {
    json: JSON.stringify({ data, meta, links: { self: url } }),
    groups: [...listGroups(locale), termsGroup(tagNoun)],
    lifetime: 'list',
  });
}

/** Tags first: there are few, and each leads to many stories. */
async function suggest(
  db: PublicDb,
  text: string,
  { locale, limit, from }: { locale: string; limit: number; from: number },
  entitled: Entitlements | null,
): Promise<Suggestion[]> {
  const words = foldedWords(text, locale);
  const [last] = words.slice(-1);
  if (last === undefined) return [];
  const lasts = begunAs(last, locale);
  const asks = (whole: (word: string) => string, beginning: (letters: string) => string) =>
    [
      ...words.slice(0, -1).map((word) => quoted(whole(word))),
      `(${lasts
        .map((one) => ([...one].length <= MOST_BEGINNING ? quoted(beginning(one)) : `${quoted(whole(one))}:*`))
        .join(' | ')})`,
      ...entitledMarks(entitled),
    ].join(' & ');
  const [row] = await db.query<{ titled: string; tagged: string }>(SUGGEST, [
    asks(mark.titleWord, mark.titleBeginning),
    asks(mark.tagWord, mark.tagBeginning),
    quoted(mark.locale(locale)),
    windowsOf({ from, descending: true, until: null }),
    locale,
    limit,
  ]);
  const titled = JSON.parse(row?.titled ?? '[]') as ArticleCard[];
  const tagged = JSON.parse(row?.tagged ?? '[]') as ArticleCard[];
  return [...tagsOf(tagged, words, lasts, locale), ...titled.map(storyOf)].slice(0, limit);
}

const storyOf = ({ id, title, slug, url }: ArticleCard): Suggestion => ({
  type: 'article',
  id,
  key: null,
  text: title,
  slug,
  url,
});

/** Those of the stories that have all words in their name, the most frequent first; half of the suggestions at most. */
function tagsOf(
  cards: readonly ArticleCard[],
  words: readonly string[],
  lasts: readonly string[],
  locale: string,
): Suggestion[] {
  const counts = new Map<string, { count: number; tag: ArticleCard['tags'][number] }>();
  for (const tag of cards.flatMap(({ tags }) => tags)) {
    const own = foldedWords(tag.name, locale);
    if (
      !words.slice(0, -1).every((word) => own.includes(word)) ||
      !own.some((word) => lasts.some((last) => word.startsWith(last)))
    )
      continue;
    counts.set(tag.id, { tag, count: (counts.get(tag.id)?.count ?? 0) + 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, 4)
    .map(({ tag: { id, key, name, slug } }) => ({ type: 'tag', id, key, text: name, slug, url: null }));
}
