// Webhooks at the desk: made, read, changed, deleted, given new secrets; who may, what is refused, and what is never told.
import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { startReceiver } from './fixtures/receiver.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';
import { buildHookApp, makeWebhook, verified } from './fixtures/webhooks.ts';

const { app, desk, request, as, keyWith, keys } = await buildHookApp(t, false);
const receiver = await startReceiver(t);
const URL_OF = '/v1/desk/webhooks';
const audited = async (id: string) =>
  (
    await app.db.pool.query<{ action: string; after: unknown; before: unknown }>(
      'select action, before, after from audit where entity = $1 and entity_id = $2 order by id',
      ['webhook', id],
    )
  ).rows;

test('a webhook is made with its secret, which is told once', async (t) => {
  await makeLocale(desk, 'ru');
  await makeRegion(desk, { key: 'gulf' });
  await makeTag(desk, { key: 'ports' });
  const payload = {
    url: `${receiver.url}/in?token=of-theirs`,
    description: 'The app',
    events: ['article.published'],
    locales: ['ru'],
    regions: ['gulf'],
    tags: ['ports'],
  };
  const answer = expectStatus(await desk('POST', URL_OF, { payload }), 201);
  const { secret, ...webhook } = answer.json().data;
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.match(webhook, { ...payload, disabled: false, disabledReason: null, failures: 0, version: 1 });
  t.match(webhook.secrets, [{ expiresAt: null }]);
  const url = `${URL_OF}/${webhook.id}`;
  t.equal(answer.headers.location, `https://api.example.org${url}`);
  const read = expectStatus(await desk('GET', url), 200);
  t.same(read.json().data, webhook);
  t.equal(read.headers.etag, '"1"');
  t.equal(read.headers['cache-control'], 'private, no-store');
  const list = await desk('GET', URL_OF);
  t.same(list.json().data, [webhook]);
  t.notMatch(list.body, 'whsec_');
  const [entry] = await audited(webhook.id);
  t.match(entry, { action: 'webhook.create', after: { host: `127.0.0.1:${receiver.port}`, regions: ['gulf'] } });
  t.notMatch(JSON.stringify(entry), /whsec_|of-theirs/);
});

test('addresses that nothing may be sent to are refused when they are written down, and in a change (G52)', async (t) => {
  const hook = await makeWebhook(desk, receiver.url);
  const refused = [
    'http://hooks.example.com/',
    'https://10.1.2.3/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://0x0a000001/',
    'https://user:pass@hooks.example.com/',
    'https://hooks.example.com:25/',
  ];
  for (const url of refused) {
    const made = expectStatus(await desk('POST', URL_OF, { payload: { url } }), 400);
    t.match(problemOf(made.body).errors, [{ pointer: '/url', code: 'address_refused' }], url);
    const changed = expectStatus(await desk('PATCH', `${URL_OF}/${hook.id}`, { version: 1, payload: { url } }), 400);
    t.match(problemOf(changed.body).errors, [{ pointer: '/url' }], url);
  }
  for (const url of ['ftp://hooks.example.com/', 'javascript:alert(1)', '', 7, null, 'https://'])
    expectStatus(await desk('POST', URL_OF, { payload: { url } }), 400);
  const strict = await buildTestApp(t, { roles: { api: true, jobs: false } });
  expectStatus(await strict.desk('POST', URL_OF, { payload: { url: receiver.url } }), 400);
});

test('what a filter names has to exist, and is answered with a pointer to what does not', async (t) => {
  for (const [payload, pointer] of [
    [{ locales: ['xx'] }, '/locales/0'],
    [{ regions: ['gulf', 'nowhere'] }, '/regions/1'],
    [{ tags: ['nothing'] }, '/tags/0'],
  ] as const) {
    const answer = expectStatus(await desk('POST', URL_OF, { payload: { url: receiver.url, ...payload } }), 400);
    t.match(problemOf(answer.body), { code: 'unknown_reference', errors: [{ pointer }] });
  }
  for (const payload of [
    { events: ['article.read'] },
    { events: [] },
    { locales: 'en' },
    { secret: 'whsec_mine' },
    { description: 'x'.repeat(201) },
    { headers: { 'x-test': 'a\r\nb: c' } },
  ])
    expectStatus(await desk('POST', URL_OF, { payload: { url: receiver.url, ...payload } }), 400);
});

