// The export: everything of a newsroom that is put back, byte for byte, and nothing of people, keys and secrets.
import { drizzle } from 'drizzle-orm/node-postgres';
import { type Test, test } from 'tap';
import { exportNewsroom } from '../src/modules/exports/exporting.ts';
import { loadDemo } from '../src/modules/imports/demo.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle } from './fixtures/factories.ts';
import { lab, NOTHING } from './fixtures/importing.ts';
import { openPool } from './fixtures/sql.ts';

async function exported(t: Test, url: string): Promise<string> {
  const pool = openPool(url, 1);
  const parts: string[] = [];
  for await (const part of exportNewsroom(pool)) parts.push(part);
  await pool.end();
  t.ok(parts.length > 0);
  return parts.join('');
}
const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a newsroom that is put back into an empty one is the same, byte for byte, and reads the same', async (t) => {
  const first = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { desk } = first;
  const source = await lab(t, first.databaseUrl);
  await loadDemo(drizzle(source.pool));
  const make = async (method: 'POST' | 'PUT' | 'PATCH', path: string, payload?: object, version?: number) => {
    const answer = await desk(method, path, { ...(payload && { payload }), ...(version && { version }) });
    if (answer.statusCode >= 300)
      t.fail(`${method} ${path}: ${answer.statusCode} ${JSON.stringify(answer.json().errors)}`);
    return answer.statusCode === 204 ? undefined : answer.json().data;
  };
  await make('POST', '/v1/desk/fields', { key: 'source', label: { en: 'Source' }, type: 'article' });
  await make('POST', '/v1/desk/fields', {
    key: 'secret',
    label: { en: 'Secret' },
    type: 'text',
    localised: true,
    public: false,
  });
  const texts = {
    en: { title: 'One\u2028"two" \\ é 🚢', body: { text: 'A\nb' }, extra: { secret: 'x' } },
    ru: { title: 'Два' },
  };
  const picture = await make('POST', '/v1/desk/media', {
    url: 'https://pictures.example/ferry.jpg',
    mimeType: 'image/jpeg',
    width: 1200,
    height: 800,
    texts: { en: { alt: 'A ferry' } },
  });
  const one = await make('POST', '/v1/desk/articles', {
    kind: 'live',
    region: 'caspian',
    image: picture.id,
    locales: texts,
  });
  const two = await make('POST', '/v1/desk/articles', {
    kind: 'analysis',
    follows: one.id,
    related: [one.id],
    rights: { holder: 'Wire' },
    extra: { source: one.id },
    locales: { en: { title: 'Scheduled' } },
  });
  const base = `/v1/desk/articles/${one.id}/locales/en`;
  await make('POST', `${base}/entries`, { body: { text: 'First' }, status: 'published', isKey: true });
  await make('POST', `${base}/entries`, { body: { text: 'Not yet' } });
  await make('POST', `${base}/publish`, undefined, 1);
  await make('PATCH', base, { slug: 'moved', title: 'Moved' }, 1);
  await make('POST', `${base}/publish`, undefined, 2);
  await make('PATCH', base, { title: 'Edited and not published' }, 2);
  await make('POST', `/v1/desk/articles/${two.id}/locales/en/publish`, undefined, 1);
  await make('POST', `/v1/desk/articles/${two.id}/locales/en/expiry`, { at: '2029-01-01T00:00:00Z', type: 'draft' }, 1);
  await make('POST', '/v1/desk/redirects', { path: '/old/one', story: { articleId: one.id, locale: 'en' } });
  await make(
    'POST',
    '/v1/desk/fronts/home/changes',
    {
      at: '2099-01-01T00:00:00Z',
      slot: { key: 'lead', size: 2, pinned: [{ articleId: two.id }], source: { type: 'filter' } },
    },
    1,
  );
  await make('POST', '/v1/desk/tags', { key: 'made-here', type: 'tone', texts: { en: { name: 'Made here' } } });

  const text = await exported(t, first.databaseUrl);
  const kinds = [...new Set(linesOf(text).map(({ record }) => record))];
  t.same(kinds.sort(), [
    'article',
    'contributor',
    'draft',
    'entry',
    'field',
    'follows',
    'front',
    'locale',
    'media',
    'redirect',
    'region',
    'site',
    'tag',
  ]);
  const second = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const target = await lab(t, second.databaseUrl);
  const done = await target.run(text);
  t.same(done.refusals, []);
  t.same(done.counts.created + done.counts.updated + done.counts.unchanged, linesOf(text).length);
  const again = await exported(t, second.databaseUrl);
  t.equal(again === text, true, 'byte for byte');
  if (again !== text) {
    const lines = new Set(text.split('\n'));
    for (const line of again.split('\n')) if (!lines.has(line)) t.comment(line.slice(0, 1500));
  }

  for (const path of [
    '/v1/site',
    '/v1/articles?locale=en&limit=100',
    '/v1/articles?locale=ru&limit=100&region=caspian',
    '/v1/regions?locale=en',
    '/v1/tags?locale=en&limit=100',
    '/v1/search?locale=en&q=ferry',
    '/v1/articles/by-slug/en/moved',
    `/v1/articles/${one.id}/entries?locale=en`,
    `/v1/articles/${two.id}?locale=en`,
    '/v1/resolve?path=/old/one',
    '/v1/fronts',
    '/v1/fronts/home?fields=title',
  ]) {
    const [before, after] = [await first.request('GET', path), await second.request('GET', path)];
    t.equal(after.statusCode, before.statusCode, path);
    t.same(after.json().data, before.json().data, path);
  }
  // Seen to fail without storeDraftWords() in imports/writing.ts.
  for (const site of [first, second]) {
    const { data } = expectStatus(await site.desk('GET', '/v1/desk/articles?q=edited+publ'), 200).json();
    t.same([data.length, data[0]?.id], [1, one.id], 'the desk finds it by the words of its draft');
  }
  const old = linesOf(text).flatMap((line) => {
    const slugs = (line.oldSlugs ?? []) as { slug: string }[];
    return slugs.map(({ slug }) => `/v1/articles/by-slug/${line.locale}/${encodeURIComponent(slug)}`);
  });
  t.ok(old.length > 0);
  for (const path of old)
    t.equal((await second.request('GET', path)).statusCode, (await first.request('GET', path)).statusCode, path);

  t.same((await target.run(text)).counts, { ...NOTHING, unchanged: linesOf(text).length }, 'a second time: nothing');
  const changed = text.replace('Edited and not published', 'Edited elsewhere');
  t.match((await target.run(changed)).refusals, [/it is there already, and differs/]);
});

