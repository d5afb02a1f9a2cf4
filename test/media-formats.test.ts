// Pictures in forms that others have set: cards of oEmbed, ninjs, sitemaps, feeds and Markdown say of a picture what its record says, and of one of a draft nothing.
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeMedia } from './fixtures/media.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { withClient } from './fixtures/sql.ts';
import { parseXml, type XmlElement } from './fixtures/xml.ts';

const { app, desk, request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const MONTH = new Date().toISOString().slice(0, 7);
const SITE = 'https://www.example.org';
const IMAGE = 'http://www.google.com/schemas/sitemap-image/1.1';

const url = 'https://media.example.org/gulls.jpg?a=1&b=2';
const media = await makeMedia(desk, {
  url,
  width: 1000,
  height: 500,
  bytes: 4321,
  focalPoint: { x: 0.25, y: 0.5 },
  texts: { en: { alt: 'Gulls [two]', caption: 'At noon', credit: 'Nare Sahakyan' } },
});
const told = await makePublished(desk, { image: media.id, locales: { en: { slug: 'gulls', title: 'Gulls' } } });
const bare = await makePublished(desk, { locales: { en: { slug: 'bare' } } });
const unmeasured = await makeMedia(desk, { url: 'https://media.example.org/unmeasured' });
const dim = await makePublished(desk, { image: unmeasured.id, locales: { en: { slug: 'dim' } } });
// As an import leaves it where the file says no more of a picture than where it is.
await withClient(databaseUrl, (client) =>
  client.query('update media set width = null, height = null, mime_type = null where id = $1', [unmeasured.id]),
);
await rebuildNow(app, { noun: 'media', id: unmeasured.id });
await app.forgetChanged();
const secret = await makeMedia(desk, { url: 'https://media.example.org/CANARY.jpg' });
await makeArticle(desk, { image: secret.id });

const read = async (path: string) => expectStatus(await request('GET', path), 200);
const card = async (slug: string, more = '') =>
  (await read(`/v1/oembed?url=${encodeURIComponent(`${SITE}/en/${slug}`)}${more}`)).json();

test('a card has the picture with both of its sides, or nothing of it', async (t) => {
  const thumbnail = { thumbnail_url: url, thumbnail_width: 1000, thumbnail_height: 500 };
  const thumbnailOf = async (slug: string, more = '') =>
    Object.fromEntries(Object.entries(await card(slug, more)).filter(([name]) => name.startsWith('thumbnail')));
  t.same(await thumbnailOf('gulls'), thumbnail);
  t.same(await thumbnailOf('gulls', '&maxwidth=1000&maxheight=500'), thumbnail);
  t.same(await thumbnailOf('gulls', '&maxwidth=999'), {}, 'wider than there is room');
  t.same(await thumbnailOf('gulls', '&maxheight=499'), {}, 'higher than there is room');
  t.same(await thumbnailOf('bare'), {}, 'a story without a picture');
  t.same(await thumbnailOf('dim'), {}, 'a picture whose size nobody has told');
  const xml = parseXml((await read(`/v1/oembed?format=xml&url=${encodeURIComponent(`${SITE}/en/gulls`)}`)).body);
  t.equal(xml.one('thumbnail_url'), url);
  t.equal(xml.one('thumbnail_width'), '1000');
});

test('ninjs has the picture of a story with its rendition, valid by the schema of the standard', async (t) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema({ $id: 'https://geojson.org/schema/GeoJSON.json' });
  const schema = await readFile(new URL('./fixtures/standards/ninjs-schema_3.1.json', import.meta.url), 'utf8');
  const isNinjs = ajv.compile(JSON.parse(schema));
  const pictures = async (id: string) => {
    const item = (await read(`/v1/articles/${id}/ninjs`)).json();
    t.ok(isNinjs(item), JSON.stringify(isNinjs.errors));
    return item.associations;
  };
  t.same(await pictures(told.id), [
    {
      name: 'picture-main',
      rel: 'picture',
      uri: `urn:uuid:${media.id}`,
      type: 'picture',
      representationType: 'partial',
      descriptions: [
        { role: 'alt', contentType: 'text/plain', value: 'Gulls [two]' },
        { role: 'caption', contentType: 'text/plain', value: 'At noon' },
      ],
      by: 'Nare Sahakyan',
      renditions: [
        {
          name: 'original',
          href: url,
          contentType: 'image/jpeg',
          width: 1000,
          height: 500,
          sizeInBytes: 4321,
          poi: { x: 250, y: 250 },
        },
      ],
    },
  ]);
  t.same(await pictures(bare.id), []);
  const [unsized] = await pictures(dim.id);
  t.same(unsized.renditions, [{ name: 'original', href: unmeasured.url }]);
});

