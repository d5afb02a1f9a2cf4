// Answers the desk's list of stories: a page, and links bound to its filters.

import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { linksOf, timeAndId, turnPage, walkFrom } from '../../paging.ts';
import { wordsAsked } from './finding.ts';
import { listDeskArticles } from './listing-queries.ts';
import { listTags, requireLocale, resolveListTerms } from './references.ts';
import type { DeskListQuery } from './schemas.ts';

export async function listForDesk(app: FastifyInstance, query: Static<typeof DeskListQuery>, url: string) {
  const locale = query.locale ? await requireLocale(app.db.desk, query.locale, { parameter: 'locale' }) : null;
  const terms = await resolveListTerms(app.db.desk, query);
  const { status = null, kind = null, q = null, externalId = null } = query;
  const scope = JSON.stringify(['desk', locale, status, kind, q, terms, externalId]);
  const cursors = await app.cursors();
  const walk = walkFrom(cursors, scope, query.cursor);
  const limit = query.limit ?? 20;
  const rows = await listDeskArticles(app.db.desk, {
    statuses: status,
    kinds: kind,
    locale,
    words: q === null ? null : wordsAsked(q, locale === null ? await listTags(app.db.desk) : [locale]),
    terms,
    externalId,
    forward: !walk.backward,
    limit,
    after: timeAndId(walk),
  });
  const { page, turned } = turnPage(rows, walk, limit, ({ at, article }) => [at, article.id]);
  return { data: page.map(({ article }) => article), meta: {}, links: linksOf(cursors, url, walk, turned) };
}
