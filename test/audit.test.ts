// The audit log: who did what, when, with which key, from what to what; without secrets, and never changed, not even by its owner.
import { createHash } from 'node:crypto';
import t, { test } from 'tap';
import { insertAudit } from '../src/modules/audit/queries.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { walkPages } from './fixtures/paging.ts';
import { makeUser } from './fixtures/people.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keys, keyWith } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { pool } = app.db;

interface Entry {
  id: number;
  at: string;
  actor: { type: string; id: string; name: string | null } | null;
  action: string;
  entity: string;
  entityId: string;
  changes: { field: string; before: unknown; after: unknown }[];
}
const list = async (query = '') =>
  expectStatus(await desk('GET', `/v1/desk/audit${query}`), 200).json<{ data: Entry[] }>().data;
const keyId = async (name: string) => (await pool.query('select id from api_keys where name = $1', [name])).rows[0].id;

test('an entry tells who, with which key, when, and each field before and after', async (t) => {
  const writer = await keyWith(['articles:write', 'articles:read']);
  const { id } = await makeArticle(desk, { locales: { en: { title: 'Old', slug: 'old-name' } } });
  const payload = { title: 'New', body: { text: 'Zqbodyqz' } };
  expectStatus(await as(writer)('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload }), 200);
  const [entry] = await list(`?entity=draft&entityId=${id}/en`);
  t.match(entry, {
    actor: { type: 'key', id: await keyId('articles:write articles:read'), name: 'articles:write articles:read' },
    action: 'draft.change',
    entity: 'draft',
    entityId: `${id}/en`,
  });
  t.same(entry?.changes, [
    { field: 'title', before: 'Old', after: 'New' },
    { field: 'version', before: 1, after: 2 },
  ]);
  t.ok(Math.abs(Date.parse(entry?.at ?? '') - Date.now()) < 60_000);
  const tag = await makeTag(desk, { key: 'audited', name: 'Audited' });
  expectStatus(
    await desk('PATCH', '/v1/desk/tags/audited', { version: 1, payload: { texts: { en: { name: 'Renamed' } } } }),
    200,
  );
  const [renamed] = await list(`?entity=tag&entityId=${tag.id}`);
  t.match(
    renamed?.changes.filter(({ field }) => field.startsWith('texts')),
    [{ field: 'texts.en.name', before: 'Audited', after: 'Renamed' }],
  );
  expectStatus(
    await desk('PATCH', `/v1/desk/articles/${id}`, { version: 1, payload: { tags: ['audited'], kind: 'opinion' } }),
    200,
  );
  const [neutral] = await list(`?action=article.change&entityId=${id}`);
  t.match(neutral?.changes, [
    { field: 'kind', before: 'news', after: 'opinion' },
    { field: 'tagIds', before: [], after: [tag.id] },
  ]);
});

// Seen to fail: the entry of the story had `colour` alone, that of the person and of the webhook nothing but a version, and that of
// the redirect said that its version and times were gone.
test('what was changed is told whatever it is called, and nothing is told that was not', async (t) => {
  const change = async (path: string, payload: object) =>
    expectStatus(await desk('PATCH', path, { version: 1, payload }), 200);
  const fieldsOf = async (query: string) => (await list(query))[0]?.changes.map(({ field }) => field);
  const names = ['colour', 'hashtag', 'note', 'secret', 'subject'];
  for (const key of names) await makeField(desk, { key });
  await makeField(desk, { key: 'passwords', type: 'text' });
  const { id } = await makeArticle(desk);
  const extra = { ...Object.fromEntries(names.map((name) => [name, 7])), passwords: 'zqwordsqz' };
  await change(`/v1/desk/articles/${id}`, { extra });
  const [story] = await list(`?action=article.change&entityId=${id}`);
  t.same(
    story?.changes.map(({ field }) => field).sort(),
    [...names, 'passwords'].map((name) => `fields.${name}`).sort(),
  );
  t.match(
    story?.changes.find(({ field }) => field === 'fields.hashtag'),
    { before: null, after: 7 },
  );
  t.notMatch(JSON.stringify(story), /zqwordsqz/, 'but no text');

  const user = await makeUser(desk);
  await change(`/v1/desk/users/${user.id}`, { providerSubject: null });
  t.ok((await fieldsOf(`?action=user.change&entityId=${user.id}`))?.includes('signInChanged'));

  const hook = await desk('POST', '/v1/desk/webhooks', { payload: { url: 'https://93.184.215.14/zqoldqz' } });
  const { id: hookId } = expectStatus(hook, 201).json().data;
  await change(`/v1/desk/webhooks/${hookId}`, { url: 'https://93.184.215.14/zqnewqz' });
  t.same(await fieldsOf(`?action=webhook.change&entityId=${hookId}`), ['urlChanged']);
  t.notMatch(JSON.stringify(await list(`?entityId=${hookId}`)), /zq(old|new)qz/);

  const made = await desk('POST', '/v1/desk/redirects', { payload: { path: '/from', target: '/to' } });
  const redirect = expectStatus(made, 201).json().data;
  await change(`/v1/desk/redirects/${redirect.id}`, { target: '/elsewhere' });
  t.same(await fieldsOf(`?action=redirect.change&entityId=${redirect.id}`), ['target']);
});

test('what a command does on the machine itself has nobody behind it, and a key that is gone keeps its name', async (t) => {
  await insertAudit(app.db.desk, null, [{ action: 'site.change', entity: 'site', entityId: 'site' }]);
  t.match((await list('?entity=site'))[0], { actor: null, changes: [] });
  const { id, key } = expectStatus(
    await desk('POST', '/v1/desk/keys', { payload: { name: 'Night desk', scopes: ['articles:write'] } }),
    201,
  ).json().data;
  await makeArticle(as(key));
  expectStatus(await desk('DELETE', `/v1/desk/keys/${id}`), 204);
  t.match((await list(`?actor=${id}`))[0], { actor: { type: 'key', id, name: 'Night desk' } });
});

test('each filter keeps what it names, and together they keep what all name', async (t) => {
  const key = await keyWith(['articles:write', 'articles:read', 'taxonomy:write']);
  const id = await keyId('articles:write articles:read taxonomy:write');
  const start = new Date();
  await makeArticle(as(key));
  await makeTag(as(key), { key: 'filtered' });
  const middle = (await list('?limit=1'))[0]?.at ?? '';
  await new Promise((resolve) => setTimeout(resolve, 5));
  await makeTag(as(key), { key: 'filtered-2' });
  const actions = async (query: string) => (await list(query)).map(({ action }) => action);
  t.same(await actions(`?actor=${id}`), ['tag.create', 'tag.create', 'draft.create', 'article.create']);
  t.same(await actions(`?actor=${id.toUpperCase()}&entity=tag`), ['tag.create', 'tag.create']);
  t.same(await actions(`?actor=${id}&action=draft.create`), ['draft.create']);
  t.same(await actions(`?actor=${id}&to=${middle}`), ['draft.create', 'article.create'], '`to` is not among it');
  t.same(await actions(`?actor=${id}&from=${middle}`), ['tag.create', 'tag.create'], '`from` is among it');
  t.same(await actions(`?actor=${id}&to=${start.toISOString()}`), []);
  t.same(await actions('?actor=019a0000-0000-7000-8000-000000000000'), []);
});

test('the log is walked newest first, and entries that come in meanwhile move nothing', async (t) => {
  for (let n = 0; n < 3; n += 1) await makeArticle(desk);
  const pages = await walkPages<Entry>(desk, '/v1/desk/audit?limit=3');
  const ids = pages.flat().map(({ id }) => id);
  t.same(
    ids,
    [...ids].sort((a, b) => b - a),
  );
  t.equal(new Set(ids).size, ids.length);
  const { rows } = await pool.query('select count(*)::int as n from audit');
  t.equal(ids.length, rows[0].n);
  const first = expectStatus(await desk('GET', '/v1/desk/audit?limit=3'), 200).json();
  await makeArticle(desk);
  const next = expectStatus(await desk('GET', first.links.next.slice('https://api.example.org'.length)), 200).json();
  t.same(next.data, pages[1]);
  const { links } = expectStatus(await desk('GET', '/v1/desk/audit'), 200).json();
  const { links: back } = expectStatus(
    await desk('GET', links.next.slice('https://api.example.org'.length)),
    200,
  ).json();
  for (const link of [links.next, back.prev])
    t.match(
      link,
      /audit\?cursor=[\w-]+$/,
      'of a list that is asked for without parameters, links have just the cursor',
    );
  const cursor = new URL(first.links.next).searchParams.get('cursor');
  for (const query of [`entity=draft&cursor=${cursor}`, `from=2020-01-01T00:00:00Z&cursor=${cursor}`])
    t.equal(problemOf((await desk('GET', `/v1/desk/audit?${query}`)).body).code, 'invalid_cursor');
});

// Seen to fail with: `after: key` with its digest in access/queries.ts, and `return value` in audit/omitting.ts.
test('no key, password, token, digest or body is in any byte of the log or of its table (G12, G17)', async (t) => {
  const key = expectStatus(
    await desk('POST', '/v1/desk/keys', { payload: { name: 'x', scopes: ['articles:read'] } }),
    201,
  ).json().data;
  const person = { email: 'zq@example.org', name: 'Zara', role: 'editor', password: 'zq correct horse battery' };
  const user = expectStatus(await desk('POST', '/v1/desk/users', { payload: person }), 201).json().data;
  const signedIn = await request('POST', '/v1/desk/sessions', {
    payload: { email: person.email, password: person.password },
  });
  const session = expectStatus(signedIn, 201).json().data;
  expectStatus(await as(session.accessToken)('GET', '/v1/desk/audit'), 200);
  const story = await makePublished(desk, {
    locales: { en: { standfirst: 'Zqstandfirst', body: { text: 'Zqbody' } } },
  });
  const url = `/v1/desk/articles/${story.id}/locales/en/previews`;
  const preview = expectStatus(await desk('POST', url, { payload: {} }), 201).json().data;
  expectStatus(await desk('DELETE', `/v1/desk/previews/${preview.id}`), 204);
  expectStatus(await desk('DELETE', `/v1/desk/keys/${key.id}`), 204);
  await insertAudit(app.db.desk, null, [
    {
      action: 'x.y',
      entity: 'x',
      entityId: 'x',
      before: {
        passwordHash: 'zqhash',
        list: [{ refreshDigest: 'zqdigest', kept: 'zqkept' }],
        body: [{ text: 'zqtext' }],
      },
    },
  ]);

  const hash = (await pool.query('select password_hash as h from users where id = $1', [user.id])).rows[0].h;
  const secrets = [key.key, preview.token, keys.admin, session.accessToken, session.refreshToken];
  const digests = secrets.flatMap((secret: string) => {
    const digest = createHash('sha256').update(secret);
    const bytes = digest.digest();
    return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
  });
  const words = [hash, person.password, 'Zqstandfirst', 'Zqbody', 'zqhash', 'zqdigest', 'zqtext', '$argon2'];
  const forbidden = [...secrets.map((secret: string) => secret.slice(3, 40)), ...digests, ...words];
  const wire = JSON.stringify(await walkPages(desk, '/v1/desk/audit?limit=100'));
  const { rows } = await pool.query("select string_agg(a::text, '') as dump from audit a");
  for (const [where, bytes] of [
    ['the list', wire],
    ['the table', rows[0].dump],
  ] as const) {
    t.match(bytes, 'zqkept', `${where} has what is no secret`);
    for (const secret of forbidden)
      t.notOk(bytes.toLowerCase().includes(secret.toLowerCase()), `${where}: ${secret.slice(0, 8)}`);
    for (const name of ['digest', 'hash', 'token', 'secret', 'password'])
      t.notMatch(bytes, new RegExp(`"[^"]*${name}[^"]*"\\s*:`, 'i'));
  }
  t.notMatch(wire + rows[0].dump, 'zq@example.org', 'nor the address of a person');
});

// Seen to fail with: the trigger of migration 0003 dropped.
test('the database refuses to change, delete or truncate it, also for the owner of the table', async (t) => {
  const dump = async () =>
    (await pool.query("select count(*)::int as n, md5(string_agg(a::text, '' order by id)) as sum from audit a")).rows;
  const before = await dump();
  const owner = await pool.query(
    "select pg_get_userbyid(relowner) = current_user as owns from pg_class where relname = 'audit'",
  );
  t.equal(owner.rows[0].owns, true, 'we are the owner');
  for (const statement of [
    "update audit set action = 'nothing.happened'",
    'update audit set key_id = null where false',
    'delete from audit',
    'delete from audit where id = 1',
    'truncate audit',
    'truncate audit cascade',
    "insert into audit (id, action, entity, entity_id) overriding system value values (1, 'x', 'x', 'x') on conflict (id) do update set action = 'x'",
  ])
    await t.rejects(pool.query(statement), { code: '42501' }, statement);
  await t.rejects(
    pool.query('with gone as (delete from audit returning id) select count(*) from gone'),
    { code: '42501' },
    'nor behind a read',
  );
  t.same(await dump(), before);
});

test('it needs its own scope, is kept by no cache, and is not there to be written', async (t) => {
  const others = as(await keyWith(['articles:read', 'articles:write', 'articles:publish', 'keys:manage']));
  t.equal((await request('GET', '/v1/desk/audit')).statusCode, 401);
  t.match(expectStatus(await others('GET', '/v1/desk/audit'), 403).json(), { scope: 'audit:read' });
  const answer = expectStatus(await desk('GET', '/v1/desk/audit?limit=1'), 200);
  t.equal(answer.headers['cache-control'], 'private, no-store', 'G57');
  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE'] as const)
    t.equal((await desk(method, '/v1/desk/audit')).statusCode, 405, method);
  for (const query of ['sort=at', 'before=x', 'entity=A', 'action=draft', 'actor=me', 'from=yesterday', 'entityId=%27'])
    t.equal((await desk('GET', `/v1/desk/audit?${query}`)).statusCode, 400, query);
});
