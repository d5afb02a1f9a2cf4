// Answers public reads of terms: lists, trees and single ones, with their links. It asks for nothing but what queries.ts gives.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listGroups, termsGroup } from '../../caching/groups.ts';
import { invalid, Problem, unknownLocale } from '../../errors.ts';
import { linkHeader, linksOf } from '../../paging.ts';
import { sendCacheable } from '../../plugins/caching.ts';
import { feedsOf } from '../feeds/discovery.ts';
import type { Counts } from './counts.ts';
import type { Noun, TermListQuery } from './noun.ts';
import { positionOf } from './paging.ts';
import { type FoundTerm, listTerms } from './queries.ts';

const NOT_WITH_TREE = ['limit', 'cursor', 'country', 'parent'] as const;

export async function listPublic(
  app: FastifyInstance,
  noun: Noun,
  counts: Counts,
  request: FastifyRequest<{ Querystring: TermListQuery }>,
  reply: FastifyReply,
  url: string,
): Promise<FastifyReply> {
  const { query } = request;
  if (query.tree) refuseWithTree(new URL(url).searchParams);
  const { locale: requested, include, tree, limit = noun.defaultLimit, ...filters } = query;
  const scope = { ...filters, locale: requested };
  const cursors = await app.cursors();
  const wanted = positionOf(cursors, noun.plural, scope);
  const page = await listTerms(app.db.public, noun, query, {
    limit: tree ? null : limit,
    after: wanted.after,
    backward: wanted.backward,
  });
  if (page.locale === null) throw unknownLocale();
  if (!page.known) throw unknownReference(noun.filter.reference?.parameter ?? '');
  const links = linksOf(cursors, url, wanted, page);
  const items = include ? await withCounts(counts, noun, page.locale, page.items) : page.items;
  const data = tree ? nest(items) : items;
  const meta = { requestedLocale: requested ?? page.locale, locale: page.locale };
  reply.header('content-language', page.locale).header('link', linkHeader(links));
  return sendCacheable(request, reply, {
    json: `{"data":${data},"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)}}`,
    ...caching(noun, page.locale, !!include),
  });
}

/** The query has defaults by now: what was sent is in the address. */
function refuseWithTree(sent: URLSearchParams): void {
  for (const parameter of NOT_WITH_TREE) {
    if (sent.has(parameter)) throw invalid({ parameter }, 'does not go together with tree=true', 'not_with_tree');
  }
}

const unknownReference = (parameter: string) =>
  new Problem('unknown_reference', { errors: [{ parameter, code: 'unknown', message: 'does not exist' }] });

/** Counts are remembered in counts.ts, without being told of changes; the next story changes them. */
const caching = (noun: Noun, locale: string, isCounted: boolean) => ({
  groups: [termsGroup(noun), ...(isCounted ? listGroups(locale) : [])],
  isKept: !isCounted,
  lifetime: isCounted ? ('list' as const) : ('settings' as const),
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

async function withCounts(counts: Counts, noun: Noun, locale: string, items: string): Promise<string> {
  const terms = JSON.parse(items) as { id: string }[];
  const counted = await counts.countStories(
    noun,
    locale,
    terms.map(({ id }) => id),
  );
  return JSON.stringify(terms.map((term) => ({ ...term, articleCount: counted.get(term.id) ?? 0 })));
}

/** @param counted where stories are to be counted. @throws Problem not_found */
export async function sendTerm(
  noun: Noun,
  counted: Counts | null,
  request: FastifyRequest,
  reply: FastifyReply,
  baseUrl: string,
  { locale, item, language, modifiedAt }: FoundTerm,
  requested: string | undefined,
): Promise<FastifyReply> {
  if (locale === null || item === null) throw new Problem('not_found');
  const meta = { requestedLocale: requested ?? locale, locale };
  reply.header('content-language', language ?? locale);
  // Counts change without the term: then the ETag alone tells.
  const dated = modifiedAt && !counted ? { lastModified: modifiedAt } : {};
  const data = counted ? (await withCounts(counted, noun, locale, `[${item}]`)).slice(1, -1) : item;
  const { key } = JSON.parse(item) as { key: string };
  const links = { self: baseUrl + request.url, feeds: feedsOf(baseUrl, locale, [noun.name, key]) };
  return sendCacheable(request, reply, {
    json: `{"data":${data},"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)}}`,
    ...dated,
    ...caching(noun, locale, counted !== null),
  });
}
