// What copies of a newsroom hold beside what its public is answered, text by text and to the byte. It mends nothing.
import type pg from 'pg';
import type { Copy } from './copies.ts';
import type { Node } from './nodes.ts';

/** Requests at once. */
const ASKING = 16;

/** What readers are answered for each text, and that it is what is stored. */
export async function publicTexts(
  db: pg.Pool,
  send: Node['send'],
): Promise<{ texts: Map<string, string>; faults: string[] }> {
  const faults: string[] = [];
  const { rows } = await db.query<{ id: string; locale: string; document: string }>(
    'select article_id as id, locale, document from published_articles',
  );
  const texts = new Map(rows.map(({ id, locale, document }) => [`${id}/${locale}`, document]));
  const left = [...rows];
  await Promise.all(
    Array.from({ length: ASKING }, async () => {
      for (let row = left.pop(); row; row = left.pop()) {
        const { status, text } = await send('GET', `/v1/articles/${row.id}?locale=${row.locale}`, { open: true });
        if (status !== 200 || !text.startsWith(`{"data":${row.document},`))
          faults.push(`${row.id}/${row.locale} is answered ${status} ${text.slice(0, 200)}`);
      }
    }),
  );
  return { texts, faults };
}

export function wrongWith(copy: Copy, truth: Map<string, string>, way: string): string[] {
  const texts = copy.texts();
  const wrong = copy.faults();
  for (const [key, text] of truth) {
    const held = texts.get(key);
    if (held === undefined) wrong.push(`${key} is missing`);
    else if (held !== text) wrong.push(`${key} is ${held.slice(0, 200)}, not ${text.slice(0, 200)}`);
  }
  for (const key of texts.keys()) if (!truth.has(key)) wrong.push(`${key} is still there`);
  return wrong.map((what) => `by ${way}: ${what}`);
}

/** Whoever was told that a text is gone finds it gone. */
export async function wrongWhereGone(db: pg.Pool, send: Node['send']): Promise<string[]> {
  const faults: string[] = [];
  const { rows } = await db.query<{ id: string; locale: string }>(
    `select distinct article_id as id, locale from changes c where type <> 'upsert'
      and not exists (select from published_articles p where p.article_id = c.article_id and p.locale = c.locale) limit 1000`,
  );
  for (const { id, locale } of rows) {
    const { status } = await send('GET', `/v1/articles/${id}?locale=${locale}`, { open: true });
    if (![301, 404, 410].includes(status)) faults.push(`${id}/${locale} is gone, and answered ${status}`);
  }
  return faults;
}

/** @returns where lists and sitemaps do not name just the texts that are public */
export async function wrongLists(truth: ReadonlyMap<string, string>, send: Node['send']): Promise<string[]> {
  const wrong: string[] = [];
  const get = async (path: string) => {
    const { status, text } = await send('GET', path, { open: true });
    if (status !== 200) wrong.push(`${path} is answered ${status} ${text.slice(0, 200)}`);
    return text;
  };
  const locales = [...new Set([...truth.keys()].map((key) => key.slice(key.indexOf('/') + 1)))];
  const listed = new Set<string>();
  for (const locale of locales)
    for (let path: string | undefined = `/v1/articles?locale=${locale}&limit=100`; path; ) {
      const { data, links } = JSON.parse(await get(path)) as { data: { id: string }[]; links: { next?: string } };
      for (const { id } of data) listed.add(`${id}/${locale}`);
      path = links.next && pathOf(links.next);
    }
  for (const key of truth.keys()) if (!listed.has(key)) wrong.push(`${key} is in no list`);
  for (const key of listed) if (!truth.has(key)) wrong.push(`${key} is listed, and not public`);
  const locations = (xml: string) => [...xml.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url = '']) => pathOf(url));
  const mapped = [];
  for (const path of locations(await get('/v1/sitemaps/index.xml')))
    if (!path.endsWith('/news.xml')) mapped.push(...locations(await get(path)));
  if (mapped.length !== truth.size || new Set(mapped).size !== truth.size)
    wrong.push(`sitemaps name ${mapped.length} texts, ${new Set(mapped).size} of them once, ${truth.size} are public`);
  return wrong;
}

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};
