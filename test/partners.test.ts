// Partners at the desk: who makes and changes them, their keys, and that a key of theirs opens nothing but what is public.
import t, { test } from 'tap';
import { buildTestApp, type Method } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { makePartner, makePartnerKey } from './fixtures/partners.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keyWith, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'hy', { aliases: ['arm'] });
const north = await makeRegion(desk, { key: 'north' });
await makeRegion(desk, { key: 'south' });
const ice = await makeTag(desk, { key: 'ice' });
const url = '/v1/desk/partners';

test('a partner is made with what it may have, read, changed by version, listed, and audited', async (t) => {
  const payload = {
    key: 'valley-radio',
    name: 'Valley Radio',
    regions: ['north'],
    tags: [ice.id],
    kinds: ['news'],
    locales: ['arm'],
  };
  const made = expectStatus(await desk('POST', url, { payload }), 201);
  const { data } = made.json();
  t.match(data, { regions: ['north'], tags: ['ice'], kinds: ['news'], locales: ['hy'], fullText: true });
  t.match(data, { embargoed: false, perMinute: 60, perDay: 10_000, disabled: false, version: 1 });
  t.match(data.code, /^[a-z0-9]{10}$/);
  t.equal(made.headers.location, `https://api.example.org${url}/${data.id}`);
  const one = `${url}/${data.id}`;
  t.same((await desk('GET', one)).json().data, data);
  const change = { tags: null, fullText: false, perDay: 5, name: 'Valley Radio 2' };
  const changed = expectStatus(await desk('PATCH', one, { version: 1, payload: change }), 200);
  t.equal(changed.headers.etag, '"2"');
  t.match(changed.json().data, { ...change, regions: ['north'], code: data.code, version: 2 });
  const stale = await desk('PATCH', one, { version: 1, payload: { regions: ['south'] } });
  t.match(expectStatus(stale, 412).json(), { currentVersion: 2, changedFields: [{ field: 'regions' }] });
  expectStatus(await desk('PATCH', one, { payload: { name: 'x' } }), 428);
  t.ok((await desk('GET', url)).json().data.some(({ id }: { id: string }) => id === data.id));
  const { data: entries } = (await desk('GET', `/v1/desk/audit?entity=partner&entityId=${data.id}`)).json();
  t.same(entries.map(({ action }: { action: string }) => action).sort(), ['partner.change', 'partner.create']);
});

test('what a partner cannot be is refused with a pointer', async (t) => {
  const refusals: [payload: object, status: number, pointer: string][] = [
    [{ key: 'x' }, 400, '/name'],
    [{ key: 'X y', name: 'x' }, 400, '/key'],
    [{ key: 'x', name: 'x', regions: ['south', 'nowhere'] }, 400, '/regions/1'],
    [{ key: 'x', name: 'x', tags: ['nothing'] }, 400, '/tags/0'],
    [{ key: 'x', name: 'x', tags: [] }, 400, '/tags'],
    [{ key: 'x', name: 'x', locales: ['xx'] }, 400, '/locales/0'],
    [{ key: 'x', name: 'x', kinds: ['poem'] }, 400, '/kinds/0'],
    [{ key: 'x', name: 'x', perMinute: 0 }, 400, '/perMinute'],
    [{ key: 'x', name: 'x', code: 'abcdefghij' }, 400, '/code'],
    [{ key: 'x', name: 'x', disabled: true }, 400, '/disabled'],
    [{ key: 'valley-radio', name: 'x' }, 409, '/key'],
  ];
  for (const [payload, status, pointer] of refusals)
    t.match((await desk('POST', url, { payload })).json(), { status, errors: [{ pointer }] }, JSON.stringify(payload));
  expectStatus(await desk('GET', `${url}/${north.id}`), 404);
  for (const scopes of [['articles:read', 'keys:manage'], ['syndicate']] as const) {
    const other = as(await keyWith(scopes));
    for (const method of ['GET', 'POST'] as const)
      expectStatus(await other(method, url, method === 'POST' ? { payload: { key: 'y', name: 'y' } } : {}), 403);
  }
  expectStatus(await request('GET', url), 401);
});

test('a key for a partner holds the scope for it and no other, and no other key holds that', async (t) => {
  const { partner } = await makePartner(desk);
  const make = (payload: object) => desk('POST', '/v1/desk/keys', { payload: { name: 'x', ...payload } });
  t.match((await make({ scopes: ['syndicate'] })).json(), { status: 400, errors: [{ pointer: '/partner' }] });
  t.match((await make({ scopes: ['syndicate', 'articles:read'], partner: partner.key })).json(), {
    status: 400,
    errors: [{ pointer: '/scopes' }],
  });
  t.match((await make({ scopes: ['syndicate'], partner: 'nobody' })).json(), {
    code: 'unknown_reference',
    errors: [{ pointer: '/partner' }],
  });
  const { id } = expectStatus(await make({ scopes: ['syndicate'], partner: partner.id }), 201).json().data;
  const { data } = (await desk('GET', '/v1/desk/keys')).json();
  t.match(
    data.find((key: { id: string }) => key.id === id),
    { partner: partner.key, scopes: ['syndicate'] },
  );
});

