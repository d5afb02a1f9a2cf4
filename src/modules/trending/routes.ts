// The public route of what is read most. It reads lists that are ready, and counts nothing.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { fewGroups, listGroups, termsGroup, trendingGroup } from '../../caching/groups.ts';
import { sendCacheable } from '../../caching/sending.ts';
import { cacheable, inLanguage, open, problems } from '../../responses.ts';
import { envelope } from '../articles/envelope.ts';
import { includedGroups, loadInclusion } from '../articles/including.ts';
import { type Resolved, resolveFilters } from '../articles/listing.ts';
import type { SparseArticle } from '../articles/schemas.ts';
import { pickFields, textFor } from '../articles/sparse.ts';
import { checkParts } from '../fields/filtering.ts';
import { regionNoun } from '../regions/noun.ts';
import { tagNoun } from '../tags/noun.ts';
import * as examples from './examples.ts';
import { listTrending } from './queries.ts';
import { TrendingAnswer, TrendingQuery } from './schemas.ts';
import type { Span } from './spans.ts';

export const trendingRoutes: FastifyPluginAsyncTypebox<{ baseUrl: string }> = async (app, { baseUrl }) => {
  const db = app.db.public;

  app.get(
    '/trending',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'listTrending',
        tags: ['Views'],
        summary: 'List what is read most',
        description:
          'From the counts of hours and days, made anew once a minute: the views of the last minute are in the next order. A story that goes out of public is gone at once. With `fallback`, each story comes once, in the first of the languages in which it is public, and counts by the views of that text. Equal scores stand in the order of their ids.',
        querystring: TrendingQuery,
        security: open,
        response: { ...cacheable(TrendingAnswer, examples.trending, { headers: inLanguage }), ...problems(400) },
      },
    },
    async (request, reply) => {
      const { window = '24h', fields, include, limit = 20, ...filters } = request.query;
      await checkParts(db, fields);
      const resolved = await resolveFilters(db, filters);
      const { locale, chain, isChained, driver } = resolved;
      const asked = { span: window, chain, keys: driver.keys, limit, text: textFor(fields), isChained };
      const found = await listTrending(db, asked);
      const ids = found.ranking.map(({ id }) => id);
      const inclusion = include ? await loadInclusion(db, ids, locale, include, found.locales) : null;
      const data = fields
        ? JSON.stringify((JSON.parse(found.items) as SparseArticle[]).map((story) => pickFields(story, fields)))
        : found.items;
      const meta = { requestedLocale: filters.locale ?? locale, locale, window };
      const moving = { refreshedAt: found.refreshedAt?.toISOString() ?? null, ranking: found.ranking };
      // RFC 9110 section 8.5: every language that is in it.
      reply.header('content-language', chain.filter((tag) => found.locales.includes(tag)).join(', ') || locale);
      return sendCacheable(request, reply, {
        ...envelope(data, inclusion, meta, { self: baseUrl + request.url }, { meta: moving }),
        groups: [...groupsOf(window, resolved, filters), ...includedGroups(include)],
        isKept: !inclusion?.views,
        lifetime: 'list',
      });
    },
  );
};

/** Stories come into the list by a refresh or by going out in public again; the filters name terms by keys, which lead to others once terms are merged. */
function groupsOf(window: Span, resolved: Resolved, { region, tag }: { region?: string[]; tag?: string[] }): string[] {
  const terms = [...(region ? [termsGroup(regionNoun)] : []), ...(tag ? [termsGroup(tagNoun)] : [])];
  const narrow = resolved.chain.flatMap((locale) => listGroups(locale, resolved));
  return [trendingGroup(window), ...fewGroups(narrow, resolved.chain), ...terms];
}
