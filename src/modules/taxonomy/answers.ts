// Answers public reads of terms: lists, trees and single ones, with their links. It asks for nothing but what queries.ts gives.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listGroups, termsGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { invalid, Problem, unknownLocale, unknownReference } from '../../errors.ts';
import { linkHeader, linksOf } from '../../paging.ts';
import { plainEnvelope } from '../articles/envelope.ts';
import { feedsOf } from '../feeds/discovery.ts';
import { type Chain, isFallbackAsked, type Languages } from '../site/fallback.ts';
import type { Counts } from './counts.ts';
import type { Noun, TermListQuery } from './noun.ts';
import { positionOf } from './paging.ts';
import { type FoundTerm, listTerms } from './queries.ts';
import type { TermQuery } from './schemas.ts';

const NOT_WITH_TREE = ['limit', 'cursor', 'country', 'parent'] as const;

/** What the routes of a noun answer with. */
export interface Answering {
  app: FastifyInstance;
  noun: Noun;
  counts: Counts;
  baseUrl: string;
}

export async function listPublic(
  { app, noun, counts, baseUrl }: Answering,
  request: FastifyRequest<{ Querystring: TermListQuery }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { query } = request;
  const url = baseUrl + request.url;
  if (query.tree) refuseWithTree(new URL(url).searchParams);
  const { locale: requested, fallback, include, tree, limit = noun.defaultLimit, ...filters } = query;
  const scope = { ...filters, locale: requested };
  const cursors = await app.cursors();
  const wanted = positionOf(cursors, noun.plural, scope);
  const page = await listTerms(app.db.public, noun, query, {
    limit: tree ? null : limit,
    after: wanted.after,
    backward: wanted.backward,
  });
  if (page.locale === null) throw unknownLocale();
  if (!page.known) throw unknownReference({ parameter: noun.filter.reference?.parameter ?? '' }, 'does not exist');
  const links = linksOf(cursors, url, wanted, page);
  const chain = await chainOf(counts, query, page.locale);
  const items = include ? await withCounts(counts, noun, chain, page.items) : page.items;
  const data = tree ? nest(items) : items;
  const meta = { requestedLocale: requested ?? page.locale, locale: page.locale };
  reply.header('content-language', page.locale).header('link', linkHeader(links));
  return sendCacheable(request, reply, {
    json: plainEnvelope(data, meta, links),
    ...caching(noun, include ? chain : null),
  });
}

/** The query has defaults by now: what was sent is in the address. */
function refuseWithTree(sent: URLSearchParams): void {
  for (const parameter of NOT_WITH_TREE) {
    if (sent.has(parameter)) throw invalid({ parameter }, 'does not go together with tree=true', 'not_with_tree');
  }
}

/** The languages in which stories are counted. What is no language is refused, also where nothing is counted. */
const chainOf = async (counts: Counts, asked: Languages, locale: string): Promise<Chain> =>
  isFallbackAsked(asked) ? counts.findChain(asked) : [locale];

/** Counts are remembered in counts.ts, without being told of changes; the next story changes them. @param counted in which languages */
const caching = (noun: Noun, counted: Chain | null) => ({
  groups: [termsGroup(noun), ...(counted ?? []).flatMap((locale) => listGroups(locale))],
  isKept: !counted,
  lifetime: counted ? ('list' as const) : ('settings' as const),
});

interface Nested {
  key: string;
  parent: string | null;
  children: Nested[];
}

/** A parent may stand behind its children in the list. */
function nest(items: string): string {
  const terms = (JSON.parse(items) as Omit<Nested, 'children'>[]).map((term): Nested => ({ ...term, children: [] }));
  const byKey = new Map(terms.map((term) => [term.key, term]));
  const roots = terms.filter((term) => {
    const parent = term.parent === null ? undefined : byKey.get(term.parent);
    parent?.children.push(term);
    return !parent;
  });
  return JSON.stringify(roots);
}

async function withCounts(counts: Counts, noun: Noun, chain: Chain, items: string): Promise<string> {
  const terms = JSON.parse(items) as { id: string }[];
  const counted = await counts.countStories(
    noun,
    chain,
    terms.map(({ id }) => id),
  );
  return JSON.stringify(terms.map((term) => ({ ...term, articleCount: counted.get(term.id) ?? 0 })));
}

/** @throws Problem not_found, unknown_locale */
export async function sendTerm(
  { noun, counts, baseUrl }: Answering,
  request: FastifyRequest,
  reply: FastifyReply,
  { locale, item, language, modifiedAt }: FoundTerm,
  asked: TermQuery,
): Promise<FastifyReply> {
  if (locale === null || item === null) throw new Problem('not_found');
  const chain = await chainOf(counts, asked, locale);
  const meta = { requestedLocale: asked.locale ?? locale, locale };
  reply.header('content-language', language ?? locale);
  // Counts change without the term: then the ETag alone tells.
  const dated = modifiedAt && !asked.include ? { lastModified: modifiedAt } : {};
  const data = asked.include ? (await withCounts(counts, noun, chain, `[${item}]`)).slice(1, -1) : item;
  const { key } = JSON.parse(item) as { key: string };
  const links = { self: baseUrl + request.url, feeds: feedsOf(baseUrl, locale, [noun.name, key]) };
  return sendCacheable(request, reply, {
    json: plainEnvelope(data, meta, links),
    ...dated,
    ...caching(noun, asked.include ? chain : null),
  });
}
