// API keys over their life: limited, renamed, rotated with overlap, ended; never with more than whoever makes or touches them.
import { sql } from 'drizzle-orm';
import { test } from 'tap';
import { prepareDatabase } from '../src/commands/prepare.ts';
import { buildTestApp, type Send, type TestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { expectStatus, makeArticle, stateIn } from './fixtures/factories.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

interface Made {
  id: string;
  key: string;
}
const FAR = '2099-01-01T00:00:00.000Z';
const ABSENT = '019a0000-0000-7000-8000-000000000000';

async function makeKey(by: Send, change: object = {}): Promise<Made> {
  const payload = { name: 'Night desk', scopes: ['taxonomy:write'], ...change };
  return expectStatus(await by('POST', '/v1/desk/keys', { payload }), 201).json().data;
}
const listed = async (desk: Send, id: string) =>
  (await desk('GET', '/v1/desk/keys')).json().data.find((entry: { id: string }) => entry.id === id);
const holds = async (app: TestApp, key: string) => (await app.as(key)('GET', '/v1/desk/me')).statusCode === 200;

test('a key is limited to locales and regions, says so, and writes nowhere else', async (t) => {
  const app = await buildTestApp(t);
  await makeLocale(app.desk, 'hy', { aliases: ['arm'] });
  await makeRegion(app.desk, { key: 'gulf' });
  const limits = { locales: ['arm'], regions: ['gulf'] };
  const { id, key } = await makeKey(app.desk, { scopes: ['articles:read', 'articles:write'], ...limits });
  const send = app.as(key);
  t.match(await listed(app.desk, id), { locales: ['hy'], regions: ['gulf'], replacedBy: null });
  t.match((await send('GET', '/v1/desk/me')).json().data, { type: 'key', locales: ['hy'], regions: ['gulf'] });
  const story = await makeArticle(app.desk, { region: 'gulf', locales: { en: {}, hy: {} } });
  const write = (locale: string) => {
    const { version } = stateIn(story, locale);
    return send('PATCH', `/v1/desk/articles/${story.id}/locales/${locale}`, { version, payload: { title: 'Changed' } });
  };
  t.equal((await write('en')).statusCode, 403);
  t.equal((await write('hy')).statusCode, 200);
  for (const wrong of [{ locales: ['xx'] }, { regions: ['nowhere'] }, { locales: [] }, { regions: 'gulf' }]) {
    const answer = await app.desk('POST', '/v1/desk/keys', {
      payload: { name: 'x', scopes: ['site:write'], ...wrong },
    });
    t.match(expectStatus(answer, 400).json().errors[0].pointer, /^\/(locales|regions)/, JSON.stringify(wrong));
  }
});

test('a region that a key is limited to is not deleted before the key is revoked', async (t) => {
  const { desk } = await buildTestApp(t);
  await makeRegion(desk, { key: 'islands' });
  const { id } = await makeKey(desk, { regions: ['islands'] });
  t.equal(expectStatus(await desk('DELETE', '/v1/desk/regions/islands', { version: 1 }), 409).json().code, 'in_use');
  expectStatus(await desk('DELETE', `/v1/desk/keys/${id}`), 204);
  t.equal((await desk('DELETE', '/v1/desk/regions/islands', { version: 1 })).statusCode, 204);
});

// Seen to fail with: `return [];` at the start of excessOf() in modules/access/granting.ts.
test('a person makes keys within their own scopes and limits, and no others (G18)', async (t) => {
  const app = await buildTestApp(t);
  await makeLocale(app.desk, 'hy');
  await makeRegion(app.desk, { key: 'gulf' });
  await makeRegion(app.desk, { key: 'coast', parent: 'gulf' });
  await makeRegion(app.desk, { key: 'steppe' });
  const { send } = await makePerson(app, { role: 'administrator', locales: ['hy'], regions: ['gulf'] });
  const own = await makeKey(send);
  t.match(await listed(app.desk, own.id), { locales: ['hy'], regions: ['gulf'] }, 'absent is as the maker');
  const inside = await makeKey(send, { locales: ['hy'], regions: ['coast'] });
  t.match(await listed(app.desk, inside.id), { regions: ['coast'] });
  const before = (await app.desk('GET', '/v1/desk/keys')).json().data;
  for (const [change, pointer] of [
    [{ locales: null }, '/locales'],
    [{ locales: ['hy', 'en'] }, '/locales'],
    [{ regions: null }, '/regions'],
    [{ regions: ['coast', 'steppe'] }, '/regions'],
  ] as const) {
    const payload = { name: 'x', scopes: ['taxonomy:write'], ...change };
    const answer = expectStatus(await send('POST', '/v1/desk/keys', { payload }), 403);
    t.match(answer.json(), { code: 'forbidden', errors: [{ pointer, code: 'not_held' }] });
  }
  t.same((await app.desk('GET', '/v1/desk/keys')).json().data, before, 'nothing was made');
});

test('nobody changes, rotates or revokes a key that holds more than they do', async (t) => {
  const app = await buildTestApp(t);
  await makeLocale(app.desk, 'hy');
  const greater = await makeKey(app.desk, { scopes: ['site:write'] });
  const unlimited = await makeKey(app.desk, { scopes: ['keys:manage'] });
  const lesser = app.as((await makeKey(app.desk, { scopes: ['keys:manage', 'articles:read'], locales: ['hy'] })).key);
  const before = (await app.desk('GET', '/v1/desk/keys')).json().data;
  for (const { id } of [greater, unlimited]) {
    const answers = [
      await lesser('PATCH', `/v1/desk/keys/${id}`, { payload: { name: 'Mine' } }),
      await lesser('POST', `/v1/desk/keys/${id}/rotate`, { payload: { overlapSeconds: 0 } }),
      await lesser('DELETE', `/v1/desk/keys/${id}`),
    ];
    for (const answer of answers) t.equal(expectStatus(answer, 403).json().code, 'forbidden');
  }
  const bare = (keys: object[]) => keys.map((key) => ({ ...key, lastUsedAt: null }));
  t.same(bare((await app.desk('GET', '/v1/desk/keys')).json().data), bare(before));
});

test('a key is renamed, and expires at another time; what it may do stays', async (t) => {
  const app = await buildTestApp(t);
  const { id, key } = await makeKey(app.desk);
  const at = `/v1/desk/keys/${id}`;
  const changed = expectStatus(await app.desk('PATCH', at, { payload: { name: 'Day desk', expiresAt: FAR } }), 200);
  t.match(changed.json().data, { id, name: 'Day desk', expiresAt: FAR, scopes: ['taxonomy:write'] });
  t.notMatch(changed.body, key);
  t.equal(expectStatus(await app.desk('PATCH', at, { payload: { expiresAt: null } }), 200).json().data.expiresAt, null);
  for (const payload of [
    {},
    { expiresAt: '2020-01-01T00:00:00Z' },
    { scopes: ['site:write'] },
    { locales: null },
    { name: '' },
  ])
    t.equal((await app.desk('PATCH', at, { payload })).statusCode, 400, JSON.stringify(payload));
  t.equal((await app.desk('PATCH', `/v1/desk/keys/${ABSENT}`, { payload: { name: 'x' } })).statusCode, 404);
  t.equal(await holds(app, key), true);

  await app.app.db.desk.execute(sql`update api_keys set expires_at = now() where id = ${id}`);
  t.equal(await holds(app, key), false);
  t.equal((await app.desk('PATCH', at, { payload: { expiresAt: FAR } })).statusCode, 409, 'what has expired stays so');
  t.equal((await app.desk('POST', `${at}/rotate`, { payload: { overlapSeconds: 60 } })).statusCode, 409);
  expectStatus(await app.desk('DELETE', at), 204);
  t.equal((await app.desk('PATCH', at, { payload: { name: 'x' } })).statusCode, 404, 'a revoked one is not there');
});

test('a rotated key and its successor both hold during the overlap, and then one of them, on every node', async (t) => {
  const app = await buildTestApp(t);
  const node = await buildTestApp(t, { databaseUrl: app.databaseUrl });
  await makeLocale(app.desk, 'hy');
  const old = await makeKey(app.desk, { locales: ['hy'], expiresAt: FAR });
  const answer = expectStatus(
    await app.desk('POST', `/v1/desk/keys/${old.id}/rotate`, { payload: { overlapSeconds: 3600 } }),
    201,
  );
  const next = answer.json().data;
  t.match(next, { name: 'Night desk', scopes: ['taxonomy:write'], locales: ['hy'], regions: null, expiresAt: FAR });
  t.not(next.key, old.key);
  for (const { key } of [old, next]) t.equal(await holds(node, key), true);
  const before = await listed(app.desk, old.id);
  t.equal(before.replacedBy, next.id);
  const minutes = (Date.parse(before.expiresAt) - Date.now()) / 60_000;
  t.ok(minutes > 58 && minutes <= 61, `${minutes} minutes are left`);
  const again = await app.desk('POST', `/v1/desk/keys/${old.id}/rotate`, { payload: { overlapSeconds: 604_800 } });
  t.equal(again.statusCode, 409, 'it is not rotated twice');
  for (const expiresAt of [FAR, null]) {
    const later = await app.desk('PATCH', `/v1/desk/keys/${old.id}`, { payload: { expiresAt } });
    t.equal(later.statusCode, 409, `nor kept alive, until ${expiresAt}`);
  }
  await app.app.db.desk.execute(sql`update api_keys set expires_at = now() where id = ${old.id}`);
  t.equal(await holds(node, old.key), false);
  t.equal(await holds(node, next.key), true);
});

test('without overlap the old key ends at once, and an overlap never lengthens a life', async (t) => {
  const app = await buildTestApp(t);
  for (let round = 0; round < 5; round += 1) {
    const old = await makeKey(app.desk);
    const next = await app.desk('POST', `/v1/desk/keys/${old.id}/rotate`, { payload: { overlapSeconds: 0 } });
    t.equal(await holds(app, old.key), false);
    t.equal(await holds(app, expectStatus(next, 201).json().data.key), true);
  }
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const short = await makeKey(app.desk, { expiresAt: soon });
  const next = await app.desk('POST', `/v1/desk/keys/${short.id}/rotate`, {
    payload: { overlapSeconds: 604_800, expiresAt: FAR },
  });
  t.equal(expectStatus(next, 201).json().data.expiresAt, FAR);
  t.equal((await listed(app.desk, short.id)).expiresAt, soon);
  const { id } = await makeKey(app.desk);
  for (const payload of [
    {},
    { overlapSeconds: -1 },
    { overlapSeconds: 604_801 },
    { overlapSeconds: '60' },
    { overlapSeconds: 1.5 },
    { overlapSeconds: 1, expiresAt: '2020-01-01T00:00:00Z' },
  ])
    t.equal(
      (await app.desk('POST', `/v1/desk/keys/${id}/rotate`, { payload })).statusCode,
      400,
      JSON.stringify(payload),
    );
});

// Seen to fail with: getKeyForUpdate() without `for update` in modules/access/queries.ts.
test('of many who rotate a key at once one gets a new key', async (t) => {
  const app = await buildTestApp(t);
  const node = await buildTestApp(t, { databaseUrl: app.databaseUrl });
  const { id } = await makeKey(app.desk);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      (n % 2 ? app : node).desk('POST', `/v1/desk/keys/${id}/rotate`, { payload: { overlapSeconds: 60 } }),
    ),
  );
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(7).fill(409)]);
  const { rows } = await app.app.db.desk.execute<{ n: number }>(
    sql`select count(*)::int as n from api_keys where name = 'Night desk'`,
  );
  t.equal(rows[0]?.n, 2);
});