test('what is in no export: people, keys, digests, and who did what', async (t) => {
  const { databaseUrl, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const made = await desk('POST', '/v1/desk/users', {
    payload: { name: 'Canary Person', email: 'canary@example.org', role: 'author' },
  });
  t.equal(made.statusCode, 201);
  await desk('POST', '/v1/desk/articles', { payload: { kind: 'news', locales: { en: { title: 'One' } } } });
  const text = await exported(t, databaseUrl);
  t.notMatch(text, /canary|digest"?:"?\$|password|secret|userId|keyId|createdBy|assignee/i);
});

test('lines that no export has are refused, each with its reason, and the rest goes in', async (t) => {
  const { run, url, column } = await lab(t);
  const line = (rest: object) => JSON.stringify(rest);
  const id = '01890000-0000-7000-8000-00000000000';
  const tag = {
    record: 'tag',
    id: `${id}1`,
    key: 'one',
    type: 'topic',
    texts: [{ locale: 'en', name: 'One', slug: 'one' }],
  };
  const article = {
    record: 'article',
    id: `${id}2`,
    uri: 'tag:example.org,2020:article/2',
    kind: 'news',
    originalLocale: 'en',
  };
  const draft = { record: 'draft', articleId: `${id}2`, locale: 'en', title: 'T', slug: 't', body: [] };
  const done = await run(
    [
      line(tag),
      line({ ...tag, id: `${id}3` }),
      line({ record: 'user', id }),
      line({ record: '__proto__' }),
      line(article),
      line({ ...article, id: 'x' }),
      line({ ...article, id: `${id}4`, secret: 1 }),
      line({ ...draft, body: [{ _type: 'image', _key: 'a', src: 'javascript:x()', alt: '' }] }),
      line({ ...draft, body: 'words' }),
      line({ ...draft, articleId: `${id}9` }),
      line(draft),
      line({ record: 'draft' }),
    ].join('\n'),
  );
  t.same(done.counts, { ...NOTHING, created: 3, refused: 9 });
  t.match(done.refusals, [
    /^2: .*(key|unique)/,
    /^3: \/record "user" is not known/,
    /^4: \/record "__proto__" is not known/,
    /^6: \/id is no id/,
    /^7: \/secret unknown member/,
    /^8: \/body/,
    /^9: \/body/,
    /^10: /,
    /^12: \/articleId is missing/,
  ]);
  t.same(await column('select title from drafts'), ['T']);
  t.match(await exported(t, url), /"key" : "one"/);
});

test('over HTTP the same comes as a stream, to whoever may have it', async (t) => {
  const { app, databaseUrl, desk, as, keyWith, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  await makeArticle(desk, { locales: { en: { title: 'One' } } });
  const answer = await desk('GET', '/v1/desk/export');
  t.equal(answer.statusCode, 200);
  t.match(answer.headers, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': 'attachment; filename="newsroom.ndjson"',
    'cache-control': 'private, no-store',
  });
  t.equal(answer.body, await exported(t, databaseUrl));
  const head = await desk('HEAD', '/v1/desk/export');
  t.equal(head.statusCode, 200);
  t.notOk('content-length' in head.headers, 'nobody knows how long it will be');
  t.equal((await as(await keyWith(['articles:read', 'audit:read']))('GET', '/v1/desk/export')).statusCode, 403);
  t.equal((await request('GET', '/v1/desk/export')).statusCode, 401);
  t.equal((await desk('GET', '/v1/desk/export?format=xml')).statusCode, 400);
  t.equal(app.db.pool.totalCount, app.db.pool.idleCount, 'each connection was given back');
});

test('an export that nobody takes any further gives its connection back, and a third at once is refused', async (t) => {
  const { app, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { run } = await lab(t, app.db.pool.options.connectionString ?? '');
  const long = 'word '.repeat(20_000);
  await run(
    Array.from({ length: 300 }, (_, n) =>
      JSON.stringify({ externalId: `x:${n}`, locale: 'en', title: `T ${n}`, body: [long] }),
    ).join('\n'),
  );
  const key = (await desk('POST', '/v1/desk/keys', { payload: { name: 'x', scopes: ['export:read'] } })).json().data
    .key;
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const ask = () => fetch(`http://127.0.0.1:${port}/v1/desk/export`, { headers: { authorization: `Bearer ${key}` } });
  const slow = [await ask(), await ask()];
  const readers = slow.map(({ body }) => body?.getReader());
  for (const reader of readers) await reader?.read();
  const third = await ask();
  t.equal(third.status, 503);
  t.equal(third.headers.get('retry-after'), '30');
  t.equal(app.db.pool.totalCount - app.db.pool.idleCount, 2, 'they wait for whoever takes them');
  for (const reader of readers) await reader?.cancel();
  for (let n = 0; n < 100 && app.db.pool.totalCount !== app.db.pool.idleCount; n += 1)
    await new Promise((done) => setTimeout(done, 50));
  t.equal(app.db.pool.totalCount, app.db.pool.idleCount);
  const whole = await ask();
  t.equal((await whole.text()).split('\n').length > 600, true);
});

test('the list for a spreadsheet: rows by language, filters, and no cell that is a formula', async (t) => {
  const { desk, as, keyWith, request } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const titles = [
    '=HYPERLINK("https://x.example.org")',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tTab',
    'A "quoted", cell\nand a line',
    'Plain',
  ];
  for (const title of titles) await makeArticle(desk, { locales: { en: { title, standfirst: title } } });
  await makeArticle(desk, { kind: 'opinion', locales: { en: { title: 'Opinion' } } });
  const answer = await desk('GET', '/v1/desk/articles.csv?kind=news');
  t.equal(answer.statusCode, 200);
  t.match(answer.headers, { 'content-type': /^text\/csv; charset=utf-8/, 'content-disposition': /articles\.csv/ });
  t.ok(answer.body.startsWith('\uFEFFid,locale,status,kind,title,'));
  for (const title of [
    '"\'=HYPERLINK(""https://x.example.org"")"',
    ",'+1,",
    ",'-1,",
    ",'@SUM(A1),",
    ",'\tTab,",
    '"A ""quoted"", cell\nand a line"',
    ',Plain,',
  ])
    t.ok(answer.body.includes(title), title);
  t.equal(answer.body.split('\r\n').length, titles.length + 2);
  t.notMatch(answer.body, /[,"\n][=@\t]/, 'no cell begins a formula');
  t.equal((await desk('GET', '/v1/desk/articles.csv?status=published')).body.split('\r\n').length, 2);
  t.equal((await desk('GET', '/v1/desk/articles.csv?locale=xx')).statusCode, 400);
  t.equal((await desk('GET', '/v1/desk/articles.csv?kind=nothing')).statusCode, 400);
  t.equal((await as(await keyWith(['site:write']))('GET', '/v1/desk/articles.csv')).statusCode, 403);
  t.equal((await request('GET', '/v1/desk/articles.csv')).statusCode, 401);
});
