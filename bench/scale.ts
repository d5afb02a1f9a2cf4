// `npm run bench -- --scale`: the statements of public lists among many stories beside the same among few, and how Postgres walks.
import pg from 'pg';
import { buildApp } from '../src/app.ts';
import type { PublicDb, Statement } from '../src/db/pipeline.ts';
import { openPublicDb } from '../src/db/pipeline.ts';
import { listArticles, resolveFilters } from '../src/modules/articles/listing.ts';
import { boundsOf, pageOf } from '../src/modules/articles/paging.ts';
import type { ArticleListQuery } from '../src/modules/articles/schemas.ts';
import { refreshTrending } from '../src/modules/trending/refreshing.ts';
import { loadStories, wordOf } from './million.ts';
import { atMost, type Verdict } from './report.ts';
import { median } from './rounds.ts';

const FEW = 10_000;
/** A prepared statement is planned anew five times on each connection; then it may keep its plan. */
const WARM_UP = 30;
const ROUNDS = 100;
const BUDGETS = { scale: 1.5, depth: 1.2 };
/** So deep is page 5,000. */
const DEPTH = 20 * 4_999;

const hy: ArticleListQuery = { locale: 'hy', fallback: ['ru', 'en'] };
const LISTS: [name: string, query: ArticleListQuery][] = [
  ['newest', {}],
  ['oldest first', { sort: 'publishedAt' }],
  ['last updated', { sort: '-updatedAt' }],
  // The last story of million.ts came out in this hour.
  ['newest, updated lately', { updatedAfter: new Date(Date.now() - 10 * 86_400_000).toISOString() }],
  ['region', { region: ['region-3'] }],
  ['parent region', { region: ['parent-3'] }],
  ['tag', { tag: ['tag-7'] }],
  ['kind', { kind: ['opinion'] }],
  ['contributor', { contributor: ['contributor-3'] }],
  ['region and tag', { region: ['parent-3'], tag: ['tag-7'] }],
  ['six tags', { tag: [1, 2, 3, 4, 5, 6].map((n) => `tag-${n}`) }],
  ['region and kind', { region: ['region-3'], kind: ['opinion'] }],
  ['fallback hy > ru > en', hy],
  ['fallback en > hy', { fallback: ['hy'] }],
  ['fallback ru > en', { locale: 'ru', fallback: ['en'] }],
  ['fallback, last updated', { ...hy, sort: '-updatedAt' }],
  ['fallback, region', { ...hy, region: ['region-3'] }],
  ['fallback, region and tag', { ...hy, region: ['parent-3'], tag: ['tag-7'] }],
  ['fallback, six tags', { ...hy, tag: [1, 2, 3, 4, 5, 6].map((n) => `tag-${n}`) }],
  ['fallback, region and kind', { ...hy, region: ['region-3'], kind: ['opinion'] }],
];

/** Whole requests, without a response cache. The middle story is told by its id. */
const requestsFor = (id: string): [name: string, path: string, most?: number][] => [
  ['most read in a day', '/v1/trending?limit=20'],
  ['most read in a week, region', '/v1/trending?limit=20&region=region-3&window=7d'],
  ['adjacent', `/v1/articles/${id}/adjacent`],
  ['adjacent in a tag', `/v1/articles/${id}/adjacent?tag=tag-7`],
  ['related', `/v1/articles/${id}/related`],
  ['search, newest first: word of half of the stories', `/v1/search?sort=-publishedAt&q=${wordOf(0)}`, 20],
  ['search, newest first: word of 2 %', `/v1/search?sort=-publishedAt&q=${wordOf(100)}`, 20],
  ['search, newest first: rare word', `/v1/search?sort=-publishedAt&q=${wordOf(19_000)}`, 20],
  ['search by relevance: word of half of the stories', `/v1/search?q=${wordOf(0)}`, 60],
  ['search by relevance: word of 2 %', `/v1/search?q=${wordOf(100)}`, 60],
  ['search by relevance: two words, one region', `/v1/search?q=${wordOf(0)}%20${wordOf(20)}&region=region-3`, 60],
  ['search: phrase of two common words', `/v1/search?q=%22${wordOf(0)}%20${wordOf(1)}%22`, 60],
  ['suggest: one letter', '/v1/search/suggest?q=b', 20],
  ['suggest: five letters', '/v1/search/suggest?q=baaax', 20],
];

type Asked = { statement: Statement; values: readonly unknown[] };
/** Remembers the last statement, to have it explained. */
function listening(db: PublicDb): PublicDb & { last?: Asked } {
  const remembering: PublicDb & { last?: Asked } = {
    query: (statement, values) => {
      remembering.last = { statement, values };
      return db.query(statement, values);
    },
    end: () => db.end(),
  };
  return remembering;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Node[];
}
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** @returns the indexes that are walked, and `SCAN of …` for a table that is read whole */
async function explain(client: pg.Client, { statement, values }: Asked): Promise<string> {
  const { rows } = await client.query(`explain (format json) ${statement.text}`, values as unknown[]);
  const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan);
  const scans = nodes.filter(
    (node) =>
      node['Node Type'] === 'Seq Scan' && ['listings', 'published_articles'].includes(node['Relation Name'] ?? ''),
  );
  const names = nodes.flatMap((node) => node['Index Name'] ?? []).filter((name) => name.startsWith('listings'));
  return [...scans.map((node) => `SCAN of ${node['Relation Name']}`), ...new Set(names)].join(', ');
}

async function createDatabase(databaseUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
}

