// Answers a public list: filters resolved, a page read, what was asked to come along, and the links.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fewGroups, listGroups, storyGroup, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { linkHeader, linksOf, walkFrom } from '../../paging.ts';
import { contributorNoun } from '../contributors/noun.ts';
import { checkParts } from '../fields/filtering.ts';
import { cutTo, entitlementsOf } from '../partners/entitlements.ts';
import { noteTaken, takingOf } from '../partners/noting.ts';
import { regionNoun } from '../regions/noun.ts';
import { tagNoun } from '../tags/noun.ts';
import { envelope } from './envelope.ts';
import { includedGroups, loadInclusion } from './including.ts';
import { countArticles, listArticles, type Resolved, resolveFilters } from './listing.ts';
import type { Position } from './page-request.ts';
import { boundsOf, pageOf, scopeOf } from './paging.ts';
import type { ArticleListQuery, SparseArticle } from './schemas.ts';
import { pickFields, textFor } from './sparse.ts';

/** Counting stops here for `count=estimate`: 4 ms instead of 110 among a million stories. */
const ESTIMATE = 10_000;

export async function listStories(
  app: FastifyInstance,
  request: FastifyRequest<{ Querystring: ArticleListQuery }>,
  reply: FastifyReply,
  url: string,
): Promise<FastifyReply> {
  const { query } = request;
  await checkParts(app.db.public, query.fields);
  const partner = entitlementsOf(request);
  const resolved = await resolveFilters(app.db.public, query, partner);
  const { locale, chain } = resolved;
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scopeOf(query, resolved), query.cursor);
  const bounds = boundsOf(query);
  const [page, count] = await Promise.all([
    listArticles(app.db.public, resolved, bounds, pageOf(query, walk)),
    query.count && query.count !== 'none'
      ? countArticles(app.db.public, resolved, bounds, query.count === 'exact' ? null : ESTIMATE)
      : null,
  ]);
  const { fields, include } = query;
  const parsed = fields || include || partner ? (JSON.parse(String(page.items)) as SparseArticle[]) : [];
  const stories = partner ? parsed.map((story) => cutTo(story, partner)) : parsed;
  const inclusion = include
    ? await loadInclusion(
        app.db.public,
        stories.flatMap(({ id }) => id ?? []),
        locale,
        include,
        stories.flatMap((story) => story.locale ?? []),
      )
    : null;
  const shown = fields ? stories.map((story) => pickFields(story, fields)) : stories;
  const data = fields || partner ? JSON.stringify(shown) : page.items;
  const place = (position: Position | null): [number, string] | null => position && [position.at, position.id];
  const links = linksOf(cursors, url, walk, { more: page.more, first: place(page.first), last: place(page.last) });
  const meta = {
    requestedLocale: query.locale ?? locale,
    locale,
    ...(count !== null && { count: countOf(count, query.count) }),
    ...(partner && { isNarrowed: true }),
  };
  // RFC 9110 section 8.5: every language that is in it. An empty list is in the one that was asked for.
  const languages = chain.filter((tag) => page.locales.includes(tag));
  reply.header('content-language', languages.join(', ') || locale).header('link', linkHeader(links));
  const answer = sendCacheable(request, reply, {
    ...envelope(data, inclusion, meta, links),
    groups: [...groupsOf(query, resolved), ...includedGroups(include)],
    isKept: !inclusion?.views,
    lifetime: 'list',
  });
  if (partner?.fullText && textFor(fields) === 'document') noteTaken(request, reply, 'list', stories.flatMap(takingOf));
  return answer;
}

/** The filters name terms by keys, which lead to others once terms are merged. */
export function groupsOf(query: ArticleListQuery, resolved: Resolved): string[] {
  const { region, country, tag, tagAll, contributor } = query;
  const named = [
    (region ?? country) ? regionNoun : null,
    (tag ?? tagAll) ? tagNoun : null,
    contributor ? contributorNoun : null,
  ];
  const narrow = query.ids
    ? query.ids.map((id) => storyGroup(id.toLowerCase()))
    : // A story that becomes public in a better language leaves the list of a worse one; its text there then names the other, and so is changed.
      resolved.chain.flatMap((tag) => listGroups(tag, resolved));
  return [...fewGroups(narrow, resolved.chain), ...named.flatMap((noun) => (noun ? [termsGroup(noun)] : []))];
}

const countOf = (value: number, kind: ArticleListQuery['count']) =>
  kind === 'estimate' && value > ESTIMATE ? { value: ESTIMATE, relation: 'atLeast' } : { value, relation: 'exact' };