test('a change is based on a version, and takes filters away with null', async (t) => {
  const hook = await makeWebhook(desk, receiver.url, { regions: ['gulf'], events: ['article.withdrawn'] });
  const url = `${URL_OF}/${hook.id}`;
  expectStatus(await desk('PATCH', url, { payload: { description: 'x' } }), 428);
  const payload = { regions: null, description: 'Wire', disabled: true };
  const changed = expectStatus(await desk('PATCH', url, { version: 1, payload }), 200);
  t.match(changed.json().data, {
    regions: null,
    description: 'Wire',
    disabled: true,
    disabledReason: 'manual',
    version: 2,
  });
  t.same(changed.json().data.events, ['article.withdrawn'], 'what is absent stays');
  const stale = expectStatus(await desk('PATCH', url, { version: 1, payload: { description: 'Mine' } }), 412);
  t.match(problemOf(stale.body), { currentVersion: 2, changedFields: [{ field: 'description' }] });
  const started = expectStatus(await desk('PATCH', url, { version: 2, payload: { disabled: false } }), 200);
  t.match(started.json().data, { disabled: false, disabledAt: null, disabledReason: null, failures: 0 });
  expectStatus(await desk('DELETE', url), 428);
  expectStatus(await desk('DELETE', url, { version: 2 }), 412);
  expectStatus(await desk('DELETE', url, { version: 3 }), 204);
  expectStatus(await desk('GET', url), 404);
  t.same(
    (await audited(hook.id)).map(({ action }) => action),
    ['webhook.create', 'webhook.change', 'webhook.change', 'webhook.delete'],
  );
});