/** Milliseconds. */
interface Beside {
  ratio: number;
  few: number;
  many: number;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Both sides take turns, and the ratio is that of each turn, so that they meet the same machine. */
async function beside(few: () => Promise<unknown>, many: () => Promise<unknown>): Promise<Beside> {
  const times: { few: number; many: number }[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const time = { few: await timed(few), many: await timed(many) };
    if (round >= WARM_UP) times.push(time);
  }
  return {
    ratio: median(times.map((time) => time.many / time.few)),
    few: median(times.map((time) => time.few)),
    many: median(times.map((time) => time.many)),
  };
}

const verdictOf = (what: string, { ratio, few, many }: Beside, budget: number): Verdict => ({
  what,
  value: ratio,
  shown: `${ratio.toFixed(2)} x  (${few.toFixed(2)} and ${many.toFixed(2)} ms)`,
  budget: `<= ${budget} x`,
  result: ratio <= budget ? 'PASS' : 'MISS',
});

const START = { scope: '', after: null, backward: false };

/** @param databaseUrl the few are loaded there, and the many into a database beside it */
export async function measureScale(
  databaseUrl: string,
  stories: number,
  say: (line: string) => void,
): Promise<Verdict[]> {
  const beyond = new URL(databaseUrl);
  beyond.pathname = '/many';
  const urls = { few: databaseUrl, many: beyond.href };
  await createDatabase(databaseUrl, 'many');
  for (const [url, count] of [
    [urls.few, FEW],
    [urls.many, stories],
  ] as const) {
    const seconds = (await timed(() => loadStories(url, count))) / 1_000;
    say(`${count.toLocaleString('en')} stories, in 1.7 languages each, were loaded in ${seconds.toFixed(0)} s`);
  }
  const fail = (error: Error) => say(String(error));
  const [few, many] = [listening(openPublicDb(urls.few, fail)), listening(openPublicDb(urls.many, fail))];
  const client = new pg.Client({ connectionString: urls.many });
  await client.connect();
  const verdicts: Verdict[] = [];
  const scanned: string[] = [];
  const read = async (db: PublicDb, query: ArticleListQuery, walk: Parameters<typeof pageOf>[1] = START) => {
    const resolved = await resolveFilters(db, query);
    return async () => {
      const page = await listArticles(db, resolved, boundsOf(query), pageOf(query, walk));
      if (page.count === 0) throw new Error('an empty list measures nothing');
    };
  };
  try {
    for (const [name, query] of LISTS) {
      verdicts.push(verdictOf(name, await beside(await read(few, query), await read(many, query)), BUDGETS.scale));
      const plan = many.last ? await explain(client, many.last) : '';
      say(`${name}: ${plan}`);
      if (plan.includes('SCAN')) scanned.push(name);
    }
    const shown = scanned.join(', ') || 'none';
    const result = scanned.length === 0 ? 'PASS' : 'MISS';
    verdicts.push({ what: 'lists that read a table whole', value: scanned.length, shown, budget: '0', result });
    const { rows } = await client.query<{ at: Date; id: string }>(
      `select published_at as at, article_id as id from published_articles where locale = 'en' order by published_at desc, article_id desc offset $1 limit 1`,
      [Math.min(DEPTH, Math.floor(stories * 0.9))],
    );
    const after = rows[0] && ([rows[0].at.getTime(), rows[0].id] as [number, string]);
    if (!after) throw new Error('there is no page so deep');
    for (const [name, query] of [LISTS[0], LISTS[11]].flatMap((list) => (list ? [list] : []))) {
      const sides = await beside(await read(many, query), await read(many, query, { ...START, after }));
      verdicts.push(verdictOf(`${name}: page 5,000 beside page 1`, sides, BUDGETS.depth));
    }
    verdicts.push(...(await measureRequests(urls, stories, say)));
    return verdicts;
  } finally {
    await Promise.all([few.end(), many.end(), client.end()]);
  }
}

/** Ids are made by million.ts from numbers. */
const idAt = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** What takes whole requests: beside the same among few for what walks lists, in milliseconds for search. */
async function measureRequests(
  urls: { few: string; many: string },
  stories: number,
  say: (line: string) => void,
): Promise<Verdict[]> {
  const open = async (databaseUrl: string) => {
    const app = await buildApp({
      databaseUrl,
      baseUrl: 'http://localhost:3000',
      logLevel: 'silent',
      trustProxy: [],
      roles: { api: true, jobs: false },
      cacheMb: 0,
    });
    const seconds = (await timed(() => refreshTrending(app.db.desk, { wait: true }))) / 1_000;
    say(`what is read most was made anew in ${seconds.toFixed(1)} s`);
    return app;
  };
  const [few, many] = [await open(urls.few), await open(urls.many)];
  try {
    const verdicts: Verdict[] = [];
    const [fewPaths, manyPaths] = [requestsFor(idAt(FEW / 2)), requestsFor(idAt(Math.floor(stories / 2)))];
    for (const [at, [name, path, most]] of manyPaths.entries()) {
      const ask = (app: typeof few, url: string) => async () => {
        const { statusCode, body } = await app.inject(url);
        if (statusCode !== 200) throw new Error(`${url}: ${body}`);
      };
      const sides = await beside(ask(few, fewPaths[at]?.[1] ?? path), ask(many, path));
      if (most === undefined) verdicts.push(verdictOf(name, sides, BUDGETS.scale));
      else verdicts.push(atMost(`${name} (${sides.few.toFixed(1)} ms among ${FEW})`, sides.many, most, 'ms'));
    }
    return verdicts;
  } finally {
    await Promise.all([few.close(), many.close()]);
  }
}
