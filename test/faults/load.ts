// Readers and their views, as many as a newsroom has on a busy day, on whatever node is there. It remembers what was answered wrongly and which
// views were acknowledged; it changes nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node, Reply } from './nodes.ts';
import { LOCALES } from './writers.ts';

export interface Load {
  reads: number;
  /** No answer, or 503. */
  lost: number;
  /** By article. A view is either acknowledged, or nobody knows. */
  acknowledged: Map<string, number>;
  unknown: Map<string, number>;
  faults: string[];
}
interface Options {
  /** One of the nodes that are there. */
  choose: () => Node | undefined;
  ids: readonly string[];
  /** Whose views are counted: nobody takes them back. */
  viewed: readonly string[];
  isOver: () => boolean;
}

const [READERS, VIEWERS, PAUSE_MS] = [4, 3, 25];
const MOST_FAULTS = 50;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const FINE = [200, 301, 304, 404, 410];

const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)] as T;
const raise = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

/** @returns what it came to, once it is over */
export async function loadNodes({ choose, ids, viewed, isOver }: Options): Promise<Load> {
  const load: Load = { reads: 0, lost: 0, acknowledged: new Map(), unknown: new Map(), faults: [] };
  const fault = (what: string) => {
    if (load.faults.length < MOST_FAULTS) load.faults.push(what);
  };
  const ask = async (method: string, path: string, headers?: Record<string, string>): Promise<Reply | undefined> => {
    const reply = await choose()
      ?.send(method, path, { open: true, ...(headers && { headers }) })
      .catch(() => undefined);
    if (reply && reply.status !== 503) return reply;
    load.lost += 1;
    if (reply && !reply.headers.get('retry-after'))
      fault(`${path} was answered 503 without Retry-After: ${reply.text}`);
    return undefined;
  };
  let seen = 0;
  const read = async () => {
    const path = pick(PATHS)(pick(ids), pick(LOCALES));
    const reply = await ask('GET', path);
    if (!reply) return;
    load.reads += 1;
    if (!FINE.includes(reply.status)) fault(`${path} was answered ${reply.status}: ${reply.text.slice(0, 300)}`);
  };
  const view = async () => {
    const id = pick(viewed);
    seen += 1;
    const visitor = `10.${(seen >> 16) & 255}.${(seen >> 8) & 255}.${seen & 255}`;
    const path = `/v1/articles/${id}/views`;
    const reply = await ask('POST', path, { 'user-agent': BROWSER, 'x-forwarded-for': visitor });
    if (reply && reply.status !== 204) fault(`${path} was answered ${reply.status}: ${reply.text.slice(0, 300)}`);
    raise(reply ? load.acknowledged : load.unknown, id);
  };
  const repeat = async (act: () => Promise<void>) => {
    while (!isOver()) {
      await act();
      await sleep(Math.random() * 2 * PAUSE_MS);
    }
  };
  await Promise.all([
    ...Array.from({ length: READERS }, () => repeat(read)),
    ...Array.from({ length: VIEWERS }, () => repeat(view)),
  ]);
  return load;
}

const PATHS: ((id: string, locale: string) => string)[] = [
  (id, locale) => `/v1/articles/${id}?locale=${locale}`,
  (id, locale) => `/v1/articles/${id}?locale=${locale}&fallback=site&include=views,seo`,
  (id) => `/v1/articles/${id}/related`,
  (_, locale) => `/v1/articles?locale=${locale}`,
  (_, locale) => `/v1/articles?locale=${locale}&region=region-${Math.floor(Math.random() * 20)}&count=estimate`,
  (_, locale) => `/v1/search?q=tide&locale=${locale}`,
  (_, locale) => `/v1/feeds/atom?locale=${locale}`,
  (_, locale) => `/v1/feeds/rss?locale=${locale}`,
  () => '/v1/sitemaps/index.xml',
  () => '/v1/site',
  () => '/v1/regions',
  () => '/v1/trending',
];

/** @returns what is wrong with the numbers that are told now: no view is lost, none is counted that nobody sent */
export async function wrongViews(load: Load, send: Node['send']): Promise<string[]> {
  const wrong: string[] = [];
  for (const [id, acknowledged] of load.acknowledged) {
    const { status, text, json } = await send('GET', `/v1/articles/${id}/views`, { open: true });
    const most = acknowledged + (load.unknown.get(id) ?? 0);
    const told = status === 200 ? json<{ data: { total: number } }>().data.total : undefined;
    if (told === undefined || told < acknowledged || told > most)
      wrong.push(`${id} has ${told ?? text} views, ${acknowledged} were acknowledged, ${most} sent`);
  }
  return wrong;
}
