// What readers see of pictures: those of published stories, in the language of the story, and no other under any address.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeMedia } from './fixtures/media.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { withClient } from './fixtures/sql.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const { app, desk, request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru', { fallback: ['en'] });
await makeLocale(desk, 'hy');
const { key: region } = await makeRegion(desk);
const get = async (url: string) => expectStatus(await request('GET', url), 200).json();

test('a story shows its picture in its own language, else by its fallbacks, on its page, in lists and to networks', async (t) => {
  const texts = {
    en: { alt: 'A red buoy', caption: 'After the storm', credit: 'Ruben Hakobyan' },
    hy: { alt: 'Կարմիր լողակ' },
  };
  const media = await makeMedia(desk, { texts, focalPoint: { x: 0.2, y: 0.8 }, bytes: 4000 });
  const { id, url, mimeType, width, height } = media;
  const story = await makePublished(desk, { image: id, region, locales: { en: {}, ru: {}, hy: {} } });
  const file = { id, url, width, height, mimeType, bytes: 4000, focalPoint: { x: 0.2, y: 0.8 } };
  const shown = {
    en: { ...file, ...texts.en },
    ru: { ...file, ...texts.en },
    hy: { ...file, alt: 'Կարմիր լողակ', caption: null, credit: null },
  };
  for (const [locale, image] of Object.entries(shown)) {
    const { data } = await get(`/v1/articles/${story.id}?locale=${locale}`);
    t.same(data.image, image, locale);
    t.same(data.share.image, image);
    const list = await get(`/v1/articles?locale=${locale}&region=${region}`);
    t.same(list.data[0].image, image);
  }
  const { data, included } = await get(`/v1/articles/${story.id}?fields=image&include=seo,media`);
  t.same(data, { id: story.id, locale: 'en', image: shown.en });
  const tags = included.seo.openGraph.map(({ property, content }: Record<string, string>) => `${property}=${content}`);
  const from = tags.indexOf(`og:image=${url}`);
  t.same(tags.slice(from, from + 5), [
    `og:image=${url}`,
    `og:image:type=${mimeType}`,
    `og:image:width=${width}`,
    `og:image:height=${height}`,
    'og:image:alt=A red buoy',
  ]);
  t.ok(tags.includes('twitter:card=summary_large_image'));
  t.match(JSON.parse(included.seo.jsonLd).image, {
    '@type': 'ImageObject',
    url,
    width,
    height,
    caption: 'After the storm',
    creditText: 'Ruben Hakobyan',
  });
  t.same(included.media, [
    {
      ...shown.en,
      type: 'image',
      bytes: 4000,
      locale: 'en',
      translations: [
        { locale: 'en', ...texts.en },
        { locale: 'hy', ...texts.hy, caption: null, credit: null },
      ],
    },
  ]);
});

test('a story without a picture says so, and tells networks of none', async (t) => {
  const { id } = await makePublished(desk);
  const { data, included } = await get(`/v1/articles/${id}?include=media,seo`);
  t.equal(data.image, null);
  t.equal(data.share.image, null);
  t.same(included.media, []);
  t.notMatch(JSON.stringify(included.seo), /image(?!-preview)/i);
});

test('lists and search bring each picture once', async (t) => {
  const { key } = await makeRegion(desk);
  const [a, b] = [await makeMedia(desk), await makeMedia(desk)];
  for (const image of [a.id, b.id, a.id, null])
    await makePublished(desk, { image, region: key, locales: { en: { title: 'Buoys drift' } } });
  for (const path of [
    `/v1/articles?region=${key}&include=media,region`,
    `/v1/articles?region=${key}&include=media&fields=title`,
    `/v1/search?q=buoys&region=${key}&include=media`,
  ]) {
    const { included } = await get(path);
    t.same(included.media.map(({ id }: { id: string }) => id).sort(), [a.id, b.id].sort(), path);
  }
});

