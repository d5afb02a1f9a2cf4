// Many changes in one request: each answered as the single request is, all or nothing or each by itself.
import { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle, makePublished, stateIn } from './fixtures/factories.ts';
import { withClient } from './fixtures/sql.ts';
import { makeTag } from './fixtures/taxonomy.ts';

type Operation = { method: 'POST' | 'PATCH' | 'DELETE' | 'PUT'; path: string; ifMatch?: number; body?: unknown };
const bulk = (send: Send, mode: 'atomic' | 'each', operations: Operation[], headers = {}) =>
  send('POST', '/v1/desk/bulk', { payload: { mode, operations }, headers });

const tag = (key: string): Operation => ({
  method: 'POST',
  path: '/v1/desk/tags',
  body: { key, type: 'topic', texts: { en: { name: key } } },
});
const countTags = async (send: Send) => (await send('GET', '/v1/desk/tags?limit=100')).json().data.length;

test('each answer equals the one that the single request would have had', async (t) => {
  const { desk } = await buildTestApp(t);
  await makeTag(desk, { key: 'oil' });
  const { id } = await makeArticle(desk);
  const at = `/v1/desk/articles/${id}/locales/en`;
  const refused: Operation[] = [
    { method: 'PATCH', path: '/v1/desk/tags/oil', body: { position: 1 } },
    { method: 'PATCH', path: '/v1/desk/tags/oil', ifMatch: 9, body: { position: 1 } },
    { method: 'PATCH', path: '/v1/desk/tags/none', ifMatch: 1, body: { position: 1 } },
    { method: 'POST', path: '/v1/desk/tags', body: { key: 'Oil' } },
    { method: 'POST', path: '/v1/desk/tags', body: [] },
    { method: 'POST', path: '/v1/desk/tags' },
    { method: 'DELETE', path: '/v1/desk/nothing' },
    { method: 'POST', path: `${at}/publish?dry=1`, ifMatch: 1, body: {} },
    tag('oil'),
  ];
  const answer = expectStatus(await bulk(desk, 'each', refused), 200).json();
  t.same(answer.meta, { mode: 'each', done: 0, refused: refused.length });
  for (const [index, { method, path, ifMatch, body }] of refused.entries()) {
    const alone = await desk(method, path, {
      ...(ifMatch && { version: ifMatch }),
      ...(body !== undefined && { payload: body as object }),
    });
    const { traceId: _, ...inBulk } = answer.data[index].body;
    const { traceId: _id, ...byItself } = alone.json();
    t.equal(answer.data[index].status, alone.statusCode, path);
    t.same(inBulk, byItself, path);
  }
  const done = expectStatus(
    await bulk(desk, 'each', [
      { method: 'PATCH', path: at, ifMatch: 1, body: { title: 'Harbour closed' } },
      { method: 'POST', path: `${at}/publish`, ifMatch: 2, body: {} },
    ]),
    200,
  ).json().data;
  t.match(done, [
    { status: 200, headers: { etag: '"2"' }, body: { data: { title: 'Harbour closed', version: 2 } } },
    { status: 200, headers: { etag: '"2"' }, body: { data: { status: 'published' } } },
  ]);
  t.same(done[1].body, (await desk('GET', at)).json());
});

test('each by itself: what is refused keeps the others from nothing, at whatever place it stands (G32)', async (t) => {
  const { desk } = await buildTestApp(t);
  for (let place = 0; place < 4; place += 1) {
    const operations = ['a', 'b', 'c'].map((name) => tag(`${name}-${place}`));
    operations.splice(place, 0, { method: 'POST', path: '/v1/desk/tags', body: { key: '!' } });
    const { data, meta } = expectStatus(await bulk(desk, 'each', operations), 200).json();
    t.same(meta, { mode: 'each', done: 3, refused: 1 });
    t.same(
      data.map(({ status }: { status: number }) => status),
      operations.map((_, index) => (index === place ? 400 : 201)),
    );
    const keys = data.flatMap((result: { body: { data?: { key: string } } }) => result.body.data?.key ?? []);
    t.same(keys, [`a-${place}`, `b-${place}`, `c-${place}`], 'each answer stands at the place of its operation');
  }
  t.equal(await countTags(desk), 12);
});

