// Reads a page of stories as a feed: what they are, what the feed is called, and where its other pages are. It writes no format.
import type { FastifyInstance } from 'fastify';
import { linksOf, startOf, type Walk, walkFrom } from '../../paging.ts';
import type { PageLinks } from '../../schemas.ts';
import { listArticles, type Page, type Resolved, resolveFilters } from '../articles/listing.ts';
import { groupsOf } from '../articles/listing-answer.ts';
import type { Position } from '../articles/page-request.ts';
import { boundsOf, pageOf, scopeOf } from '../articles/paging.ts';
import type { Article } from '../articles/schemas.ts';
import type { Partner } from '../partners/entitlements.ts';
import { hasText, withhold } from '../republish/withholding.ts';
import { isFallbackAsked } from '../site/fallback.ts';
import { type Deletion, listDeletions, type Span } from './deletions.ts';
import { type FeedHead, getFeedHead } from './queries.ts';
import type { FeedQuery } from './schemas.ts';

export interface Feed {
  /** Permanent, whatever becomes of host and format; the same for all pages. */
  id: string;
  title: string;
  head: FeedHead;
  /** The language that was asked for. */
  locale: string;
  /** The languages in which stories are taken, best first. */
  chain: readonly string[];
  /** All languages that are in it. */
  languages: string[];
  /** Whether the text of this story stands in it. */
  isFull(story: Article): boolean;
  links: PageLinks & { first: string };
  /** Where WebSub follows it: this hub, and those of the site. */
  hubs: string[];
  /** Of the newest edit in it; of the site where it is empty. */
  updatedAt: string;
  stories: readonly Article[];
  /** Which of their times they are ordered by. */
  by: 'publishedAt' | 'updatedAt';
  /** Withdrawn since the oldest of them came out, newest first; none where the format cannot tell. */
  deletions: Deletion[];
  /** What it is made of. */
  groups: string[];
  lastModified: Date;
  /** Whether no other answer than this one has had that time. */
  isTimed: boolean;
  /** For so many milliseconds, while the time is earlier than that of the last change. */
  freshFor: number | null;
  /** Where the API is described. */
  about: string;
  /** Where terms are described: the schemes of categories. */
  termsUrl(noun: 'regions' | 'tags', type?: string): string;
}

/** Stories of a page. */
const LIMIT = 50;

interface FeedOptions {
  /** Whether the format can. */
  tellsDeletions: boolean;
  /** Who it is cut to: another feed than that of the public, under another id. */
  partner?: Partner | null;
}
export async function readFeed(
  app: FastifyInstance,
  baseUrl: string,
  path: string,
  query: FeedQuery,
  { tellsDeletions, partner = null }: FeedOptions,
): Promise<Feed> {
  const { content = 'full', limit = LIMIT, ...filters } = query;
  const asked = { ...filters, limit };
  const resolved = await resolveFilters(app.db.public, filters, partner);
  const { locale, chain } = resolved;
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scopeOf(asked, resolved), query.cursor);
  const bounds = boundsOf(asked);
  const [page, head] = await Promise.all([
    // What came out on which terms stands in the document alone, so that summaries are made of it as well.
    listArticles(app.db.public, resolved, bounds, { ...pageOf(asked, walk), text: 'document' }),
    getFeedHead(app.db.public, locale, termIdsOf(resolved), chain),
  ]);
  const stories = await withhold(app.db.public, JSON.parse(String(page.items)) as Article[], partner);
  const deletions = tellsDeletions ? await listDeletions(app.db.public, resolved, bounds, spanOf(walk, page)) : [];
  const place = (position: Position | null): [number, string] | null => position && [position.at, position.id];
  const url = new URL(baseUrl + path).href;
  const links = linksOf(cursors, url, walk, { more: page.more, first: place(page.first), last: place(page.last) });
  return {
    id: `tag:${head.authority}:feed/${locale}${nameOf({ ...filters, ...(partner && { partner: partner.code }) })}`,
    title: [head.name, ...head.names].join(' · '),
    head,
    locale,
    chain,
    languages: chain.filter((tag) => page.locales.includes(tag)),
    isFull: (story) => content === 'full' && hasText(story),
    // Followers of a hub are sent what is public, uncounted: it is none for what is cut to a partner.
    hubs: query.cursor || partner ? [] : [`${baseUrl}/v1/hub`, ...head.hubs],
    links: { ...links, first: startOf(links.self) },
    updatedAt:
      newest([...stories.map(({ updatedAt }) => updatedAt), ...deletions.map(({ at }) => at)]) ?? head.settledAt,
    stories,
    by: query.sort === '-updatedAt' ? 'updatedAt' : 'publishedAt',
    deletions,
    groups: groupsOf(asked, resolved),
    ...timesOf(head, page),
    about: `${baseUrl}/docs`,
    termsUrl: (noun, type) => `${baseUrl}/v1/${noun}${type ? `?type=${type}` : ''}`,
  };
}

/** In the minute after a change, an answer tells a minute before itself: the next one tells a later time, but for one of the same second. */
function timesOf(
  { changedAt, toldUntil }: FeedHead,
  { modifiedAt }: Page,
): Pick<Feed, 'lastModified' | 'isTimed' | 'freshFor'> {
  const changed = Math.max(Date.parse(changedAt), modifiedAt?.getTime() ?? 0);
  const told = Date.parse(toldUntil);
  if (changed <= told) return { lastModified: new Date(changed), isTimed: true, freshFor: null };
  const isTimed = Math.floor(changed / 1_000) < Math.floor(told / 1_000) + 60;
  return { lastModified: new Date(told), isTimed, freshFor: isTimed ? changed - told : 1_000 };
}

const termIdsOf = ({ regionIds, tagIds, allTagIds, contributorIds }: Resolved): string[] =>
  [regionIds, tagIds, allTagIds, contributorIds].flatMap((ids) => ids ?? []);

/** Pages are newest first: each has the withdrawals of its own time, the first one those that came after all of its stories. */
function spanOf({ after, backward }: Walk, { more, first, last }: Page): Span {
  const time = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  const passed = after ? Number(after[0]) : undefined;
  return backward
    ? { since: time(passed), until: more ? time(first?.at) : null }
    : { since: more ? time(last?.at) : null, until: time(passed) };
}

const newest = (times: string[]): string | undefined => times.toSorted().at(-1);

/** The filters in one spelling, as the query of a URI (RFC 3986 section 3.4); what is usual is not named. */
function nameOf({
  locale: _,
  cursor: __,
  fallback,
  sort,
  ...filters
}: Omit<FeedQuery, 'limit' | 'content'> & { partner?: string }): string {
  const unusual = {
    ...filters,
    ...(fallback && isFallbackAsked({ fallback }) && { fallback }),
    ...(sort === '-updatedAt' && { sort }),
  };
  const named = Object.entries(unusual)
    .map(
      ([name, value]) =>
        `${name}=${[value]
          .flat()
          .map((one) => encodeURIComponent(String(one)))
          .join()}`,
    )
    .sort();
  return named.length > 0 ? `?${named.join('&')}` : '';
}
