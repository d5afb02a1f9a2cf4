// Stories in ninjs 3.1: valid by the schema of the IPTC, one by one and as lists, and with what the story says and no more.
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { request, desk } = await buildTestApp(t);
await makeLocale(desk, 'ru', { position: 1 });
const region = await makeRegion(desk, { key: 'coast', name: 'Coast' });
const types = ['topic', 'person', 'organisation', 'place', 'event', 'series', 'tone'] as const;
for (const type of types) await makeTag(desk, { key: `a-${type}`, type });
await makeContributor(desk, { key: 'anna', name: 'Anna Ferrol' });
await makeContributor(desk, { key: 'wire', name: 'The Wire', type: 'organisation' });

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajvFormats.default(ajv);
// What it refers to for maps, of which there are none.
ajv.addSchema({ $id: 'https://geojson.org/schema/GeoJSON.json' });
const schema = await readFile(new URL('./fixtures/standards/ninjs-schema_3.1.json', import.meta.url), 'utf8');
const isNinjs = ajv.compile(JSON.parse(schema));
const wrongIn = (item: unknown) => (isNinjs(item) ? [] : (isNinjs.errors ?? []));

const rights = { holder: 'The Ferry', usageTerms: { en: 'With a link.' }, licenceUrl: 'https://licence.example/by' };
const story = await makePublished(
  desk,
  {
    kind: 'analysis',
    region: 'coast',
    tags: types.map((type) => `a-${type}`),
    byline: ['anna', 'wire'],
    rights,
    locales: {
      en: {
        title: 'Ferry <sails>',
        slug: 'ferry-sails',
        standfirst: 'At last.',
        body: { markdown: 'See [it](/map).\n\n![Quay](/quay.jpg "The quay")' },
        corrections: [{ at: '2026-01-02T10:00:00Z', text: 'It was two.' }],
      },
      ru: { title: 'Паром', slug: 'паром' },
    },
  },
  { publishedAt: '2026-01-01T20:30:00Z' },
);
const read = async (path: string) => expectStatus(await request('GET', path), 200).json();

test('a story is valid by the schema of the standard, which refuses what it does not know', async (t) => {
  const item = await read(`/v1/articles/${story.id}/ninjs`);
  t.same(wrongIn(item), []);
  t.not(wrongIn({ ...item, draft: true }).length, 0, 'a member too many is found out');
  t.not(wrongIn({ ...item, pubStatus: 'live' }).length, 0, 'and a wrong value');
  const bare = await makePublished(desk);
  t.same(wrongIn(await read(`/v1/articles/${bare.id}/ninjs`)), [], 'with nothing but a title and a text');
});

test('it says who and what a story is by and about, when it came out, and on which terms', async (t) => {
  const item = await read(`/v1/articles/${story.id}/ninjs`);
  const own = (await read(`/v1/articles/${story.id}`)).data;
  t.match(item, {
    uri: own.uri,
    language: 'en',
    pubStatus: 'usable',
    firstCreated: own.firstPublishedAt,
    contentCreated: '2026-01-01T20:30:00.000Z',
    versionCreated: own.updatedAt,
    by: 'Anna Ferrol, The Wire',
    headlines: [{ role: 'main', value: 'Ferry <sails>' }],
    descriptions: [{ value: 'At last.' }],
    edNote: '2026-01-02T10:00:00.000Z: It was two.',
    copyrightHolder: 'The Ferry',
    usageTerms: 'With a link.',
    rightsInfo: { linkedRights: rights.licenceUrl },
    altIds: [
      { role: 'id', value: story.id },
      { role: 'canonical', value: 'https://www.example.org/en/ferry-sails' },
    ],
  });
  const named = (list: { name: string; rel?: string }[]) => list.map(({ name, rel }) => [name, rel]);
  t.same(named(item.people), [
    ['Anna Ferrol', 'author'],
    ['a-person', 'about'],
  ]);
  t.same(named(item.organisations), [
    ['The Wire', 'author'],
    ['a-organisation', 'about'],
  ]);
  t.same(named(item.places), [
    ['Coast', 'about'],
    ['a-place', 'about'],
  ]);
  t.equal(item.places[0].uri, `urn:uuid:${region.id}`);
  t.same(named(item.subjects), [
    ['a-topic', 'about'],
    ['a-series', 'partOf'],
  ]);
  t.same(named(item.events), [['a-event', 'about']]);
  t.same(
    item.genres.map(({ name }: { name: string }) => name),
    ['analysis', 'a-tone'],
  );
});

