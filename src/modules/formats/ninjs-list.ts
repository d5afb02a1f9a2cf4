// Answers a list of stories in ninjs: the filters, order and cursors of other lists, each story whole.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendCacheable } from '../../caching/sending.ts';
import { linkHeader, linksOf, walkFrom } from '../../paging.ts';
import { listArticles, resolveFilters } from '../articles/listing.ts';
import { groupsOf } from '../articles/listing-answer.ts';
import type { Position } from '../articles/page-request.ts';
import { boundsOf, pageOf, scopeOf } from '../articles/paging.ts';
import type { Article } from '../articles/schemas.ts';
import { entitlementsOf } from '../partners/entitlements.ts';
import { noteTaken, takingOf } from '../partners/noting.ts';
import { hasText, withhold } from '../republish/withholding.ts';
import { getSiteFace } from '../site/face.ts';
import { ninjsOf } from './ninjs.ts';
import type { NinjsListQuery } from './ninjs-schemas.ts';

export async function listNinjs(
  app: FastifyInstance,
  request: FastifyRequest<{ Querystring: NinjsListQuery }>,
  reply: FastifyReply,
  url: string,
) {
  const { query } = request;
  const db = app.db.public;
  const partner = entitlementsOf(request);
  const resolved = await resolveFilters(db, query, partner);
  const { locale, chain } = resolved;
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scopeOf(query, resolved), query.cursor);
  const [page, site] = await Promise.all([
    listArticles(db, resolved, boundsOf(query), { ...pageOf(query, walk), text: 'document' }),
    getSiteFace(db, locale),
  ]);
  const place = (position: Position | null): [number, string] | null => position && [position.at, position.id];
  const links = linksOf(cursors, url, walk, { more: page.more, first: place(page.first), last: place(page.last) });
  const stories = await withhold(db, JSON.parse(String(page.items)) as Article[], partner);
  const data = stories.map((story) => ninjsOf(story, site));
  const meta = { requestedLocale: query.locale ?? locale, locale, ...(partner && { isNarrowed: true }) };
  const languages = chain.filter((tag) => page.locales.includes(tag));
  reply.header('content-language', languages.join(', ') || locale).header('link', linkHeader(links));
  const answer = sendCacheable(request, reply, {
    json: JSON.stringify({ data, meta, links }),
    groups: groupsOf(query, resolved),
    lifetime: 'list',
  });
  noteTaken(request, reply, 'ninjs', stories.filter(hasText).flatMap(takingOf));
  return answer;
}
