// Regions, tags and contributors: what readers see of them, in which language, and how the desk changes them.
import { sql } from 'drizzle-orm';
import { type Test, test } from 'tap';
import type { PublicDb } from '../src/db/pipeline.ts';
import { regionNoun } from '../src/modules/regions/noun.ts';
import { createCounts } from '../src/modules/taxonomy/counts.ts';
import { type Answer, buildTestApp, type TestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';

/** English, Russian (falls back to nothing of its own) and Armenian (falls back to Russian). */
async function build(t: Test): Promise<TestApp & { make: (path: string, payload: object) => Promise<Answer> }> {
  const test = await buildTestApp(t);
  const make = async (path: string, payload: object) =>
    expectStatus(await test.desk('POST', `/v1/desk/${path}`, { payload }), 201);
  await make('locales', { tag: 'ru', name: 'Русский', direction: 'ltr', position: 1 });
  await make('locales', {
    tag: 'hy',
    name: 'Հայերեն',
    direction: 'ltr',
    aliases: ['arm'],
    fallback: ['ru'],
    position: 2,
  });
  return { ...test, make };
}

const pathOf = (url: string) => url.replace('https://api.example.org', '');
const keysOf = (answer: Answer) => answer.json().data.map(({ key }: { key: string }) => key);

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
  for (const wrong of [
    `/v1/tags?type=topic&cursor=${cursor}`,
    `/v1/regions?cursor=${cursor}`,
    `/v1/tags?cursor=${altered}`,
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
  const readers = Array.from({ length: 20 }, () => counts.countStories(regionNoun, 'en', [id]));
  for (const counted of await Promise.all(readers)) t.same([...counted], [[id, 0]]);
  await counts.countStories(regionNoun, 'en', [id]);
  t.equal(asked, 1);
  await counts.countStories(regionNoun, 'ru', [id]);
  t.equal(asked, 2, 'each locale has its own stories');
});

test('a slug is proposed from the name in its own script, with a number where it is taken', async (t) => {
  const { make, desk } = await build(t);
  await make('locales', { tag: 'tr', name: 'Türkçe', direction: 'ltr' });
  const made = await make('tags', {
    key: 'first',
    type: 'topic',
    texts: { en: { name: 'Ports & Ferries' }, ru: { name: 'Порты: паромы' }, tr: { name: 'Iğdır İli' } },
  });
  t.match(made.json().data.texts, {
    en: { slug: 'ports-ferries' },
    ru: { slug: 'порты-паромы' },
    tr: { slug: 'ığdır-ili' },
  });
  const slugOf = async (key: string, name: string) =>
    (await make('tags', { key, type: 'topic', texts: { en: { name } } })).json().data.texts.en.slug;
  t.equal(await slugOf('second', 'Ports, ferries'), 'ports-ferries-2');
  t.equal(await slugOf('third', 'Ports ferries'), 'ports-ferries-3');
  t.equal(await slugOf('umbrella', '☂'), 'umbrella', 'from the key where the name has no letter');

  const payload = (slug: string) => ({ key: 'fourth', type: 'topic', texts: { en: { name: 'x', slug } } });
  const taken = await desk('POST', '/v1/desk/tags', { payload: payload('ports-ferries') });
  t.match(expectStatus(taken, 409).json(), { code: 'slug_taken', errors: [{ pointer: '/texts/en/slug' }] });
  const decomposed = await desk('POST', '/v1/desk/tags', { payload: payload('cafe\u0301') });
  t.match(expectStatus(decomposed, 400).json(), { errors: [{ pointer: '/texts/en/slug', code: 'not_nfc' }] });
  t.equal((await desk('POST', '/v1/desk/tags', { payload: payload('Ports') })).statusCode, 400, 'no capitals');
});

test('what is made says where it stands, and what cannot be made says why', async (t) => {
  const { desk, make } = await build(t);
  const made = await make('regions', { key: 'sea', texts: { arm: { name: 'Ծով', tagline: 'Ալիքներ' } } });
  t.equal(made.headers.location, 'https://api.example.org/v1/desk/regions/sea');
  t.equal(made.headers.etag, '"1"');
  t.match(made.json().data, { parent: null, countries: [], texts: { hy: { name: 'Ծով', tagline: 'Ալիքներ' } } });

  const texts = { en: { name: 'Sea' } };
  const refusals: [payload: object, status: number, code: string, pointer: string][] = [
    [{ key: 'sea', texts }, 409, 'key_taken', '/key'],
    [{ key: 'bay', parent: 'none', texts }, 400, 'unknown_reference', '/parent'],
    [{ key: 'bay', texts: { xx: { name: 'Bay' } } }, 400, 'unknown_locale', '/texts/xx'],
    [{ key: 'bay', texts: { hy: { name: 'a' }, arm: { name: 'b' } } }, 400, 'validation_failed', '/texts/arm'],
    [{ key: '019a0000-0000-7000-8000-000000000000', texts }, 400, 'validation_failed', '/key'],
    [{ key: 'Bay', texts }, 400, 'validation_failed', '/key'],
    [{ key: 'bay', texts: {} }, 400, 'validation_failed', '/texts'],
    [{ key: 'bay', texts, countries: ['Azerbaijan'] }, 400, 'validation_failed', '/countries/0'],
    [{ key: 'bay', texts, type: 'topic' }, 400, 'validation_failed', '/type'],
  ];
  for (const [payload, status, code, pointer] of refusals) {
    const answer = expectStatus(await desk('POST', '/v1/desk/regions', { payload }), status).json();
    t.match(answer, { code, errors: [{ pointer }] }, JSON.stringify(payload));
  }
  t.same(keysOf(await desk('GET', '/v1/desk/regions')), ['sea'], 'nothing was made on the way');
});

test('a patch changes what it names, null removes a language, and the rest stays', async (t) => {
  const { desk, make } = await build(t);
  await make('regions', {
    key: 'sea',
    countries: ['AZ'],
    texts: { en: { name: 'Sea', tagline: 'Blue' }, ru: { name: 'Море' } },
  });
  const headers = { 'content-type': 'application/merge-patch+json' };
  const payload = JSON.stringify({ texts: { en: { name: 'The sea' }, ru: null, arm: { name: 'Ծով' } } });
  const { data } = expectStatus(
    await desk('PATCH', '/v1/desk/regions/sea', { version: 1, headers, payload }),
    200,
  ).json();
  t.match(data, { version: 2, countries: ['AZ'], texts: { en: { name: 'The sea', slug: 'sea', tagline: 'Blue' } } });
  t.same(Object.keys(data.texts).sort(), ['en', 'hy'], 'the slug stays when the name changes');

  const refuse = async (change: object) =>
    expectStatus(await desk('PATCH', '/v1/desk/regions/sea', { version: 2, payload: change }), 400).json().errors[0]
      .pointer;
  t.equal(await refuse({ texts: { en: null, hy: null } }), '/texts', 'one language has to stay');
  t.equal(await refuse({ texts: { ru: { slug: 'more' } } }), '/texts/ru/name');
  t.equal(await refuse({ key: 'ocean' }), '/key', 'a key is for good');
});

test('a region never lies within itself', async (t) => {
  const { desk, make } = await build(t);
  const texts = { en: { name: 'x' } };
  await make('regions', { key: 'world', texts });
  await make('regions', { key: 'sea', parent: 'world', texts });
  await make('regions', { key: 'bay', parent: 'sea', texts });
  for (const parent of ['world', 'sea', 'bay']) {
    const answer = await desk('PATCH', '/v1/desk/regions/world', { version: 1, payload: { parent } });
    t.match(expectStatus(answer, 400).json(), { errors: [{ pointer: '/parent', code: 'circular' }] }, parent);
  }
  // Each alone is allowed; both together would be a circle.
  await make('regions', { key: 'east', texts });
  await make('regions', { key: 'west', texts });
  const answers = await Promise.all([
    desk('PATCH', '/v1/desk/regions/east', { version: 1, payload: { parent: 'west' } }),
    desk('PATCH', '/v1/desk/regions/west', { version: 1, payload: { parent: 'east' } }),
  ]);
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 400]);
});

