// Sitemaps: every public story and page in one file, each with all its languages, the news of two days, and not a word of what is not public.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import {
  expectStatus,
  getDeskArticle,
  makeArticle,
  makePublished,
  publishArticle,
  stateIn,
} from './fixtures/factories.ts';
import { withClient } from './fixtures/sql.ts';
import { makeLocale } from './fixtures/taxonomy.ts';
import { parseXml, type XmlElement } from './fixtures/xml.ts';

const { app, databaseUrl, request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { position: 1 });
await makeLocale(desk, 'zh-Hant', { position: 2, name: '繁體中文' });
await makeLocale(desk, 'zh-CN', { position: 3, name: '简体中文' });
const changeSite = async (payload: object) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload }), 200);
};
await changeSite({ name: { en: 'Ferry & <Quay>', ru: 'Паром' } });

const MONTH = new Date().toISOString().slice(0, 7);
const PROTOCOL = 'http://www.sitemaps.org/schemas/sitemap/0.9';
const SITE = 'https://www.example.org';
const BASE = 'https://api.example.org/v1/sitemaps';

async function read(path: string) {
  const root = path === 'index.xml' ? 'sitemapindex' : 'urlset';
  const answer = expectStatus(await request('GET', `/v1/sitemaps/${path}`), 200);
  const element = parseXml(answer.body);
  if (element.name !== root || element.uri !== PROTOCOL) throw new Error(`${path} is <${element.name}>`);
  return { answer, entries: element.children };
}
const locs = (entries: XmlElement[]) => entries.map((entry) => entry.one('loc') ?? '');
const linksOf = (entry: XmlElement | undefined) =>
  entry?.all('link').map(({ attributes: { rel, hreflang, href } }) => [rel, hreflang, href]);
const withdraw = async (id: string, payload: object) => {
  const { version } = stateIn(await getDeskArticle(desk, id), 'en');
  expectStatus(await desk('POST', `/v1/desk/articles/${id}/locales/en/withdraw`, { version, payload }), 200);
};

test('without any story, the index names the news, and the news are an empty file', async (t) => {
  t.same(locs((await read('index.xml')).entries), [`${BASE}/news.xml`]);
  const { answer, entries } = await read('news.xml');
  t.same(entries, []);
  t.equal(answer.headers['content-type'], 'application/xml; charset=utf-8');
  expectStatus(await request('GET', `/v1/sitemaps/en/${MONTH}-1.xml`), 404);
});

test('what is not public stands in none of them, and what is withdrawn is gone at once', async (t) => {
  await makeArticle(desk, { locales: { en: { slug: 'canary-draft' } } });
  const waiting = await makeArticle(desk, { locales: { en: { slug: 'canary-scheduled' } } });
  const at = { at: '2029-01-01T00:00:00Z', embargoed: true };
  const url = `/v1/desk/articles/${waiting.id}/locales/en/schedule`;
  expectStatus(await desk('POST', url, { version: 1, payload: at }), 201);
  const gone = await makePublished(desk, { locales: { en: { slug: 'canary-withdrawn' }, ru: { slug: 'канарейка' } } });
  const half = await makeArticle(desk, { locales: { en: { slug: 'half' }, ru: { slug: 'canary-translation' } } });
  await publishArticle(desk, half, { locale: 'en' });
  const texts = async () =>
    (
      await Promise.all(
        ['index.xml', 'news.xml', `en/${MONTH}-1.xml`].map((path) => request('GET', `/v1/sitemaps/${path}`)),
      )
    )
      .map(({ body }) => body)
      .join('');
  t.match(await texts(), /canary-withdrawn/);
  await withdraw(gone.id, { type: 'gone' });
  t.notMatch(await texts(), /canary/);
  t.match(await texts(), /\/half</);
  const [russian] = (await read(`ru/${MONTH}-1.xml`)).entries;
  t.same(linksOf(russian), [], 'the language that is left names no other');
  await withdraw(half.id, { type: 'gone' });
});

test('each language names all of them, itself among them, and one for all others', async (t) => {
  const story = await makePublished(desk, { locales: { en: { slug: 'ferry' }, ru: { slug: 'паром' } } });
  const RU = `${SITE}/ru/${encodeURIComponent('паром')}`;
  const links = [
    ['alternate', 'en', `${SITE}/en/ferry`],
    ['alternate', 'ru', RU],
    ['alternate', 'x-default', `${SITE}/en/ferry`],
  ];
  const find = async (locale: string, loc: string) =>
    (await read(`${locale}/${MONTH}-1.xml`)).entries.find((entry) => entry.one('loc') === loc);
  const [english, russian] = [await find('en', `${SITE}/en/ferry`), await find('ru', RU)];
  t.same(linksOf(english), links);
  t.same(linksOf(russian), links);
  for (const locale of ['en', 'ru']) {
    const others = locs((await read(`${locale}/${MONTH}-1.xml`)).entries).filter(
      (loc) => !loc.startsWith(`${SITE}/${locale}/`),
    );
    t.same(others, [], `nothing but ${locale} stands in its file`);
  }
  t.equal(english?.all('link')[0]?.uri, 'http://www.w3.org/1999/xhtml');
  const { updatedAt } = (await request('GET', `/v1/articles/${story.id}`)).json().data;
  t.equal(english?.one('lastmod'), updatedAt);
});

