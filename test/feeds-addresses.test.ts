// Under which address a feed is followed: one, however it was asked for, and found where its stories are described.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { FORMATS, readElements } from './fixtures/feeds.ts';
import { makeMedia } from './fixtures/media.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { aliases: ['rus'] });
await makeRegion(desk, { key: 'coast', name: 'Coast' });
await makeTag(desk, { key: 'ferries', name: 'Ferries' });
await makeContributor(desk, { key: 'anna', name: 'Anna Vale' });
const place = { region: 'coast', tags: ['ferries'], byline: ['anna'], locales: { en: { title: 'Sails' }, ru: {} } };
await makePublished(desk, place);

test('however its parameters stand, a feed has the same bytes and is said to be at the address that it names itself', async (t) => {
  for (const format of FORMATS) {
    const asked = `/v1/feeds/${format}?tag=ferries&limit=2&content=summary`;
    const canonical = `https://api.example.org/v1/feeds/${format}?content=summary&limit=2&tag=ferries`;
    const headers = { 'x-forwarded-host': 'evil.example', host: 'evil.example' };
    const answer = expectStatus(await request('GET', asked, { headers }), 200);
    t.equal(answer.headers['content-location'], canonical);
    const self =
      format === 'json'
        ? answer.json().feed_url
        : readElements(answer.body).find(({ attributes }) => attributes.rel === 'self')?.attributes.href;
    t.equal(self, canonical);
    t.match(String(answer.headers.link), `<${canonical}>; rel="self"`);
    const other = expectStatus(await request('GET', canonical), 200);
    t.same([other.body, other.headers.etag], [answer.body, answer.headers.etag]);
    t.equal(other.headers['content-location'], canonical);
    const again = await request('GET', asked, { headers: { 'if-none-match': String(answer.headers.etag) } });
    t.same([again.statusCode, again.headers['content-location']], [304, canonical]);
  }
});

// Seen to fail where links were written by URLSearchParams: `first` of the second page had %2C for commas, and was another feed for hubs and caches.
test('every page names the first one by the address that it has itself', async (t) => {
  await makePublished(desk, place);
  const first = `https://api.example.org/v1/feeds/atom?limit=1&publishedAfter=2020-01-01T00:00:00%2B04:00&tag=calm,ferries`;
  await makeTag(desk, { key: 'calm', name: 'Calm' });
  const linksOf = async (url: string) => {
    const { body } = expectStatus(await request('GET', url), 200);
    const links = readElements(body).flatMap(({ attributes: { rel = '', href = '' } }) => (href ? [[rel, href]] : []));
    return Object.fromEntries(links) as Record<string, string>;
  };
  const one = await linksOf(first);
  const two = await linksOf(String(one.next));
  t.same([one.self, one.first, two.first], [first, first, first]);
  t.match(two, { self: one.next, previous: /&publishedAfter=2020-01-01T00:00:00%2B04:00&tag=calm,ferries$/ });
  const encoded = String(one.next).replace('cursor=', 'c%75rsor=');
  t.equal((await linksOf(encoded)).first, first);
  const list = (await request('GET', '/v1/articles?limit=1&tag=calm,ferries')).json().links;
  const { self, prev } = (await request('GET', list.next)).json().links;
  t.same([self, prev.replace(/cursor=[^&]*/, '')], [list.next, list.next.replace(/cursor=[^&]*/, '')]);
});

// Seen to fail while they stood as &#x26;: @rowanmanning/feed-parser and @extractus/feed-extractor, which are built on fast-xml-parser,
// had pictures and pages at addresses with these letters in them.
test('an ampersand in an address stands by its name, which readers know that know no numbers', async (t) => {
  const image = await makeMedia(desk, { url: 'https://media.example.org/p?id=1&w=800' });
  await makePublished(desk, { image: image.id, tags: ['ferries'], locales: { en: { title: 'Salt & <sails>' } } });
  const rss = expectStatus(await request('GET', '/v1/feeds/rss?limit=1&tag=ferries'), 200).body;
  const atom = expectStatus(await request('GET', '/v1/feeds/atom?limit=1&tag=ferries'), 200).body;
  t.match(rss, '<enclosure url="https://media.example.org/p?id=1&amp;w=800"');
  t.match(rss, '<media:content url="https://media.example.org/p?id=1&amp;w=800"');
  t.match(rss, '<title>Salt &#x26; &#x3C;sails&#x3E;</title>', 'as the RSS Best Practices Profile has it');
  t.match(atom, 'href="https://media.example.org/p?id=1&amp;w=800"');
  for (const feed of [rss, atom]) {
    t.match(feed, /rel="next"[^>]* href="[^"]*&amp;limit=1&amp;tag=ferries"/);
    t.notMatch(feed, /="[^"]*&#x26;/);
  }
  const month = new Date().toISOString().slice(0, 7);
  const sitemap = expectStatus(await request('GET', `/v1/sitemaps/en/${month}-1.xml`), 200).body;
  t.match(sitemap, '<image:loc>https://media.example.org/p?id=1&amp;w=800</image:loc>');
  const news = expectStatus(await request('GET', '/v1/sitemaps/news.xml'), 200).body;
  t.match(news, '<news:title>Salt &amp; &lt;sails&gt;</news:title>');
});

test('regions, tags and contributors name the feeds of their stories, in the language that was asked for', async (t) => {
  for (const [path, filter] of [
    ['/v1/regions/coast', 'region=coast'],
    ['/v1/tags/ferries', 'tag=ferries'],
    ['/v1/contributors/anna', 'contributor=anna'],
  ] as const) {
    for (const [query, locale] of [
      ['', 'en'],
      ['?locale=rus', 'ru'],
    ]) {
      const { links } = expectStatus(await request('GET', path + query), 200).json();
      t.equal(links.feeds.length, FORMATS.length);
      for (const { type, href } of links.feeds) {
        t.match(href, /^https:\/\/api\.example\.org\/v1\/feeds\/(rss|atom|json)\?/);
        const feed = expectStatus(await request('GET', href), 200);
        t.equal(feed.headers['content-type'], `${type}; charset=utf-8`);
        t.equal(feed.headers['content-location'], href, 'it is the canonical address');
        t.equal(feed.headers['content-language'], locale);
        t.same(
          [...new URL(href).searchParams].map((pair) => pair.join('=')).sort(),
          [`locale=${locale}`, filter].sort(),
        );
      }
    }
    const { slug } = (await request('GET', path)).json().data;
    const bySlug = await request('GET', `${path.replace(/[^/]*$/, 'by-slug/en/')}${slug}`);
    t.same(bySlug.json().links.feeds, (await request('GET', `${path}?locale=en`)).json().links.feeds);
  }
});
