// Answers a search: filters resolved, a page found and highlighted, what was asked to come along, and the links.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listGroups, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { linkHeader, linksOf, type Walk, walkFrom } from '../../paging.ts';
import { envelope } from '../articles/envelope.ts';
import { includedGroups, loadInclusion } from '../articles/including.ts';
import { type Resolved, resolveFilters } from '../articles/listing.ts';
import { groupsOf } from '../articles/listing-answer.ts';
import { scopeOf } from '../articles/paging.ts';
import type { SparseArticle } from '../articles/schemas.ts';
import { pickFields, textFor } from '../articles/sparse.ts';
import { checkParts } from '../fields/filtering.ts';
import { cutTo, entitlementsOf } from '../partners/entitlements.ts';
import { regionNoun } from '../regions/noun.ts';
import { tagNoun } from '../tags/noun.ts';
import { asList, parseIn, searchOf } from './asking.ts';
import { type Facets, surveyHits, type WantedFacets } from './facets.ts';
import { guess } from './guessing.ts';
import { MOST_HITS, type Search } from './hits.ts';
import { type Hit, isWalked, LITTLE, type SearchPage, searchStories } from './queries.ts';
import type { SearchQuery } from './schemas.ts';
import { highlight, type Place } from './snippets.ts';
import { fewWindows, type Span, windowsOf } from './windows.ts';

export async function answerSearch(
  app: FastifyInstance,
  request: FastifyRequest<{ Querystring: SearchQuery }>,
  reply: FastifyReply,
  url: string,
): Promise<FastifyReply> {
  const { query } = request;
  const { public: db } = app.db;
  await checkParts(db, query.fields);
  const partner = entitlementsOf(request);
  const resolved = await resolveFilters(db, query, partner);
  const { locale, chain } = resolved;
  const asked = parseIn(query.q, chain);
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scopeOfSearch(query, resolved, [...asked]), query.cursor);
  const search = searchOf(query, resolved, asked);
  const sort = sortOf(query);
  const facets = query.facets ? { locale, names: query.facets } : null;
  const isCounted = sort === 'relevance' || query.count === 'estimate' || facets !== null;
  const [page, survey] = await Promise.all([
    search ? searchStories(db, search, pageOf(query, search, walk, facets)) : NOTHING,
    search && isCounted && isWalked(sort, search)
      ? surveyHits(db, search, windowsFor(search, spanOf(query)), facets ?? { locale, names: [] })
      : null,
  ]);
  const { hits } = page;
  const ids = hits.map(({ id }) => id);
  const inclusion = query.include
    ? await loadInclusion(
        db,
        ids,
        locale,
        query.include,
        hits.map((hit) => hit.locale),
      )
    : null;
  // What another language of the chain has is no slip, though no title of the first has it.
  const isRight = hits.some((hit) => hit.locale !== locale);
  const didYouMean =
    page.size < LITTLE && !isRight && query.cursor === undefined && !partner
      ? await guess(db, query.q, locale, false)
      : null;
  const place = (hit: Hit | undefined) => hit?.position ?? null;
  const links = linksOf(cursors, url, walk, { more: page.more, first: place(hits[0]), last: place(hits.at(-1)) });
  const counted = survey ?? page;
  const meta = {
    requestedLocale: query.locale ?? locale,
    locale,
    ...(isCounted && {
      count: { value: Math.min(counted.size, MOST_HITS), relation: counted.cut ? 'atLeast' : 'exact' },
    }),
    ...(query.facets && { facets: facetsOf(query.facets, counted.facets) }),
    ...(didYouMean !== null && { didYouMean }),
    ...(partner && { isNarrowed: true }),
  };
  const languages = chain.filter((tag) => hits.some((hit) => hit.locale === tag));
  reply.header('content-language', languages.join(', ') || locale).header('link', linkHeader(links));
  const data = `[${hits.map((hit) => show(hit, query.fields, resolved)).join(',')}]`;
  return sendCacheable(request, reply, {
    ...envelope(data, inclusion, meta, links),
    groups: [
      ...groupsOf(asList(query), resolved),
      ...includedGroups(query.include),
      ...facetGroups(query.facets),
      ...(page.size < LITTLE ? listGroups(locale) : []),
    ],
    isKept: !inclusion?.views,
    lifetime: 'list',
  });
}

/** Facets are named. */
const facetGroups = (facets: SearchQuery['facets'] = []) =>
  facets.flatMap((name) => (name === 'region' ? termsGroup(regionNoun) : name === 'tag' ? termsGroup(tagNoun) : []));

const NOTHING: SearchPage = { hits: [], more: false, size: 0, cut: false, facets: null };

const sortOf = ({ sort = 'relevance' }: SearchQuery) => sort;

/** Everything that decides which hits stand in which order. */
const scopeOfSearch = (query: SearchQuery, resolved: Resolved, asked: readonly unknown[]) =>
  JSON.stringify(['search', asked, sortOf(query), scopeOf(asList(query), resolved)]);

/** Of the newest hits, all; `until` is only a hint that further back there are none. */
function spanOf({ publishedAfter, publishedBefore }: SearchQuery): Span {
  const now = Date.now();
  return {
    from: publishedBefore === undefined ? now : Math.min(now, Date.parse(publishedBefore)),
    descending: true,
    until: publishedAfter === undefined ? null : Date.parse(publishedAfter),
  };
}

const windowsFor = ({ hasBeginnings }: Search, span: Span) =>
  hasBeginnings ? fewWindows(windowsOf(span)) : windowsOf(span);

function pageOf(query: SearchQuery, search: Search, { after, backward }: Walk, facets: WantedFacets | null) {
  const { fields, limit = 20 } = query;
  const sort = sortOf(query);
  const span = spanOf(query);
  const turned: Span =
    after && isWalked(sort, search)
      ? { from: Number(after[0]), descending: !backward, until: backward ? span.from : span.until }
      : span;
  return { sort, windows: windowsFor(search, turned), after, backward, limit, text: textFor(fields), facets };
}

function show(hit: Hit, fields: readonly string[] | undefined, { locale, isChained, entitled }: Resolved): string {
  const whole = JSON.parse(hit.card) as SparseArticle;
  const story = entitled ? cutTo(whole, entitled) : whole;
  const places = JSON.parse(hit.places) as Place[];
  const isShort = entitled?.fullText === false;
  const found = highlight({
    locale: hit.locale,
    title: story.title ?? '',
    standfirst: story.standfirst ?? null,
    // Of a text that is kept from a partner, one snippet after the other would tell all.
    body: isShort ? '' : hit.body,
    // Nor is it told that a word stands there.
    places: isShort ? places.filter(([, weight]) => weight === 'A' || weight === 'B') : places,
  });
  const shown = fields || entitled ? JSON.stringify(fields ? pickFields(story, fields) : story) : hit.card;
  const isFallback = isChained ? `"isFallback":${hit.locale !== locale},` : '';
  return `${shown.slice(0, -1)},${isFallback}"highlight":${JSON.stringify(found)}}`;
}

const facetsOf = (wanted: NonNullable<SearchQuery['facets']>, found: Facets | null) =>
  Object.fromEntries(wanted.map((name) => [name, found?.[name] ?? []]));
