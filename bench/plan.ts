// What is measured, beside what, and which budget each comparison has. It runs nothing.

import { listingKey } from '../src/modules/articles/listing-keys.ts';
import type { Newsroom } from './data.ts';
import type { Load } from './load.ts';

export interface Measure {
  name: string;
  /** Name of the server that is asked. */
  server: string;
  load: Omit<Load, 'port' | 'seconds'>;
  /** The one status that counts as an answer. */
  status: '200' | '204' | '304';
  /** Where the database keeps the count of what was answered. */
  counts?: 'view_counts' | 'bench_views';
}
export interface Comparison {
  what: string;
  ours: string;
  than: string;
  /** Least ratio; absent where it is told for information. */
  budget?: number;
}

const CONNECTIONS = 64;
const LIST_ADDRESSES = 100;
export const VIEW_CONNECTIONS = [64, 256];
const MOST_CONNECTIONS = Math.max(...VIEW_CONNECTIONS);
const SPREADS = { 'one story': 'even', Zipf: 'zipf' } as const;

/** What most readers ask for: the same few addresses, answered from memory. */
export const hotPaths = ({ texts }: Pick<Newsroom, 'texts'>) => ({
  article: `/v1/articles/${texts[0]?.id}?locale=${texts[0]?.locale}`,
  list: '/v1/articles?limit=20&locale=ru&region=region-1',
  front: '/v1/fronts/home?locale=hy',
  feed: '/v1/feeds/rss?locale=en&limit=50',
});
export type Hot = keyof ReturnType<typeof hotPaths>;

export function readMeasures(newsroom: Newsroom, hotEtag: string): Measure[] {
  const { texts, regions } = newsroom;
  const read = (name: string, server: string, paths: string[], headers?: Record<string, string>): Measure => ({
    name,
    server,
    status: headers?.['if-none-match'] ? '304' : '200',
    load: { connections: CONNECTIONS, method: 'GET', paths, spread: 'even', ...(headers && { headers }) },
  });
  const hot = hotPaths(newsroom);
  const bare = texts.map(({ id, locale }) => `/${id}/${locale}`);
  const cold = texts.map(({ id, locale }) => `/v1/articles/${id}?locale=${locale}`);
  const inRegions = ['en', 'ru', 'hy'].flatMap((locale) => regions.map((region) => ({ locale, ...region })));
  // Each by so many addresses that it is hardly ever asked for twice by the same before it is pushed out.
  const lists = inRegions.flatMap(({ key, locale }) =>
    Array.from({ length: LIST_ADDRESSES }, (_, n) => {
      const since = new Date(Date.UTC(1990, 0, 1 + n)).toISOString();
      return `/v1/articles?limit=20&locale=${locale}&publishedAfter=${since}&region=${key}`;
    }),
  );
  const tagged = lists.map((path, at) => `${path}&tag=tag-${at % 40}`);
  return [
    ...Object.entries(hot).flatMap(([name, path]) => [
      read(`bare Buffer, ${name}`, 'buffer', [`/${name}`]),
      read(`${name}, hot`, 'ours', [path]),
    ]),
    read('article, hot, brotli', 'ours', [hot.article], { 'accept-encoding': 'gzip, deflate, br' }),
    read('article, 304', 'ours', [hot.article], { 'if-none-match': hotEtag }),
    read('bare SELECT', 'select', bare),
    read('article, cold', 'cold', cold),
    read('bare SELECT, pool of 10', 'select-pool', bare),
    read(
      'article by slug, cold',
      'cold',
      texts.map(({ locale, slug }) => `/v1/articles/by-slug/${locale}/${slug}`),
    ),
    read(
      'bare SELECT of a list',
      'select-list',
      inRegions.map(({ id, locale }) => `/${listingKey(locale, `region:${id}`)}/${locale}`),
    ),
    read('list of 20, region, cold', 'cold', lists),
    read('list of 20, region and tag, cold', 'cold', tagged),
    read(
      'views of a story',
      'ours',
      texts.map(({ id }) => `/v1/articles/${id}/views`),
    ),
  ];
}