test('the text is there as HTML and as plain text, with absolute addresses, and pictures and languages as associations', async (t) => {
  const { bodies, associations } = await read(`/v1/articles/${story.id}/ninjs`);
  const [html, text] = bodies;
  t.same([html.contentType, text.contentType], ['text/html', 'text/plain']);
  t.match(html.value, '<a href="https://www.example.org/map"');
  t.match(html.value, 'src="https://www.example.org/quay.jpg"');
  t.same([text.value.slice(0, 7), html.wordCount], ['See it.', text.wordCount]);
  const [russian, picture] = associations;
  t.match(russian, {
    rel: 'translation',
    language: 'ru',
    title: 'Паром',
    uri: /^https:\/\/www\.example\.org\/ru\/%D0/,
  });
  t.match(picture, { rel: 'picture', type: 'picture', uri: 'https://www.example.org/quay.jpg' });
  t.match(picture.descriptions, [{ role: 'alt', value: 'Quay' }]);
});

test('a list has the filters, order and cursors of stories, each of them valid, and none that is not public', async (t) => {
  await makeArticle(desk, { region: 'coast', locales: { en: { title: 'CANARY' } } });
  for (let n = 0; n < 3; n += 1) await makePublished(desk, { region: 'coast' });
  const walk = async (path: string): Promise<string[]> => {
    const { data, links } = await read(path);
    t.same(data.flatMap(wrongIn), []);
    const ids = data.map(({ altIds }: { altIds: { value: string }[] }) => altIds[0]?.value);
    const next = links.next && new URL(links.next);
    return next ? [...ids, ...(await walk(next.pathname + next.search))] : ids;
  };
  const { data } = await read('/v1/articles?region=coast');
  t.same(
    await walk('/v1/ninjs?region=coast&limit=2'),
    data.map(({ id }: { id: string }) => id),
  );
  const russian = await request('GET', '/v1/ninjs?locale=ru&fallback=en&region=coast');
  t.equal(russian.headers['content-language'], 'ru, en');
  t.same(
    russian
      .json()
      .data.map(({ language }: { language: string }) => language)
      .sort(),
    ['en', 'en', 'en', 'ru'],
  );
  t.notMatch(russian.body, 'CANARY');
  const refused = await request('GET', '/v1/ninjs?fields=title');
  t.match(refused.json(), { status: 400, errors: [{ parameter: 'fields' }] });
});

test('an address that nothing can parse is refused where it is given: the lists of all would end at it', async (t) => {
  const wrong = 'https://licence.example:99999/by_(4)';
  const draft = { locales: { en: { title: 'Ferry under a licence' } } };
  const refused = await desk('POST', '/v1/desk/articles', { payload: { rights: { licenceUrl: wrong }, ...draft } });
  if (refused.statusCode === 201) {
    const { id } = refused.json().data;
    await desk('POST', `/v1/desk/articles/${id}/locales/en/publish`, { version: 1, payload: {} });
  }
  t.match([refused.statusCode, refused.json().errors?.[0].pointer], [400, '/rights/licenceUrl']);
  const picture = { url: wrong, mimeType: 'image/jpeg', width: 4, height: 3 };
  t.equal((await desk('POST', '/v1/desk/media', { payload: picture })).statusCode, 400);
  t.equal((await request('GET', '/v1/ninjs')).statusCode, 200);
});