test('a key that rotates itself goes on with the new one', async (t) => {
  const app = await buildTestApp(t);
  const old = await makeKey(app.desk, { scopes: ['keys:manage', 'articles:read'] });
  const next = await app.as(old.key)('POST', `/v1/desk/keys/${old.id}/rotate`, { payload: { overlapSeconds: 0 } });
  t.equal(await holds(app, expectStatus(next, 201).json().data.key), true);
  t.equal(await holds(app, old.key), false);
});

// Seen to fail with: keys that were replaced taken for administrators by hasAdministrator() in modules/access/administrators.ts.
test('a key that was replaced is no administrator that could be left: it ends by itself', async (t) => {
  const app = await buildTestApp(t, { roles: { api: true, jobs: false } });
  const { data: listing } = (await app.desk('GET', '/v1/desk/keys')).json();
  const { id } = listing.find(({ scopes }: { scopes: string[] }) => scopes.includes('users:manage'));
  const rotated = await app.desk('POST', `/v1/desk/keys/${id}/rotate`, { payload: { overlapSeconds: 3_600 } });
  const next: Made = expectStatus(rotated, 201).json().data;
  const at = `/v1/desk/keys/${next.id}`;
  const soon = new Date(Date.now() + 600_000).toISOString();
  for (const answer of [await app.desk('DELETE', at), await app.desk('PATCH', at, { payload: { expiresAt: soon } })])
    t.match(expectStatus(answer, 409).json(), { code: 'conflict', detail: /nobody could administer/ });
  t.equal(await holds(app, next.key), true);
  t.equal((await app.as(next.key)('DELETE', `/v1/desk/keys/${id}`)).statusCode, 204, 'and the old one is not needed');
  t.equal((await app.as(next.key)('DELETE', at)).statusCode, 409);
});