export const READ_COMPARISONS: Comparison[] = [
  { what: 'hot article / bare Buffer', ours: 'article, hot', than: 'bare Buffer, article', budget: 0.85 },
  { what: 'hot list of 20 / bare Buffer', ours: 'list, hot', than: 'bare Buffer, list', budget: 0.85 },
  { what: 'hot front of 21 / bare Buffer', ours: 'front, hot', than: 'bare Buffer, front', budget: 0.85 },
  { what: 'hot feed of 50 full stories / bare Buffer', ours: 'feed, hot', than: 'bare Buffer, feed', budget: 0.85 },
  { what: 'cold article / bare prepared SELECT', ours: 'article, cold', than: 'bare SELECT', budget: 0.8 },
  { what: 'cold article / bare SELECT, pool of 10', ours: 'article, cold', than: 'bare SELECT, pool of 10' },
  {
    what: 'cold list of 20 / bare prepared SELECT',
    ours: 'list of 20, region, cold',
    than: 'bare SELECT of a list',
    budget: 0.8,
  },
];

/** As the budgets were drawn up: a database connection for each client, all of which queue for the row. */
const crowd = (name: string, load: Measure['load']): Measure => ({
  name,
  server: 'update-each',
  status: '204',
  load,
  counts: 'bench_views',
});

/**
 * Server, database and generator share the cores: the dearer the generator, the less the server is seen, so both are told. Of one
 * story only: autocannon makes each of many requests anew for each of its connections before it begins.
 */
const PLAIN = '(plain autocannon)';

export function viewMeasures({ texts }: Newsroom, connections: number): Measure[] {
  return Object.entries(SPREADS).flatMap(([name, spread]) => {
    const shown = spread === 'zipf' ? texts : texts.slice(0, 1);
    const load = (paths: string[]) => ({ connections, method: 'POST' as const, paths, spread, visitors: true });
    const bare = load(shown.map(({ id, locale }) => `/${id}/${locale}`));
    const ours = load(shown.map(({ id, locale }) => `/v1/articles/${id}/views?locale=${locale}`));
    const called = (what: string) => `${what}, ${name}, ${connections}`;
    const plain: Measure[] = [
      { name: called(`bare POST 204 ${PLAIN}`), server: 'no-content', status: '204', load: { ...bare, plain: true } },
      {
        name: called(`views ${PLAIN}`),
        server: 'ours',
        status: '204',
        load: { ...ours, plain: true },
        counts: 'view_counts',
      },
    ];
    return [
      { name: called('bare POST 204'), server: 'no-content', status: '204', load: bare },
      { name: called('views'), server: 'ours', status: '204', load: ours, counts: 'view_counts' },
      { name: called('UPDATE per view'), server: 'update', status: '204', load: bare, counts: 'bench_views' },
      ...(connections === MOST_CONNECTIONS ? [crowd(called('UPDATE per view (a connection each)'), bare)] : []),
      ...(connections === MOST_CONNECTIONS && spread === 'even' ? plain : []),
    ];
  });
}

export function viewComparisons(connections: number): Comparison[] {
  const most = connections === MOST_CONNECTIONS;
  return Object.entries({ 'one story': 25, Zipf: 3 }).flatMap(([name, times]) => {
    const called = (what: string) => `${what}, ${name}, ${connections}`;
    const compare = (than: string, budget: number) => ({
      what: `views / ${than}, ${name}, ${connections} connections`,
      ours: called('views'),
      than: called(than),
      ...(most && { budget }),
    });
    const plain = {
      what: `views / bare POST 204, ${name}, ${connections} connections, plain autocannon`,
      ours: called(`views ${PLAIN}`),
      than: called(`bare POST 204 ${PLAIN}`),
      budget: 0.5,
    };
    const ownConnections = {
      what: `views / UPDATE per view, ${name}, ${connections} connections, a database connection each`,
      ours: called('views'),
      than: called('UPDATE per view (a connection each)'),
      budget: times,
    };
    return [
      compare('bare POST 204', 0.5),
      ...(most && name === 'one story' ? [plain] : []),
      compare('UPDATE per view', times),
      ...(most ? [ownConnections] : []),
    ];
  });
}