// Seen to fail without within() in plugins/inner.ts: the three tags before the refusal stayed.
test('all or nothing: one refusal takes everything back, audit, jobs and change log included', async (t) => {
  const { desk, request, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { id } = await makeArticle(desk);
  const at = `/v1/desk/articles/${id}/locales/en`;
  const state = () =>
    withClient(databaseUrl, async (client) => {
      const tables = ['tags', 'articles', 'drafts', 'revisions', 'published_articles', 'changes', 'audit', 'listings'];
      const counts = tables.map((name) => `(select json_agg(x) from ${name} x) as ${name}`);
      const jobs = '(select count(*) from graphile_worker._private_jobs) as jobs';
      return (await client.query(`select ${[...counts, jobs].join(', ')}`)).rows[0];
    });
  const before = await state();
  for (let place = 0; place < 4; place += 1) {
    const operations: Operation[] = [
      tag('a'),
      { method: 'PATCH', path: `/v1/desk/articles/${id}`, ifMatch: 1, body: { tags: ['a'] } },
      { method: 'POST', path: `${at}/publish`, ifMatch: 1, body: {} },
    ];
    operations.splice(place, 0, { method: 'PATCH', path: at, ifMatch: 5, body: { title: 'x' } });
    const answer = expectStatus(await bulk(desk, 'atomic', operations), 409).json();
    t.match(answer, {
      code: 'bulk_refused',
      index: place,
      errors: [{ pointer: `/operations/${place}`, code: 'version_mismatch' }],
      answer: { status: 412, body: { code: 'version_mismatch', currentVersion: 1 } },
    });
    t.same(await state(), before, `refused at ${place}: nothing is left`);
  }
  expectStatus(await request('GET', `/v1/articles/${id}`), 404);
});

test('all or nothing: later operations see what earlier ones did, and all of it is there at once', async (t) => {
  const { desk, request } = await buildTestApp(t);
  const { id } = await makeArticle(desk);
  const at = `/v1/desk/articles/${id}/locales/en`;
  const operations: Operation[] = [
    tag('fresh'),
    { method: 'PATCH', path: `/v1/desk/articles/${id}`, ifMatch: 1, body: { tags: ['fresh'] } },
    { method: 'PATCH', path: at, ifMatch: 1, body: { title: 'Made in one go' } },
    { method: 'POST', path: `${at}/publish`, ifMatch: 2, body: {} },
  ];
  const { data, meta } = expectStatus(await bulk(desk, 'atomic', operations), 200).json();
  t.same(meta, { mode: 'atomic', done: 4, refused: 0 });
  t.same(data[3].body, (await desk('GET', at)).json());
  const story = expectStatus(await request('GET', `/v1/articles/${id}`), 200).json().data;
  t.match(story, { title: 'Made in one go', tags: [{ key: 'fresh' }] });
});

test('nobody can do in bulk what they may not do alone', async (t) => {
  const { desk, as, keys, request } = await buildTestApp(t);
  const story = await makePublished(desk);
  const at = `/v1/desk/articles/${story.id}/locales/en`;
  const operations: Operation[] = [
    { method: 'PATCH', path: at, ifMatch: 1, body: { title: 'Allowed' } },
    { method: 'POST', path: `${at}/unpublish`, ifMatch: 1 },
    tag('not-mine'),
    { method: 'POST', path: '/v1/desk/keys', body: { name: 'x', scopes: ['keys:manage'] } },
  ];
  const { data } = expectStatus(await bulk(as(keys.writer), 'each', operations), 200).json();
  t.same(
    data.map(({ status }: { status: number }) => status),
    [200, 403, 403, 403],
  );
  expectStatus(await bulk(as(keys.writer), 'atomic', operations), 409);
  t.match(stateIn(await getDeskArticle(desk, story.id), 'en'), { status: 'published', version: 2 });
  t.equal(await countTags(desk), 0);
  expectStatus(await bulk(request, 'each', operations), 401);
});

test('a retry with the same Idempotency-Key does nothing twice', async (t) => {
  const { desk } = await buildTestApp(t);
  for (const mode of ['atomic', 'each'] as const) {
    const operations = [tag(`${mode}-1`), tag(`${mode}-2`)];
    const first = expectStatus(await bulk(desk, mode, operations, { 'idempotency-key': mode }), 200);
    const again = expectStatus(await bulk(desk, mode, operations, { 'idempotency-key': mode }), 200);
    t.equal(again.headers['idempotent-replayed'], 'true');
    t.same(again.json(), first.json());
    t.equal(first.json().meta.done, 2);
  }
  const mixed = [tag('each-1'), tag('each-3')];
  const { meta } = expectStatus(await bulk(desk, 'each', mixed, { 'idempotency-key': 'mixed' }), 200).json();
  t.same(meta, { mode: 'each', done: 1, refused: 1 }, 'a refusal within leaves the rest of the transaction whole');
  t.equal(await countTags(desk), 5);
});

test('what is no bulk is refused whole, with a pointer, and nothing is done', async (t) => {
  const { desk } = await buildTestApp(t);
  const good = tag('good');
  const cases: [payload: object, pointer: string][] = [
    [{ mode: 'each', operations: [] }, '/operations'],
    [{ mode: 'each', operations: Array.from({ length: 101 }, () => good) }, '/operations'],
    [{ operations: [good] }, '/mode'],
    [{ mode: 'both', operations: [good] }, '/mode'],
    [{ mode: 'each', operations: [good, { ...good, method: 'GET' }] }, '/operations/1/method'],
    [{ mode: 'each', operations: [good, { ...good, path: '/v1/articles' }] }, '/operations/1/path'],
    [{ mode: 'each', operations: [good, { ...good, path: 'http://127.0.0.1/v1/desk/tags' }] }, '/operations/1/path'],
    [{ mode: 'each', operations: [good, { ...good, path: '/v1/desk/tags\r\nX-Y: 1' }] }, '/operations/1/path'],
    [{ mode: 'each', operations: [good, { ...good, path: '/v1/desk/%zz' }] }, '/operations/1/path'],
    [{ mode: 'each', operations: [good, { ...good, path: '/v1/desk/bulk' }] }, '/operations/1/path'],
    [{ mode: 'each', operations: [good, { ...good, path: '/v1/desk/b%75lk' }] }, '/operations/1/path'],
    ...[
      './bulk',
      'x/../bulk',
      '%2e/bulk',
      'x/%2E%2e/bulk',
      'x/.%2E/bulk',
      '../articles',
      'tags/..',
      'tags/.?a=1',
      'x%2F..%2fbulk',
    ].map((path): [object, string] => [
      { mode: 'each', operations: [good, { ...good, path: `/v1/desk/${path}` }] },
      '/operations/1/path',
    ]),
    [{ mode: 'each', operations: [good, { ...good, headers: {} }] }, '/operations/1/headers'],
    [{ mode: 'each', operations: [{ ...good, ifMatch: '1' }] }, '/operations/0/ifMatch'],
  ];
  for (const [payload, pointer] of cases) {
    const answer = expectStatus(await desk('POST', '/v1/desk/bulk', { payload }), 400).json();
    t.match(answer.errors, [{ pointer }], JSON.stringify(payload).slice(0, 150));
  }
  t.equal(await countTags(desk), 0);
});

test('a hundred at once are carried out in order', async (t) => {
  const { desk } = await buildTestApp(t);
  const operations = Array.from({ length: 100 }, (_, index) => tag(`n-${index}`));
  const { data } = expectStatus(await bulk(desk, 'atomic', operations), 200).json();
  t.same(
    data.map((result: { body: { data: { key: string } } }) => result.body.data.key),
    operations.map((_, index) => `n-${index}`),
  );
  t.equal(await countTags(desk), 100);
});
