// Regions, tags and contributors as readers and the desk see them.
import { test } from 'tap';
import type { PublicDb } from '../src/db/pipeline.ts';
import { regionNoun } from '../src/modules/regions/noun.ts';
import { createCounts } from '../src/modules/taxonomy/counts.ts';
import type { Answer } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { build, keysOf, pathOf } from './fixtures/terms.ts';

test('a name is given in the locale asked for, else along its fallbacks, else in the default one, else in any', async (t) => {
  const { request, make } = await build(t);
  await make('regions', { key: 'caspian', texts: { en: { name: 'Caspian' }, ru: { name: 'Каспий' } } });
  await make('regions', { key: 'steppe', texts: { en: { name: 'Steppe' } } });
  await make('regions', { key: 'sevan', texts: { hy: { name: 'Սևան' } } });
  const named = async (query: string) =>
    (await request('GET', `/v1/regions${query}`))
      .json()
      .data.map(({ locale, name }: { locale: string; name: string }) => [locale, name]);

  t.same(await named('?locale=hy'), [
    ['ru', 'Каспий'],
    ['hy', 'Սևան'],
    ['en', 'Steppe'],
  ]);
  t.same(await named(''), [
    ['en', 'Caspian'],
    ['hy', 'Սևան'],
    ['en', 'Steppe'],
  ]);

  const one = await request('GET', '/v1/regions/caspian?locale=ARM');
  t.equal(one.headers['content-language'], 'ru', 'the header names the language of the text');
  t.same(one.json().meta, { requestedLocale: 'ARM', locale: 'hy' });
  t.same(one.json().data.translations, [
    { locale: 'en', name: 'Caspian', slug: 'caspian' },
    { locale: 'ru', name: 'Каспий', slug: 'каспий' },
  ]);
});