test('it is told when a key was last used, to the minute', async (t) => {
  const app = await buildTestApp(t);
  const { id, key } = await makeKey(app.desk);
  t.equal((await listed(app.desk, id)).lastUsedAt, null);
  await holds(app, key);
  const { lastUsedAt } = await listed(app.desk, id);
  t.ok(Math.abs(Date.parse(lastUsedAt) - Date.now()) < 60_000);
  await holds(app, key);
  t.equal((await listed(app.desk, id)).lastUsedAt, lastUsedAt, 'not written anew within the minute');
  await app.app.db.desk.execute(sql`update api_keys set last_used_at = now() - interval '61 seconds' where id = ${id}`);
  await holds(app, key);
  t.ok(Date.parse((await listed(app.desk, id)).lastUsedAt) >= Date.parse(lastUsedAt));
});

test('changing and rotating are in the audit log by whom, and no key is (G12, G17)', async (t) => {
  const app = await buildTestApp(t);
  const { user, send } = await makePerson(app, { role: 'administrator' });
  const old = await makeKey(send);
  expectStatus(await send('PATCH', `/v1/desk/keys/${old.id}`, { payload: { name: 'Day desk' } }), 200);
  const next = await send('POST', `/v1/desk/keys/${old.id}/rotate`, { payload: { overlapSeconds: 60 } });
  const { id, key } = expectStatus(next, 201).json().data;
  const { rows } = await app.app.db.desk.execute(sql`
    select action, entity_id as id, user_id, key_id, before->>'name' as was, after->>'name' as name
    from audit where entity = 'key' order by audit.id`);
  const by = { user_id: user.id, key_id: null };
  t.match(rows, [
    { action: 'key.create', id: old.id, ...by },
    { action: 'key.change', id: old.id, ...by, was: 'Night desk', name: 'Day desk' },
    { action: 'key.rotate', id: old.id, ...by },
    { action: 'key.create', id, ...by, name: 'Day desk' },
  ]);
  const dump = await app.app.db.desk.execute<{ text: string }>(sql`
    select concat((select string_agg(a::text, '') from audit a), (select string_agg(k::text, '') from api_keys k)) as text`);
  for (const secret of [old.key, key]) t.notOk(dump.rows[0]?.text.includes(secret.slice(7)));
  t.notMatch((await app.desk('GET', '/v1/desk/keys')).body, key);
});