test('lastmod is the last major edit', async (t) => {
  const { id } = await makePublished(desk, { locales: { en: { slug: 'edited' } } });
  const lastmod = async () =>
    (await read(`en/${MONTH}-1.xml`)).entries.find((entry) => entry.one('loc') === `${SITE}/en/edited`)?.one('lastmod');
  const first = await lastmod();
  const edit = async (title: string, updateType: 'minor' | 'major') => {
    const { version } = stateIn(await getDeskArticle(desk, id), 'en');
    const url = `/v1/desk/articles/${id}/locales/en`;
    expectStatus(await desk('PATCH', url, { version, payload: { title } }), 200);
    expectStatus(await desk('POST', `${url}/publish`, { version: version + 1, payload: { updateType } }), 200);
  };
  await edit('A comma', 'minor');
  t.equal(await lastmod(), first);
  await edit('All else', 'major');
  t.ok(String(await lastmod()) > String(first));
  const { entries } = await read('index.xml');
  const own = entries.find((entry) => entry.one('loc') === `${BASE}/en/${MONTH}-1.xml`);
  t.equal(own?.one('lastmod'), await lastmod(), 'and that of the file is the latest in it');
});

test('stories stand in the month of their first publication, pages among them, and not in the news', async (t) => {
  const old = { publishedAt: '2020-02-29T23:59:59.999Z' };
  await makePublished(desk, { locales: { en: { slug: 'leap' } } }, old);
  await makePublished(desk, { kind: 'page', locales: { en: { slug: 'contacts' } } });
  t.same(locs((await read('en/2020-02-1.xml')).entries), [`${SITE}/en/leap`]);
  t.ok(locs((await read(`en/${MONTH}-1.xml`)).entries).includes(`${SITE}/en/contacts`));
  const news = locs((await read('news.xml')).entries);
  t.ok(news.includes(`${SITE}/en/ferry`));
  t.notOk(news.includes(`${SITE}/en/contacts`), 'a page is no news');
  t.notOk(news.includes(`${SITE}/en/leap`), 'what is old is none either');
  const { entries } = await read('index.xml');
  t.same(locs(entries).slice(0, 2), [`${BASE}/news.xml`, `${BASE}/en/${MONTH}-1.xml`], 'newest first');
  t.equal(locs(entries).at(-1), `${BASE}/en/2020-02-1.xml`);
  const { answer } = await read('en/2020-02-1.xml');
  await makePublished(desk);
  const again = { headers: { 'if-none-match': String(answer.headers.etag) } };
  expectStatus(await request('GET', '/v1/sitemaps/en/2020-02-1.xml', again), 304);
});

test('news name the publication, its language by ISO 639, the time and the title, whatever is in it', async (t) => {
  const title = 'A & B ]]> <script> "q" \u0001\u{1f6a2}';
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const locales = {
    en: { title, slug: 'odd' },
    ru: { slug: 'одно' },
    'zh-Hant': { slug: '渡輪' },
    'zh-CN': { slug: '渡轮' },
  };
  await makePublished(desk, { locales }, { publishedAt: at });
  const { entries } = await read('news.xml');
  const find = (loc: string) => {
    const news = entries.find((entry) => entry.one('loc') === loc)?.all('news')[0];
    const publication = news?.all('publication')[0];
    return [publication?.one('name'), publication?.one('language'), news?.one('publication_date'), news?.one('title')];
  };
  t.same(find(`${SITE}/en/odd`), ['Ferry & <Quay>', 'en', at, title.replace('\u0001', '')]);
  t.same(find(`${SITE}/ru/${encodeURIComponent('одно')}`).slice(0, 2), ['Паром', 'ru']);
  t.equal(find(`${SITE}/zh-Hant/${encodeURIComponent('渡輪')}`)[1], 'zh-tw');
  t.equal(find(`${SITE}/zh-CN/${encodeURIComponent('渡轮')}`)[1], 'zh-cn');
});

test('news are dropped from memory when the oldest of them is two days old', async (t) => {
  const at = new Date(Date.now() - 2 * 86_400_000 + 3_000).toISOString();
  await makePublished(desk, { locales: { en: { slug: 'last-hour' } } }, { publishedAt: at });
  const { answer, entries } = await read('news.xml');
  t.ok(locs(entries).includes(`${SITE}/en/last-hour`));
  t.match(answer.headers['cache-control'], /max-age=[0-2],/);
  await new Promise((resolve) => setTimeout(resolve, 3_200));
  t.notOk(locs((await read('news.xml')).entries).includes(`${SITE}/en/last-hour`));
});

