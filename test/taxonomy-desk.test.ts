// Regions, tags and contributors at the desk: made, changed, deleted, each change based on a version and written to the audit log.
import { sql } from 'drizzle-orm';
import { test } from 'tap';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { build, keysOf } from './fixtures/terms.ts';

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
  t.match(expectStatus(decomposed, 400).json(), { errors: [{ pointer: '/texts/en/slug', code: 'not_normal' }] });
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
  const absent = { payload: { texts: { ru: null, ka: { name: 'Portebi', slug: 'ports' } } }, version: 7 };
  t.same(
    expectStatus(await desk('PATCH', url, absent), 412).json().changedFields,
    [{ field: 'texts.ka', yours: absent.payload.texts.ka, current: null }],
    'what is not there is null, and taking it away no difference',
  );
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

  const refused = async (path: string, by: string) => {
    const answer = await desk('DELETE', `/v1/desk/${path}`, { version: 1 });
    t.match(expectStatus(answer, 409).json(), { code: 'in_use', detail: `It is used by ${by}.` }, path);
  };
  await refused('regions/world', 'stories; other regions');
  await refused('regions/sea', 'stories');
  await refused('regions/menu-only', 'menus of the site');
  await refused('tags/ports', 'stories');
  await refused('contributors/desk', 'stories');
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${article.id}`, { version: article.version, payload: { tags: [] } }),
    200,
  );
  // The story that is public still shows it.
  await refused('tags/ports', 'stories');

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

// Seen to fail with a level more, and with names as they are in pointers, in wellformed.ts.
test('a body is looked through to its 64th level, and each place in it is told by a pointer (RFC 6901)', async (t) => {
  const { desk } = await build(t);
  const errorOf = async (payload: object) =>
    expectStatus(await desk('POST', '/v1/desk/tags', { payload }), 400).json().errors[0];
  const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
  t.match(await errorOf({ 'a/b~c': ['', 'x\0'] }), { pointer: '/a~1b~0c/1' });
  t.match(await errorOf(nested(65)), { pointer: '/a'.repeat(64), message: 'is nested deeper than 64 levels' });
  t.notMatch((await errorOf(nested(64))).message, /nested/);
  // Seen to fail without findTooDeep() in wellformed.ts: what is large is looked through before it is parsed, and has no pointer yet.
  const padding = 'x'.repeat(65_536);
  const large = (levels: number) => ({ b: padding, ...nested(levels) });
  t.match(await errorOf(large(65)), { pointer: '', message: 'is nested deeper than 64 levels' });
  t.notMatch((await errorOf(large(64))).message, /nested/);
  t.notMatch(
    (await errorOf({ b: `${padding}${'["\\{'.repeat(100)}`, c: [[], [], {}] })).message,
    /nested/,
    'signs in a text',
  );
});