test('every operation on keys needs the scope', async (t) => {
  const app = await buildTestApp(t);
  const { id } = await makeKey(app.desk);
  const other = app.as(await app.keyWith(['articles:read', 'users:manage', 'site:write']));
  for (const [method, url] of [
    ['PATCH', `/v1/desk/keys/${id}`],
    ['POST', `/v1/desk/keys/${id}/rotate`],
  ] as const) {
    t.equal((await app.request(method, url)).statusCode, 401);
    t.equal((await other(method, url)).statusCode, 403);
  }
});

test('an ADMIN_KEY that was revoked is not brought back by a start, which says so', async (t) => {
  const databaseUrl = await testDatabase(t);
  const app = await buildTestApp(t, { databaseUrl });
  const adminKey = 'a-key-of-its-own-0123456789-0123456789';
  const start = async () => {
    const told: string[] = [];
    await prepareDatabase(databaseUrl, { adminKey, demo: 'off' }, (line) => told.push(line));
    return told.join('\n');
  };
  t.equal(await start(), '');
  t.equal(await start(), '', 'nothing is said of one that holds');
  const { data } = expectStatus(await app.desk('GET', '/v1/desk/keys'), 200).json();
  const { id } = data.find(({ name }: { name: string }) => name === 'Administrator (ADMIN_KEY)');
  expectStatus(await app.desk('DELETE', `/v1/desk/keys/${id}`), 204);
  t.match(await start(), /ADMIN_KEY .* revoked .* start with another/);
  t.notOk(await holds(app, adminKey));
});