test('an unknown locale is a 400 as a parameter and a 404 as a part of the path', async (t) => {
  const { request, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  for (const url of ['/v1/tags?locale=xx', '/v1/tags/ports?locale=xx']) {
    const answer = expectStatus(await request('GET', url), 400);
    t.equal(answer.json().code, 'unknown_locale');
    t.equal(answer.json().errors[0].parameter, 'locale');
  }
  t.equal((await request('GET', '/v1/tags/by-slug/xx/ports')).statusCode, 404);
});

test('a term is found by key, by id and by its slug in its own language only', async (t) => {
  const { request, make } = await build(t);
  const made = await make('contributors', {
    key: 'harbour-desk',
    type: 'organisation',
    links: ['https://www.example.org/desk'],
    texts: { en: { name: 'The harbour desk' }, ru: { name: 'Портовая редакция' } },
  });
  const { id } = made.json().data;
  for (const url of [
    '/v1/contributors/harbour-desk',
    `/v1/contributors/${id}`,
    `/v1/contributors/${id.toUpperCase()}`,
    '/v1/contributors/by-slug/en/the-harbour-desk',
    `/v1/contributors/by-slug/ru/${encodeURIComponent('портовая-редакция')}`,
  ]) {
    const { data } = expectStatus(await request('GET', url), 200).json();
    t.equal(data.id, id, url);
    t.same(data.links, ['https://www.example.org/desk']);
  }
  for (const url of ['by-slug/ru/the-harbour-desk', 'by-slug/en/none', 'none']) {
    t.equal((await request('GET', `/v1/contributors/${url}`)).statusCode, 404, url);
  }
});

test('a reader who has the newest answer gets a 304, until the term changes', async (t) => {
  const { request, desk, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  const first = await request('GET', '/v1/tags/ports');
  t.match(first.headers['cache-control'], /public/);
  const headers = { 'if-none-match': String(first.headers.etag), 'cache-control': 'no-cache' };
  t.equal((await request('GET', '/v1/tags/ports', { headers })).statusCode, 304);
  expectStatus(await desk('PATCH', '/v1/desk/tags/ports', { version: 1, payload: { type: 'place' } }), 200);
  t.equal((await request('GET', '/v1/tags/ports', { headers })).json().data.type, 'place');
});

test('regions are filtered by country and parent, and nested as a tree', async (t) => {
  const { request, make } = await build(t);
  await make('regions', { key: 'world', texts: { en: { name: 'World' } } });
  await make('regions', { key: 'sea', parent: 'world', countries: ['AZ', 'IR'], texts: { en: { name: 'Sea' } } });
  await make('regions', { key: 'bay', parent: 'sea', countries: ['AZ'], texts: { en: { name: 'Bay' } } });
  await make('regions', { key: 'hills', position: 1, countries: ['GE'], texts: { en: { name: 'Hills' } } });

  t.same(keysOf(await request('GET', '/v1/regions')), ['bay', 'sea', 'world', 'hills'], 'by position, then by key');
  t.same(keysOf(await request('GET', '/v1/regions?country=IR,GE')), ['sea', 'hills']);
  t.same(keysOf(await request('GET', '/v1/regions?parent=world')), ['sea'], 'directly within it');
  const unknown = expectStatus(await request('GET', '/v1/regions?parent=atlantis'), 400).json();
  t.match(unknown, { code: 'unknown_reference', errors: [{ parameter: 'parent' }] });

  const [world, hills] = (await request('GET', '/v1/regions?tree=true')).json().data;
  t.match(world, { key: 'world', children: [{ key: 'sea', children: [{ key: 'bay', children: [] }] }] });
  t.match(hills, { key: 'hills', parent: null, children: [] });
  const both = expectStatus(await request('GET', '/v1/regions?tree=true&limit=100'), 400).json();
  t.equal(both.errors[0].parameter, 'limit', 'a tree has no pages');
});

test('tags and contributors are filtered by type', async (t) => {
  const { request, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  await make('tags', { key: 'lenkoran', type: 'place', texts: { en: { name: 'Lenkoran' } } });
  await make('contributors', { key: 'desk', type: 'organisation', texts: { en: { name: 'Desk' } } });
  t.same(keysOf(await request('GET', '/v1/tags?type=place,event')), ['lenkoran']);
  t.same(keysOf(await request('GET', '/v1/contributors?type=person')), []);
  const typo = expectStatus(await request('GET', '/v1/tags?typ=place'), 400).json();
  t.match(typo.errors[0], { parameter: 'typ', message: /type/ }, 'a mistyped parameter is told with the nearest one');
});

test('pages lead forward and back over every term once, and a cursor serves its own filters only', async (t) => {
  const { request, make } = await build(t);
  const keys = ['a', 'b', 'c', 'd', 'e'];
  for (const key of keys) await make('tags', { key, type: 'topic', texts: { en: { name: key } } });
  const seen: string[][] = [];
  let url: string | null = '/v1/tags?limit=2';
  let last = '';
  while (url) {
    last = url;
    const answer: Answer = expectStatus(await request('GET', url), 200);
    seen.push(keysOf(answer));
    const { next } = answer.json().links;
    url = next && pathOf(next);
  }
  t.same(seen, [['a', 'b'], ['c', 'd'], ['e']]);

  const back = await request('GET', pathOf((await request('GET', last)).json().links.prev));
  t.same(keysOf(back), ['c', 'd']);
  const first = await request('GET', pathOf(back.json().links.prev));
  t.same(keysOf(first), ['a', 'b']);
  t.equal(first.json().links.prev, null);
  t.match(String(first.headers.link), /rel="next"/);

  const cursor = new URL(first.json().links.next).searchParams.get('cursor') ?? '';
  const altered = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
  const bytesOf = (text: string) => Buffer.from(text, 'base64url').toString('hex');
  // The last four bits are spare.
  const twin = [...'BRhx'].map((last) => cursor.slice(0, -1) + last).find((one) => bytesOf(one) === bytesOf(cursor));
  t.ok(twin, 'the same bytes in another spelling');
  for (const wrong of [
    `/v1/tags?type=topic&cursor=${cursor}`,
    `/v1/regions?cursor=${cursor}`,
    `/v1/tags?cursor=${altered}`,
    `/v1/tags?cursor=${twin}`,
    '/v1/tags?cursor=AAAA',
  ]) {
    t.equal(expectStatus(await request('GET', wrong), 400).json().code, 'invalid_cursor', wrong);
  }
  t.equal((await request('GET', '/v1/tags?limit=101')).statusCode, 400, 'a limit above 100 is refused');
});

test('counts are those of the locale, take in what lies within, and leave out drafts and pages', async (t) => {
  const { request, desk, make } = await build(t);
  await make('regions', { key: 'world', texts: { en: { name: 'World' } } });
  await make('regions', { key: 'sea', parent: 'world', texts: { en: { name: 'Sea' } } });
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  await makePublished(desk, { region: 'sea', tags: ['ports'], locales: { en: {}, ru: {} } });
  await makePublished(desk, { region: 'world' });
  await makePublished(desk, { kind: 'page', region: 'sea' });
  expectStatus(
    await desk('POST', '/v1/desk/articles', { payload: { region: 'sea', locales: { en: { title: 'A draft' } } } }),
    201,
  );
  const count = async (url: string) => (await request('GET', url)).json().data.articleCount;

  t.equal(await count('/v1/regions/world?include=counts'), 2);
  t.equal(await count('/v1/regions/sea?include=counts'), 1);
  t.equal(await count('/v1/regions/sea?include=counts&locale=ru'), 1);
  t.equal(await count('/v1/regions/world?include=counts&locale=hy'), 0);
  t.equal(await count('/v1/regions/by-slug/en/sea?include=counts'), 1);
  t.equal(await count('/v1/regions/sea'), undefined, 'only where they are asked for');
  const list = (await request('GET', '/v1/tags?include=counts')).json().data;
  t.same(
    list.map(({ articleCount }: { articleCount: number }) => articleCount),
    [1],
  );
});

test('counting is asked of the database once for all readers who want the same at the same time', async (t) => {
  const { app, make } = await build(t);
  const { id } = (await make('regions', { key: 'sea', texts: { en: { name: 'Sea' } } })).json().data;
  let asked = 0;
  const db: PublicDb = {
    query: (...parameters) => {
      asked += 1;
      return app.db.public.query(...parameters);
    },
    end: () => app.db.public.end(),
  };
  const counts = createCounts(db);
  const readers = Array.from({ length: 20 }, () => counts.countStories(regionNoun, ['en'], [id]));
  for (const counted of await Promise.all(readers)) t.same([...counted], [[id, 0]]);
  await counts.countStories(regionNoun, ['en'], [id]);
  t.equal(asked, 1);
  await counts.countStories(regionNoun, ['ru'], [id]);
  t.equal(asked, 2, 'each locale has its own stories');
});
