// Stories on the desk: how they are made and read, in which forms bodies come and go, and who may not.
import t, { test } from 'tap';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeContributor, makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keys, keyWith } = await buildTestApp(t);
await makeLocale(desk, 'ru', { aliases: ['rus'], position: 1 });
const region = await makeRegion(desk, { key: 'steppe' });
await makeTag(desk, { key: 'grain' });
await makeContributor(desk, { key: 'mill-desk', type: 'organisation' });

const create = (payload: object) => desk('POST', '/v1/desk/articles', { payload });

test('a story is made with drafts in several languages, and nothing of it is public', async (t) => {
  const answer = expectStatus(
    await create({
      kind: 'analysis',
      externalId: 'mill-1',
      region: region.id,
      tags: ['grain'],
      byline: ['mill-desk'],
      rights: { attributionRequired: false },
      locales: { en: { title: 'Mills stop', body: { text: 'They stop.' } }, rus: { title: 'Мельницы встали' } },
    }),
    201,
  );
  const { data } = answer.json();
  t.equal(answer.headers.location, `https://api.example.org/v1/desk/articles/${data.id}`);
  t.equal(answer.headers.etag, '"1"');
  t.equal(answer.headers['cache-control'], 'private, no-store');
  t.match(data, {
    kind: 'analysis',
    externalId: 'mill-1',
    region: 'steppe',
    regions: ['steppe'],
    tags: ['grain'],
    byline: ['mill-desk'],
    rights: { attributionRequired: false },
    version: 1,
    locales: [
      { locale: 'en', slug: 'mills-stop', status: 'draft', version: 1, publishedVersion: null, publishedAt: null },
      { locale: 'ru', slug: 'мельницы-встали', status: 'draft' },
    ],
  });
  t.same((await desk('GET', `/v1/desk/articles/${data.id.toUpperCase()}`)).json().data, data);
  t.equal((await request('GET', `/v1/articles/${data.id}`)).statusCode, 404);

  const again = expectStatus(await create({ externalId: 'mill-1', locales: { en: { title: 'Other' } } }), 409);
  t.match(again.json(), { code: 'conflict', errors: [{ pointer: '/externalId' }] });
  const taken = expectStatus(await create({ locales: { rus: { title: 'Other', slug: 'мельницы-встали' } } }), 409);
  t.match(taken.json(), { code: 'slug_taken', errors: [{ pointer: '/locales/rus/slug' }] });
});

test('a language is added once, by tag or alias, and moves the story to the front of the desk', async (t) => {
  const story = await makeArticle(desk);
  await makeArticle(desk);
  const url = `/v1/desk/articles/${story.id}/locales`;
  const made = expectStatus(await desk('POST', url, { payload: { locale: 'RUS', title: 'Порт' } }), 201);
  t.equal(made.headers.location, `https://api.example.org${url}/ru`);
  t.match(made.json().data, { locale: 'ru', status: 'draft', version: 1, corrections: [], standfirst: null });
  t.equal((await desk('GET', '/v1/desk/articles?limit=1')).json().data[0].id, story.id);
  t.equal((await desk('POST', url, { payload: { locale: 'ru', title: 'Порт' } })).statusCode, 409);
  t.same((await desk('GET', `${url}/rus`)).json().data, made.json().data);
  t.equal((await desk('GET', `${url}/xx`)).statusCode, 400);
  const both = await create({ locales: { ru: { title: 'Раз' }, rus: { title: 'Два' } } });
  expectStatus(both, 409);
  // Seen to fail where the second draft was refused by the first: "The story has a draft in this locale already", of a story that is none yet.
  t.match(both.json(), { code: 'conflict', errors: [{ pointer: '/locales/rus', code: 'twice' }] });
});