test('only those who hold the scope read webhooks or change them', async (t) => {
  const hook = await makeWebhook(desk, receiver.url);
  const url = `${URL_OF}/${hook.id}`;
  const reader = as(await keyWith(['webhooks:read']));
  expectStatus(await reader('GET', url), 200);
  expectStatus(await reader('GET', `${url}/deliveries`), 200);
  const writes = [
    ['POST', URL_OF, { url: receiver.url }],
    ['PATCH', url, { description: 'x' }],
    ['DELETE', url, undefined],
    ['POST', `${url}/rotate-secret`, { overlapSeconds: 0 }],
    ['POST', `${url}/ping`, undefined],
    ['POST', `${url}/replay`, { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
  ] as const;
  const before = receiver.received.length;
  for (const send of [reader, as(keys.publisher)])
    for (const [method, path, payload] of writes) {
      const answer = await send(method, path, { version: 1, ...(payload && { payload }) });
      t.match(expectStatus(answer, 403).json(), { scope: 'webhooks:write' }, `${method} ${path}`);
    }
  for (const path of [URL_OF, url, `${url}/deliveries`]) {
    expectStatus(await request('GET', path), 401);
    expectStatus(await as(keys.publisher)('GET', path), 403);
  }
  t.equal(receiver.received.length, before);
});

test('a ping is sent in the form of every message and signed alike, and tells what came of it', async (t) => {
  const hook = await makeWebhook(desk, receiver.url, { disabled: true });
  receiver.answer = (response) => response.end('thank you');
  const answer = expectStatus(await desk('POST', `${URL_OF}/${hook.id}/ping`), 200);
  t.match(answer.json().data, { delivered: true, responseStatus: 200, answer: 'thank you', error: null });
  const sent = receiver.received.at(-1);
  if (!sent) throw new Error('nothing came');
  const event = verified(hook.secret, sent);
  t.match(event, { type: 'webhook.ping', data: { article: {}, reason: 'ping', links: {} } });
  t.equal(sent.headers['webhook-id'], answer.json().data.messageId);
  t.throws(() => new Webhook(hook.secret).verify(`${sent.body} `, sent.headers as Record<string, string>));
  for (const [respond, error] of [
    [(response) => response.writeHead(302, { location: 'https://169.254.169.254/' }).end(), /redirects/],
    [(response) => response.writeHead(500).end(), /500/],
    [({ socket }) => socket?.destroy(), /failed/],
  ] as [typeof receiver.answer, RegExp][]) {
    receiver.answer = respond;
    t.match((await desk('POST', `${URL_OF}/${hook.id}/ping`)).json().data, { delivered: false, error });
  }
  receiver.answer = (response) => response.writeHead(204).end();
  expectStatus(await desk('POST', `${URL_OF}/019a0000-0000-7000-8000-000000000000/ping`), 404);
});

// Seen to fail where a ping is sent within a transaction, as any POST with a key: the tag was refused with a 503.
test('pings of a receiver that hangs keep nobody from making changes', async (t) => {
  const hook = await makeWebhook(desk, receiver.url);
  const hanging: ServerResponse[] = [];
  receiver.answer = (response) => void hanging.push(response);
  const ping = `${URL_OF}/${hook.id}/ping`;
  const pings = Array.from({ length: 5 }, (_, n) =>
    desk('POST', ping, { headers: { 'idempotency-key': `hanging-${n}` } }),
  );
  await until('all of them hang', async () => hanging.length === pings.length);
  const payload = { key: 'meanwhile', type: 'topic', texts: { en: { name: 'Meanwhile' } } };
  expectStatus(await desk('POST', '/v1/desk/tags', { payload, headers: { 'idempotency-key': 'meanwhile' } }), 201);
  const together = { mode: 'atomic', operations: [{ method: 'POST', path: ping }] };
  const refused = expectStatus(await desk('POST', '/v1/desk/bulk', { payload: together }), 409).json();
  t.match(refused.answer, { status: 409, body: { code: 'conflict', detail: /by itself/ } });
  t.equal(hanging.length, pings.length, 'nothing more was sent');
  for (const response of hanging) response.writeHead(204).end();
  for (const answer of await Promise.all(pings)) t.match(expectStatus(answer, 200).json().data, { delivered: true });
  receiver.answer = (response) => response.writeHead(204).end();
});

test('after a rotation each message carries a signature by each secret until the old one expires', async (t) => {
  const hook = await makeWebhook(desk, receiver.url);
  const rotate = async (overlapSeconds: number) =>
    expectStatus(await desk('POST', `${URL_OF}/${hook.id}/rotate-secret`, { payload: { overlapSeconds } }), 201).json()
      .data;
  const pinged = async () => {
    expectStatus(await desk('POST', `${URL_OF}/${hook.id}/ping`), 200);
    const sent = receiver.received.at(-1);
    if (!sent) throw new Error('nothing came');
    return sent;
  };
  const rotated = await rotate(3_600);
  t.equal(rotated.secrets.length, 2);
  const both = await pinged();
  t.equal(String(both.headers['webhook-signature']).split(' ').length, 2);
  for (const secret of [hook.secret, rotated.secret]) t.ok(verified(secret, both));
  await app.db.pool.query(
    "update webhook_secrets set expires_at = now() - interval '1 second' where expires_at is not null",
  );
  const one = await pinged();
  t.throws(() => verified(hook.secret, one));
  t.ok(verified(rotated.secret, one));
  const last = await rotate(0);
  const newest = await pinged();
  t.throws(() => verified(rotated.secret, newest), 'without an overlap the old one ends at once');
  t.ok(verified(last.secret, newest));
  expectStatus(await desk('POST', `${URL_OF}/${hook.id}/rotate-secret`, { payload: { overlapSeconds: 604_801 } }), 400);
  t.notMatch(JSON.stringify(await audited(hook.id)), /whsec_/);
});

test('a retry with the same Idempotency-Key is given the same secret and makes no second webhook', async (t) => {
  const headers = { 'idempotency-key': 'one-webhook' };
  const payload = { url: receiver.url, description: 'Once' };
  const first = expectStatus(await desk('POST', URL_OF, { payload, headers }), 201);
  const again = expectStatus(await desk('POST', URL_OF, { payload, headers }), 201);
  t.equal(again.body, first.body);
  const all = (await desk('GET', URL_OF)).json().data as { description: string }[];
  t.equal(all.filter(({ description }) => description === 'Once').length, 1);
});

test('there are a hundred webhooks at most', async (t) => {
  const { rowCount } = await app.db.pool.query(
    `insert into webhooks (id, url) select gen_random_uuid(), 'https://hooks.example.com/' from generate_series(1, 100 - (select count(*) from webhooks)) n`,
  );
  const answer = expectStatus(await desk('POST', URL_OF, { payload: { url: receiver.url } }), 409);
  t.match(answer.json(), { code: 'conflict', detail: /100 webhooks/ });
  await app.db.pool.query("delete from webhooks where url = 'https://hooks.example.com/'");
  t.ok(rowCount);
});

test('readers have no right to webhooks, and no public answer tells of one', async (t) => {
  const hook = await makeWebhook(desk, `${receiver.url}/canary-of-webhooks`);
  await makePublished(desk);
  for (const table of ['webhooks', 'webhook_secrets', 'webhook_deliveries']) {
    const { rows } = await app.db.pool.query(
      "select has_table_privilege('dateline_reader', $1, 'select, insert, update, delete') as may",
      [table],
    );
    t.same(rows, [{ may: false }], table);
  }
  for (const path of ['/v1/articles', '/v1/site', '/openapi.json'])
    t.notMatch((await request('GET', path)).body, /canary-of-webhooks/);
  t.ok(hook.id);
});