test('sitemaps and the news name the picture of each story that has one', async (t) => {
  for (const path of [`en/${MONTH}-1.xml`, 'news.xml']) {
    const { children } = parseXml((await read(`/v1/sitemaps/${path}`)).body);
    const shown = (slug: string) =>
      children
        .find((entry: XmlElement) => entry.one('loc') === `${SITE}/en/${slug}`)
        ?.all('image')
        .map((image: XmlElement) => [image.uri, image.one('loc')]);
    t.same(shown('gulls'), [[IMAGE, url]], path);
    t.same(shown('dim'), [[IMAGE, unmeasured.url]], path);
    t.same(shown('bare'), [], path);
  }
});

test('feeds say of a picture what is known of it', async (t) => {
  const items = parseXml((await read('/v1/feeds/rss')).body).children[0]?.all('item') ?? [];
  const item = (slug: string) => items.find((one) => one.one('link') === `${SITE}/en/${slug}`);
  const found = (slug: string, name: string) =>
    item(slug)
      ?.all(name)
      .map(({ attributes }) => attributes);
  t.same(found('gulls', 'enclosure'), [{ url, length: '4321', type: 'image/jpeg' }]);
  const size = { width: '1000', height: '500', fileSize: '4321' };
  t.match(found('gulls', 'content'), [{ url, type: 'image/jpeg', medium: 'image', ...size }]);
  t.same(found('dim', 'enclosure'), [], 'an enclosure has to have a type');
  t.same(found('dim', 'content'), [{ url: unmeasured.url, medium: 'image' }]);
  t.same([found('bare', 'enclosure'), found('bare', 'content')], [[], []]);

  const entries = parseXml((await read('/v1/feeds/atom')).body).all('entry');
  const links = entries.find((entry) => entry.one('title') === 'Gulls')?.all('link') ?? [];
  t.match(links.find(({ attributes }) => attributes.rel === 'enclosure')?.attributes, {
    type: 'image/jpeg',
    length: '4321',
    href: url,
  });

  const feed = (await read('/v1/feeds/json')).json();
  const inJson = (slug: string) => feed.items.find((one: { url: string }) => one.url === `${SITE}/en/${slug}`);
  t.equal(inJson('gulls').image, url);
  t.same(inJson('gulls').attachments, [{ url, mime_type: 'image/jpeg', title: 'At noon', size_in_bytes: 4321 }]);
  t.equal(inJson('dim').image, unmeasured.url);
  t.notOk('attachments' in inJson('dim'));
  t.notOk('image' in inJson('bare'));
});

test('Markdown has the picture above the text, and plain text has no picture', async (t) => {
  const markdown = (await read(`/v1/articles/${told.id}/markdown`)).body;
  t.match(markdown, `![Gulls \\[two\\]](${url})`);
  t.match(markdown, '*At noon');
  t.notMatch((await read(`/v1/articles/${bare.id}/markdown`)).body, '![');
  t.notMatch((await read(`/v1/articles/${told.id}/text`)).body, 'media.example.org');
});

test('networks and print are told of a picture without a size that it has none', async (t) => {
  const { seo } = (await read(`/v1/articles/${dim.id}?include=seo`)).json().included;
  const properties = seo.openGraph.map(({ property }: { property: string }) => property);
  t.ok(properties.includes('og:image'));
  t.notOk(properties.some((name: string) => /^og:image:(width|height|type)$/.test(name)));
  t.same(JSON.parse(seo.jsonLd).image.width, undefined);
  const print = (await read(`/v1/articles/${dim.id}/print`)).body;
  t.match(print, `<img src="${unmeasured.url}" alt=`);
});

test('of a picture of a draft nothing is said anywhere', async (t) => {
  const paths = [
    '/v1/feeds/rss',
    '/v1/feeds/atom',
    '/v1/feeds/json',
    '/v1/ninjs',
    '/v1/sitemaps/news.xml',
    `/v1/sitemaps/en/${MONTH}-1.xml`,
    '/v1/articles?limit=100',
  ];
  for (const path of paths) t.notMatch((await read(path)).body, 'CANARY', path);
});