test('a body comes in four forms and goes out in three; what was lost on the way is told with its pointer', async (t) => {
  const bodies: [body: object, html: string, text: string][] = [
    [{ markdown: 'One *two*\n\n- three' }, '<p>One <em>two</em></p><ul><li>three</li></ul>', 'One two'],
    [{ html: '<p>One <b>two</b></p>' }, '<p>One <strong>two</strong></p>', 'One two'],
    [{ text: ['One', 'two & three'] }, '<p>One</p><p>two &amp; three</p>', 'One\n\ntwo & three'],
    [
      { portableText: [{ _type: 'block', children: [{ _type: 'span', text: 'One', marks: ['strong'] }] }] },
      '<p><strong>One</strong></p>',
      'One',
    ],
  ];
  for (const [body, html, text] of bodies) {
    const { data, meta } = expectStatus(await create({ locales: { en: { title: 'Body', body } } }), 201).json();
    t.same(meta, {});
    const draft = (await desk('GET', `/v1/desk/articles/${data.id}/locales/en`)).json().data;
    t.equal(draft.body.html, html);
    t.ok(draft.body.text.startsWith(text), draft.body.text);
    const { portableText } = draft.body;
    const payload = { body: { portableText } };
    const again = await desk('PATCH', `/v1/desk/articles/${data.id}/locales/en`, { version: 1, payload });
    t.same(again.json().data.body, draft.body, 'what came out goes in again, keys included');
  }
  const evil = '<p onclick="x()">See <a href="javascript:alert(1)">this</a><script>alert(1)</script></p>';
  const lossy = expectStatus(await create({ locales: { rus: { title: 'Body', body: { html: evil } } } }), 201);
  const { warnings } = lossy.json().meta;
  t.ok(warnings.some(({ code }: { code: string }) => code === 'link_dropped'));
  for (const { path } of warnings) t.equal(path, '/locales/rus/body/html');
  const draft = await desk('GET', `/v1/desk/articles/${lossy.json().data.id}/locales/ru`);
  t.notMatch(draft.body, /script|javascript|onclick/);
});

test('what is wrong is refused with a pointer to it, and nothing is written', async (t) => {
  const before = (await desk('GET', '/v1/desk/articles?limit=100')).json().data.length;
  const draft = (more: object) => ({ locales: { en: { title: 'x', ...more } } });
  const refusals: [payload: object, code: string, ...pointers: string[]][] = [
    [{}, 'validation_failed', '/locales'],
    [{ locales: {} }, 'validation_failed', '/locales'],
    [{ locales: { en: {} } }, 'validation_failed', '/locales/en/title'],
    [draft({ title: '' }), 'validation_failed', '/locales/en/title'],
    [draft({ title: 5 }), 'validation_failed', '/locales/en/title'],
    [draft({ titel: 'x' }), 'validation_failed', '/locales/en/titel'],
    [draft({ slug: 'Not A Slug' }), 'validation_failed', '/locales/en/slug'],
    [
      draft({ body: { portableText: [{ _type: 'marquee' }] } }),
      'validation_failed',
      '/locales/en/body/portableText/0/_type',
    ],
    [
      draft({ corrections: [{ at: '2026-02-30T00:00:00Z', text: 'x' }] }),
      'validation_failed',
      '/locales/en/corrections/0/at',
    ],
    [draft({ title: 'NUL \0' }), 'validation_failed', '/locales/en/title'],
    [{ ...draft({}), status: 'published' }, 'validation_failed', '/status'],
    [{ ...draft({}), kind: 'gossip' }, 'validation_failed', '/kind'],
    [{ locales: { xx: { title: 'x' } } }, 'unknown_locale', '/locales/xx'],
    [{ locales: { 'e n': { title: 'x' } } }, 'validation_failed', '/locales/e n'],
    [
      { ...draft({}), region: 'none', tags: ['grain', 'constructor'], byline: ['nobody'] },
      'unknown_reference',
      '/region',
      '/tags/1',
      '/byline/0',
    ],
  ];
  for (const [payload, code, ...pointers] of refusals) {
    const problem = expectStatus(await create(payload), 400).json();
    t.equal(problem.code, code, JSON.stringify(payload));
    t.same(
      problem.errors.map(({ pointer }: { pointer: string }) => pointer),
      pointers,
      JSON.stringify(payload),
    );
  }
  const twoForms = expectStatus(await create(draft({ body: { html: 'x', text: 'x' } })), 400).json();
  t.ok(twoForms.errors.some(({ pointer }: { pointer: string }) => pointer === '/locales/en/body/text'));
  t.equal((await desk('GET', '/v1/desk/articles?limit=100')).json().data.length, before);
});

// Seen to fail with Text(500) for Headline in articles/kinds.ts: 201, and once published a news sitemap without a title.
test('a headline of blanks alone is none: in a new story, in another language, in a change', async (t) => {
  const { id } = expectStatus(await create({ locales: { en: { title: 'x' } } }), 201).json().data;
  const url = `/v1/desk/articles/${id}/locales`;
  for (const title of [' ', '\n', '\u00a0\u3000\u2003']) {
    const answers: [pointer: string, answer: Awaited<ReturnType<typeof create>>][] = [
      ['/locales/en/title', await create({ locales: { en: { title } } })],
      ['/title', await desk('POST', url, { payload: { locale: 'ru', title } })],
      ['/title', await desk('PATCH', `${url}/en`, { version: 1, payload: { title } })],
    ];
    for (const [pointer, answer] of answers)
      t.match(expectStatus(answer, 400).json().errors, [{ pointer, code: 'pattern' }], JSON.stringify(title));
  }
  expectStatus(await desk('PATCH', `${url}/en`, { version: 1, payload: { title: ' x ' } }), 200);
});

