// Addresses of the front end that editors write as people read them, in the letters of their language: wherever stories go out, they are URIs.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { readElements } from './fixtures/feeds.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru');
const { version } = (await desk('GET', '/v1/desk/site')).json().data;
const articleUrl = 'https://газета.example/новости/{locale}/{slug}';
const payload = { articleUrl, shortUrl: 'https://Коротко.example/{locale}/с/{code}' };
expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload }), 200);
const { id } = await makePublished(desk, { locales: { en: { title: 'Ferry', slug: 'ferry' }, ru: { slug: 'паром' } } });

const HOST = 'https://xn--80aahjj1e.example';
const url = `${HOST}/${encodeURIComponent('новости')}/ru/${encodeURIComponent('паром')}`;
const get = async (path: string) => expectStatus(await request('GET', path), 200);

// Seen to fail without hrefOf() in urlOf() of articles/document.ts: each but RSS and Atom broke the document, and those two named no URI.
test('whatever letters they are written in, no form of a story names an address that is no URI', async (t) => {
  const month = new Date().toISOString().slice(0, 7);
  for (const path of [
    ...['rss', 'atom', 'json'].map((format) => `/v1/feeds/${format}?locale=ru`),
    ...['ninjs', 'jsonld', 'text', 'markdown'].map((form) => `/v1/articles/${id}/${form}?locale=ru`),
    ...['html', 'markdown', 'json'].map((format) => `/v1/articles/${id}/republish?format=${format}&locale=ru`),
    `/v1/articles/${id}/translations`,
    `/v1/articles/${id}?include=seo&locale=ru`,
    '/v1/articles?locale=ru',
    '/v1/changes?include=item&locales=ru',
    `/v1/sitemaps/ru/${month}-1.xml`,
    '/v1/sitemaps/news.xml',
    `/v1/oembed?url=${encodeURIComponent(`https://газета.example/новости/ru/паром`)}`,
  ]) {
    const { body } = await get(path);
    t.match(body, url, path);
    t.notMatch(body, /https?:[^\s"'<>]*[^\s"'<>\x21-\x7e]/, path);
  }
  const links = readElements((await get('/v1/feeds/rss?locale=ru')).body).filter(({ name }) => name === 'link');
  t.equal(links.at(-1)?.text, url);
});

test('paper shows them as people read them', async (t) => {
  t.match((await get(`/v1/articles/${id}/print?locale=ru`)).body, '>https://газета.example/новости/ru/паром</a>');
});

// Seen to fail with the parameters of /s/{locale}/{code} closed as everywhere else: 400 for each reader who came from such a network.
test('what networks and mailers put behind a short address does not keep readers from the story', async (t) => {
  const { shortUrl } = (await get(`/v1/articles/${id}?locale=ru`)).json().data.share;
  const short = `/v1/s/ru/${shortUrl.split('/').at(-1)}`;
  for (const more of ['fbclid=IwAR0', 'utm_source=mail&utm_medium=letter', 'a=1&a=2', '%ff=%ff', '__proto__=1', '='])
    t.equal(expectStatus(await request('GET', `${short}?${more}`), 301).headers.location, url, more);
  t.equal((await request('GET', `/v1/articles/${id}/text?fbclid=1`)).statusCode, 400, 'nowhere else');
});

test('either spelling leads to the story, and so does its short address', async (t) => {
  for (const path of ['/новости/ru/паром', new URL(url).pathname])
    t.match((await get(`/v1/resolve?path=${encodeURIComponent(path)}`)).json().data, { status: 200, article: { id } });
  const moved = (await get(`/v1/resolve?path=${encodeURIComponent('/новости/RU/Паром')}`)).json().data;
  t.match(moved, { status: 301, location: new URL(url).pathname });
  const { shortUrl } = (await get(`/v1/articles/${id}?locale=ru`)).json().data.share;
  t.match(shortUrl, /^https:\/\/xn--[a-z0-9-]+\.example\/ru\/%D1%81\/[\w-]{22}$/);
  for (const spelling of [shortUrl, `https://коротко.example/ru/с/${shortUrl.split('/').at(-1)}`])
    t.match((await get(`/v1/oembed?url=${encodeURIComponent(spelling)}`)).json(), { version: '1.0' }, spelling);
});