test('a month of many stories has many files, and each story stands in one of them', async (t) => {
  const { id } = await makePublished(
    desk,
    { locales: { en: { slug: 'many' } } },
    { publishedAt: '2019-05-01T00:00:00Z' },
  );
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into published_articles select (jsonb_populate_record(p, jsonb_build_object('article_id', gen_random_uuid(), 'slug', 'many-' || n,
          'first_published_at', p.first_published_at + n % 7 * interval '1 day', 'card', replace(p.card, '/en/many', '/en/many-' || n)))).*
        from published_articles p, generate_series(1, 6000) n where p.article_id = $1`,
      [id],
    ),
  );
  await app.forgetChanged();
  const files = locs((await read('index.xml')).entries).filter((loc) => loc.includes('2019-05'));
  t.same(
    files,
    [1, 2, 3].map((n) => `${BASE}/en/2019-05-${n}.xml`),
  );
  const pages = await Promise.all(files.map((loc) => read(loc.slice(BASE.length + 1))));
  t.same(
    pages.map(({ entries }) => entries.length),
    [2500, 2500, 1001],
  );
  t.equal(new Set(pages.flatMap(({ entries }) => locs(entries))).size, 6001);
  expectStatus(await request('GET', '/v1/sitemaps/en/2019-05-4.xml'), 404);
});

test('a language and a file that there cannot be are told so', async (t) => {
  const told = async (path: string) => (await request('GET', `/v1/sitemaps/${path}`)).json();
  t.match(await told(`fr/${MONTH}-1.xml`), { status: 400, code: 'unknown_locale' });
  for (const file of ['2026-13-1.xml', '2026-05-0.xml', '2026-05.xml', '2026-05-1', '0000-01-1.xml', 'x'])
    t.match(await told(`en/${file}`), { status: 400, errors: [{ parameter: 'file' }] }, file);
  t.match(await told('en/1999-01-1.xml'), { status: 404, code: 'not_found' });
  t.match(await told('index.xml?page=2'), { status: 400, errors: [{ parameter: 'page' }] });
});

test('they are kept, and dropped with what they are made of', async (t) => {
  for (const path of ['index.xml', 'news.xml', `en/${MONTH}-1.xml`]) {
    const { answer } = await read(path);
    t.match(answer.headers['cache-groups'], '"articles/en"');
    t.match(answer.headers['cache-control'], /^public/);
    const headers = { 'if-none-match': String(answer.headers.etag) };
    expectStatus(await request('GET', `/v1/sitemaps/${path}`, { headers }), 304);
  }
  await makePublished(desk, { locales: { 'zh-CN': { slug: '新' } } });
  const { entries } = await read(`zh-CN/${MONTH}-1.xml`);
  t.ok(locs(entries).includes(`${SITE}/zh-CN/${encodeURIComponent('新')}`));
});

test('a month is one of UTC, whatever the zone of the database', async (t) => {
  const url = await testDatabase(t);
  const name = new URL(url).pathname.slice(1);
  await withClient(url, (client) => client.query(`alter database "${name}" set timezone to 'America/New_York'`));
  const there = await buildTestApp(t, { databaseUrl: url, roles: { api: true, jobs: false } });
  const times = [
    '2025-11-30T23:59:59.999Z',
    // An hour of December that is one of November where summer time has ended meanwhile.
    '2025-12-01T00:30:00.000Z',
    '2026-03-01T00:00:00.000Z',
    // Days of March that are lost where it has begun.
    '2026-03-30T12:00:00.000Z',
    '2026-03-31T23:59:59.999Z',
    '2026-04-01T00:00:00.000Z',
  ];
  const slugOf = (time: string) => time.replaceAll(/\D/g, '-').slice(0, -1);
  for (const publishedAt of times)
    await makePublished(there.desk, { locales: { en: { slug: slugOf(publishedAt) } } }, { publishedAt });
  const answer = async (path: string) => expectStatus(await there.request('GET', `/v1/sitemaps/${path}`), 200);
  const files = locs(parseXml((await answer('index.xml')).body).children).filter((loc) => !loc.endsWith('/news.xml'));
  const found: [month: string, loc: string][] = [];
  for (const file of files)
    for (const loc of locs(parseXml((await answer(file.slice(BASE.length + 1))).body).children))
      found.push([file.slice(`${BASE}/en/`.length, -'-1.xml'.length), loc]);
  t.same(
    found.toSorted(([, one], [, other]) => (one < other ? -1 : 1)),
    times.map((time) => [time.slice(0, 7), `${SITE}/en/${slugOf(time)}`]),
  );
});