test('the picture of a draft is nowhere: not by id, not beside stories, not for the role of readers', async (t) => {
  const secret = 'canary-buoy';
  const { id } = await makeMedia(desk, {
    url: `https://media.example.org/${secret}.jpg`,
    texts: { en: { alt: secret } },
  });
  const story = await makePublished(desk, { region });
  // What is given to a public story shows once it is published again.
  expectStatus(await desk('PATCH', `/v1/desk/articles/${story.id}`, { payload: { image: id }, version: 1 }), 200);
  await makeArticle(desk, { image: id, region });
  for (const path of [
    `/v1/articles/${story.id}?include=media,related,seo`,
    `/v1/articles?include=media&region=${region}`,
    `/v1/search?q=${secret}`,
    `/v1/articles/${story.id}/print`,
  ])
    t.notMatch(expectStatus(await request('GET', path), 200).body, path.includes('q=') ? id : secret, path);
  t.equal((await request('GET', `/v1/media/${id}`)).statusCode, 404);
  const seen = () =>
    withClient(databaseUrl, async (client) => {
      await client.query('set role dateline_reader');
      return (await client.query('select from media where id = $1', [id])).rowCount;
    });
  t.equal(await seen(), 0);
  await publishArticle(desk, story);
  t.equal((await request('GET', `/v1/media/${id}`)).statusCode, 200);
  t.equal(await seen(), 1);
});

test('a picture leaves with the last story that shows it, and the answers that were kept with it', async (t) => {
  const { id } = await makeMedia(desk);
  const [first, second] = [await makePublished(desk, { image: id }), await makePublished(desk, { image: id })];
  const { data, links } = await get(`/v1/media/${id}?locale=hy`);
  t.match(data, { id, locale: 'en' });
  t.match(links.self, /\/v1\/media\/.*locale=hy$/);
  const withdraw = async (story: { id: string }) =>
    expectStatus(
      await desk('POST', `/v1/desk/articles/${story.id}/locales/en/withdraw`, {
        payload: { notice: 'Withdrawn.' },
        version: 1,
      }),
      200,
    );
  await withdraw(first);
  t.equal((await request('GET', `/v1/media/${id}?locale=hy`)).statusCode, 200, 'the other story shows it');
  await withdraw(second);
  t.equal((await request('GET', `/v1/media/${id}?locale=hy`)).statusCode, 404);
  t.equal((await request('GET', '/v1/media/01980a2e-5d3c-7c51-9a43-0f6f6d2f7a10')).statusCode, 404);
  t.equal((await request('GET', `/v1/media/${id}?locale=de`)).json().code, 'unknown_locale');
  t.equal((await request('GET', '/v1/media/harbour')).statusCode, 400);
});

test('a corrected picture is shown corrected, by kept answers as well, and moves no dates of the story', async (t) => {
  const { id } = await makeMedia(desk);
  const story = await makePublished(desk, { image: id });
  const paths = [`/v1/articles/${story.id}`, `/v1/articles/${story.id}?include=media&fields=title`, `/v1/media/${id}`];
  const before = await get(`/v1/articles/${story.id}`);
  for (const path of paths) await get(path);
  const payload = { texts: { en: { alt: 'The harbour, seen from the north' } }, width: 800, height: 450 };
  expectStatus(await desk('PATCH', `/v1/desk/media/${id}`, { payload, version: 1 }), 200);
  // Seen to fail where the answer does not name what is recorded of pictures as what it is made of: it stayed until the story was built anew.
  t.match((await request('GET', `/v1/media/${id}`)).body, /seen from the north/, 'by itself at once');
  await rebuildNow(app, { noun: 'media', id });
  for (const path of paths) t.match((await request('GET', path)).body, /seen from the north/, path);
  const after = await get(`/v1/articles/${story.id}`);
  t.match(after.data.image, { width: 800, height: 450 });
  t.equal(after.data.updatedAt, before.data.updatedAt);
  const { rows } = await app.db.desk.execute<{ payload: unknown }>(
    `select payload from graphile_worker._private_jobs where key = 'rebuild:media:${id}'`,
  );
  t.same(rows, [{ payload: { noun: 'media', id } }], 'the job was enqueued with the change');
});

test('hostile texts of a picture stay text wherever they are shown', async (t) => {
  const evil = `"><script>alert('1')</script>\u202e&`;
  const { id } = await makeMedia(desk, { texts: { en: { alt: evil, caption: evil, credit: evil } } });
  const story = await makePublished(desk, { image: id });
  const page = expectStatus(await request('GET', `/v1/articles/${story.id}/print`), 200).body;
  t.notMatch(page, '<script');
  t.match(page, /<img src="https:[^"]+" width="1600" height="900" alt="&quot;&gt;&lt;script&gt;/);
  const { included, data } = await get(`/v1/articles/${story.id}?include=seo`);
  t.notMatch(included.seo.jsonLd, '<');
  t.equal(data.image.alt, evil);
});