test('a partner whose key is rotated goes on with the new one, until one of them is revoked', async (t) => {
  const { key, keyId } = await makePartner(desk);
  const rotated = await desk('POST', `/v1/desk/keys/${keyId}/rotate`, { payload: { overlapSeconds: 60 } });
  const { key: next, id: nextId, partner } = expectStatus(rotated, 201).json().data;
  t.match(partner, /^partner-/);
  for (const held of [key, next]) {
    const answer = expectStatus(await as(held)('GET', '/v1/articles'), 200);
    t.ok(answer.headers.ratelimit, 'it is still that of a partner');
  }
  expectStatus(await desk('DELETE', `/v1/desk/keys/${nextId}`), 204);
  expectStatus(await as(next)('GET', '/v1/articles'), 401);
  expectStatus(await as(key)('GET', '/v1/articles'), 200);
});

test('a partner that is disabled is refused by every node from its next request on, and let in again', async (t) => {
  const other = await buildTestApp(t, { databaseUrl, roles: { api: true, jobs: false } });
  const { partner, key } = await makePartner(desk);
  const second = await makePartnerKey(desk, partner.key);
  const senders = [as(key), other.as(key), as(second.key), other.as(second.key)];
  const statuses = () => Promise.all(senders.map(async (send) => (await send('GET', '/v1/articles')).statusCode));
  t.same(await statuses(), [200, 200, 200, 200]);
  const change = (version: number, disabled: boolean) =>
    desk('PATCH', `${url}/${partner.id}`, { version, payload: { disabled } });
  t.equal(expectStatus(await change(1, true), 200).json().data.disabled, true);
  t.same(await statuses(), [401, 401, 401, 401]);
  expectStatus(await change(2, false), 200);
  t.same(await statuses(), [200, 200, 200, 200]);
});

test("a partner's key opens no route that does not narrow its answers, public ones included", async (t) => {
  const { key } = await makePartner(desk);
  const story = await makePublished(desk);
  const open = new Set([
    ...['', '/{id}', '/by-slug/{locale}/{slug}'].map((path) => `/v1/articles${path}`),
    ...['republish', 'ninjs', 'jsonld', 'text', 'markdown'].map((form) => `/v1/articles/{id}/${form}`),
    ...['rss', 'atom', 'json'].map((format) => `/v1/feeds/${format}`),
    ...['ninjs', 'changes', 'changes/stream', 'search', 'search/suggest'].map((name) => `/v1/${name}`),
  ]);
  const paths = Object.entries((app.swagger() as { paths: Record<string, object> }).paths);
  let refused = 0;
  for (const [template, methods] of paths) {
    const path = template.replace('{id}', story.id).replaceAll(/\{\w+\}/g, 'x');
    for (const method of Object.keys(methods)) {
      if (open.has(template)) continue;
      const answer = await app.inject({
        method: method.toUpperCase() as Method,
        url: path,
        headers: { authorization: `Bearer ${key}` },
      });
      if (path.startsWith('/health')) continue;
      t.equal(answer.statusCode, 403, `${method} ${template}`);
      t.match(answer.json().code, /^(not_entitled|forbidden)$/);
      refused += 1;
    }
  }
  t.ok(refused > 100);
  const lost = await app.inject({ url: '/v1/nothing-here', headers: { authorization: `Bearer ${key}` } });
  t.equal(lost.statusCode, 404, 'where there is nothing, there is nothing to be entitled to');
});

test('a region or tag that a partner is entitled to stays, and takes the entitlement along when it is merged', async (t) => {
  for (const key of ['old', 'new']) await makeRegion(desk, { key: `${key}-land` });
  for (const key of ['old', 'new']) await makeTag(desk, { key: `${key}-tag` });
  const { partner } = await makePartner(desk, { regions: ['old-land'], tags: ['old-tag'] });
  for (const path of ['regions/old-land', 'tags/old-tag'])
    t.match((await desk('DELETE', `/v1/desk/${path}`, { version: 1 })).json(), { code: 'in_use', detail: /partners/ });
  for (const [plural, from, into] of [
    ['regions', 'old-land', 'new-land'],
    ['tags', 'old-tag', 'new-tag'],
  ])
    expectStatus(await desk('POST', `/v1/desk/${plural}/${from}/merge`, { version: 1, payload: { into } }), 200);
  const { data } = (await desk('GET', `${url}/${partner.id}`)).json();
  t.match(data, { regions: ['new-land'], tags: ['new-tag'] });
});