test('a change needs the version it is based on, and a stale one is told what differs', async (t) => {
  const { desk, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  const url = '/v1/desk/tags/ports';
  const payload = { type: 'place', texts: { en: { name: 'Harbours', slug: 'ports' } } };
  t.equal(expectStatus(await desk('PATCH', url, { payload }), 428).json().code, 'precondition_required');
  t.equal((await desk('DELETE', url)).statusCode, 428);
  for (const wrong of ['1', 'W/"1"', '*', '"1", "2"', '"one"', '"0"', '']) {
    const answer = expectStatus(await desk('PATCH', url, { payload, headers: { 'if-match': wrong } }), 400);
    t.equal(answer.json().errors[0].parameter, 'if-match', wrong);
  }
  const stale = expectStatus(await desk('PATCH', url, { payload, version: 7 }), 412).json();
  t.equal(stale.currentVersion, 1);
  t.same(stale.changedFields, [
    { field: 'type', yours: 'place', current: 'topic' },
    { field: 'texts.en.name', yours: 'Harbours', current: 'Ports' },
  ]);
  t.equal((await desk('DELETE', url, { version: 7 })).statusCode, 412);

  const both = await Promise.all([1, 2].map((n) => desk('PATCH', url, { version: 1, payload: { position: n } })));
  t.same(both.map(({ statusCode }) => statusCode).sort(), [200, 412], 'of two editors, one is told');
});

test('what is in use is not deleted, and what is deleted is gone', async (t) => {
  const { request, desk, make } = await build(t);
  const texts = { en: { name: 'x' } };
  await make('regions', { key: 'world', texts });
  await make('regions', { key: 'sea', parent: 'world', texts });
  await make('regions', { key: 'menu-only', texts });
  await make('regions', { key: 'unused', texts });
  await make('tags', { key: 'ports', type: 'topic', texts });
  await make('contributors', { key: 'desk', type: 'organisation', texts });
  const article = await makePublished(desk, { region: 'sea', tags: ['ports'], byline: ['desk'] });
  const menus = [{ key: 'main', items: [{ label: { en: 'x' }, region: 'menu-only' }] }];
  expectStatus(await desk('PATCH', '/v1/desk/site', { version: 1, payload: { menus } }), 200);

  const refused = async (path: string, why: string) => {
    const answer = await desk('DELETE', `/v1/desk/${path}`, { version: 1 });
    t.equal(expectStatus(answer, 409).json().code, 'in_use', why);
  };
  await refused('regions/world', 'it contains another');
  await refused('regions/sea', 'a story is in it');
  await refused('regions/menu-only', 'a menu leads to it');
  await refused('tags/ports', 'a story has it');
  await refused('contributors/desk', 'a story is by them');
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${article.id}`, { version: article.version, payload: { tags: [] } }),
    200,
  );
  await refused('tags/ports', 'the story that is public still shows it');

  t.equal((await desk('DELETE', '/v1/desk/regions/unused', { version: 1 })).statusCode, 204);
  t.equal((await request('GET', '/v1/regions/unused')).statusCode, 404);
  t.equal((await desk('GET', '/v1/desk/regions/unused')).statusCode, 404);
});

test('a new name reaches the stories that show it', async (t) => {
  const { request, desk, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  const { id } = await makePublished(desk, { tags: ['ports'] });
  const payload = { texts: { en: { name: 'Harbours' } } };
  expectStatus(await desk('PATCH', '/v1/desk/tags/ports', { version: 1, payload }), 200);
  const name = async () => (await request('GET', `/v1/articles/${id}`)).json().data.tags[0].name;
  const deadline = Date.now() + 5_000;
  while ((await name()) !== 'Harbours' && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(await name(), 'Harbours');
});

test('every change is in the audit log with its key, and a refused one is not', async (t) => {
  const { app, desk, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  await desk('PATCH', '/v1/desk/tags/ports', { version: 1, payload: { type: 'place' } });
  await desk('PATCH', '/v1/desk/tags/ports', { version: 1, payload: { type: 'event' } });
  await desk('DELETE', '/v1/desk/tags/ports', { version: 2 });
  const { rows } = await app.db.desk.execute(sql`
    select action, before->>'type' as before, after->>'type' as after, key_id is not null as keyed from audit where entity = 'tag' order by id`);
  t.same(rows, [
    { action: 'tag.create', before: null, after: 'topic', keyed: true },
    { action: 'tag.change', before: 'topic', after: 'place', keyed: true },
    { action: 'tag.delete', before: 'place', after: null, keyed: true },
  ]);
});

test('text is kept byte for byte, and what Unicode does not allow is refused', async (t) => {
  const { request, desk, make } = await build(t);
  const name = '  e\u0301 \u202Eabc\u202C \u{1F469}\u200D\u{1F680} می\u200Cخواهم <b>&amp;"\\ \u2028';
  await make('tags', { key: 'odd', type: 'topic', texts: { en: { name, slug: 'odd' } } });
  t.equal((await request('GET', '/v1/tags/odd')).json().data.name, name);
  t.equal((await desk('GET', '/v1/desk/tags/odd')).json().data.texts.en.name, name);
  for (const bad of ['a\0b', '\ud800']) {
    const payload = { key: 'bad', type: 'topic', texts: { en: { name: bad } } };
    t.equal((await desk('POST', '/v1/desk/tags', { payload })).statusCode, 400);
  }
});

test('the taxonomy of the desk needs its own scope, for reading too', async (t) => {
  const { request, as, keyWith, make } = await build(t);
  await make('tags', { key: 'ports', type: 'topic', texts: { en: { name: 'Ports' } } });
  const other = as(await keyWith(['articles:read', 'articles:write', 'articles:publish', 'site:write', 'keys:manage']));
  const own = as(await keyWith(['taxonomy:write']));
  for (const noun of ['regions', 'tags', 'contributors']) {
    const calls = [
      ['GET', `/v1/desk/${noun}`],
      ['POST', `/v1/desk/${noun}`],
      ['GET', `/v1/desk/${noun}/ports`],
      ['PATCH', `/v1/desk/${noun}/ports`],
      ['DELETE', `/v1/desk/${noun}/ports`],
    ] as const;
    for (const [method, url] of calls) {
      t.equal((await request(method, url)).statusCode, 401, `${method} ${url} without a key`);
      t.equal((await other(method, url)).statusCode, 403, `${method} ${url} with other scopes`);
    }
    t.equal((await own('GET', `/v1/desk/${noun}`)).statusCode, 200);
  }
  const answer = await own('GET', '/v1/desk/tags/ports');
  t.equal(answer.headers['cache-control'], 'private, no-store');
});