test('every desk route refuses the public, a wrong key and a key without its scope, before it does anything', async (t) => {
  const story = await makePublished(desk);
  const draft = `/v1/desk/articles/${story.id}/locales/en`;
  const routes: [method: Method, url: string, scope: string, payload?: object][] = [
    ['GET', '/v1/desk/articles', 'articles:read'],
    ['POST', '/v1/desk/articles', 'articles:write', { locales: { en: { title: 'x' } } }],
    ['GET', `/v1/desk/articles/${story.id}`, 'articles:read'],
    ['PATCH', `/v1/desk/articles/${story.id}`, 'articles:write', { kind: 'opinion' }],
    ['POST', `/v1/desk/articles/${story.id}/locales`, 'articles:write', { locale: 'ru', title: 'x' }],
    ['GET', draft, 'articles:read'],
    ['PATCH', draft, 'articles:write', { title: 'x' }],
    ['POST', `${draft}/publish`, 'articles:publish', {}],
    ['POST', `${draft}/unpublish`, 'articles:publish'],
    ['POST', `${draft}/withdraw`, 'articles:publish', {}],
  ];
  const state = async () => {
    const audit = await app.db.pool.query('select count(*) from audit');
    return [audit.rows, (await desk('GET', `/v1/desk/articles/${story.id}`)).json().data];
  };
  const before = await state();
  const others = {
    'articles:read': 'articles:write',
    'articles:write': 'articles:read',
    'articles:publish': 'articles:write',
  } as const;
  const nobody = as(`${keys.admin.slice(0, -6)}000000`);
  for (const [method, url, scope, payload] of routes) {
    const options = { version: 1, ...(payload && { payload }) };
    const anonymous = expectStatus(await request(method, url, options), 401);
    t.match(anonymous.headers['www-authenticate'], /^Bearer/, `${method} ${url}`);
    t.equal((await nobody(method, url, options)).statusCode, 401);
    const wrong = as(await keyWith([others[scope as keyof typeof others]]));
    t.match(
      expectStatus(await wrong(method, url, options), 403).json(),
      { code: 'forbidden', scope },
      `${method} ${url}`,
    );
  }
  t.same(await state(), before, 'nothing changed');
});

test('the desk lists what was changed last, filtered by state, language and kind, page by page to the end and back', async (t) => {
  const own = await buildTestApp(t);
  await makeLocale(own.desk, 'ru');
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1)
    ids.unshift((await makeArticle(own.desk, n === 2 ? { kind: 'opinion', locales: { ru: {} } } : {})).id);
  await makePublished(own.desk, {});
  const list = async (query: string) =>
    expectStatus(await own.as(own.keys.reader)('GET', `/v1/desk/articles${query}`), 200).json();
  const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
  t.same(idsOf(await list('?status=draft')), ids);
  t.same(idsOf(await list('?locale=ru')), [ids[2]]);
  t.same(idsOf(await list('?kind=opinion,video&status=draft,published')), [ids[2]]);
  t.same(idsOf(await list('?kind=opinion,opinion')), [ids[2]], 'once, however often its kind is named');

  const pathOf = (link: string) => link.slice('https://api.example.org/v1/desk/articles'.length);
  const forward: string[][] = [];
  let page = await list('?status=draft&limit=2');
  t.equal(page.links.prev, null);
  for (;;) {
    forward.push(idsOf(page));
    if (!page.links.next) break;
    page = await list(pathOf(page.links.next));
  }
  t.same(forward, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  page = await list(pathOf(page.links.prev));
  t.same(idsOf(page), ids.slice(2, 4));
  page = await list(pathOf(page.links.prev));
  t.same([idsOf(page), page.links.prev], [ids.slice(0, 2), null]);
  t.same(idsOf(await list(pathOf(page.links.next))), ids.slice(2, 4));
  const foreign = await own.desk(
    'GET',
    `/v1/desk/articles?cursor=${new URL(page.links.next).searchParams.get('cursor')}`,
  );
  t.equal(expectStatus(foreign, 400).json().code, 'invalid_cursor', 'a cursor belongs to its filters');
});
