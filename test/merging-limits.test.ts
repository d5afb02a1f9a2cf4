// Who is limited to a region or tag that is merged: people, partners and webhooks as the desk sees them, by its old names and its new one.
import t, { test } from 'tap';
import { expectStatus } from './fixtures/factories.ts';
import { mergingIn } from './fixtures/merging.ts';
import { makePartner } from './fixtures/partners.ts';
import { makeUser } from './fixtures/people.ts';
import { makeRegion, makeTag } from './fixtures/taxonomy.ts';
import { buildHookApp, makeWebhook } from './fixtures/webhooks.ts';

const built = await buildHookApp(t, false);
const { desk } = built;
const { merge } = mergingIn(built);
const URL_OF_HOOK = 'http://127.0.0.1:5299/in';

for (const key of ['wharf', 'pier']) await makeRegion(desk, { key });
for (const key of ['masts', 'sails']) await makeTag(desk, { key });
const region = (await desk('GET', '/v1/desk/regions/wharf')).json().data.id;
const user = await makeUser(desk, { regions: ['wharf'] });
const { partner } = await makePartner(desk, { regions: ['wharf'] });
const { partner: tagged } = await makePartner(desk, { tags: ['masts'] });
const hook = await makeWebhook(desk, URL_OF_HOOK, { regions: ['wharf'] });
const taggedHook = await makeWebhook(desk, URL_OF_HOOK, { tags: ['masts'] });
const limited = [
  `users/${user.id}`,
  `partners/${partner.id}`,
  `partners/${tagged.id}`,
  `webhooks/${hook.id}`,
  `webhooks/${taggedHook.id}`,
].map((path) => `/v1/desk/${path}`);

test('who is limited to what was merged has a new version: a change of the one before is refused', async (t) => {
  expectStatus(await merge('regions', 'wharf', 'pier'), 200);
  expectStatus(await merge('tags', 'masts', 'sails'), 200);
  for (const path of limited) {
    const { headers, body } = expectStatus(await desk('GET', path), 200);
    t.match(body, /"regions":\["pier"\]|"tags":\["sails"\]/, path);
    t.equal(headers.etag, '"2"', path);
    const stale = await desk('PATCH', path, { version: 1, payload: { regions: null } });
    t.equal(stale.statusCode, 412, `${path}: ${stale.body}`);
  }
});

test('old names of what was merged limit to what stays, and name a parent, as they name it anywhere', async (t) => {
  for (const name of ['wharf', region]) {
    t.same((await makeUser(desk, { regions: [name, 'pier'] })).regions, ['pier'], 'once');
    const { parent, key } = await makeRegion(desk, { parent: name });
    t.equal(parent, 'pier', `${key} in ${name}`);
  }
  const { partner } = await makePartner(desk, { regions: ['wharf'], tags: ['masts', 'sails'] });
  t.match(partner, { regions: ['pier'], tags: ['sails'] });
  const payload = { name: 'Their system', scopes: ['articles:read'], regions: ['wharf'] };
  t.same(expectStatus(await desk('POST', '/v1/desk/keys', { payload }), 201).json().data.regions, ['pier']);
  const hook = await makeWebhook(desk, URL_OF_HOOK, { regions: ['wharf'], tags: ['masts'] });
  t.match(hook, { regions: ['pier'], tags: ['sails'] });
  const circle = await desk('PATCH', '/v1/desk/regions/pier', { version: 2, payload: { parent: 'wharf' } });
  t.match(expectStatus(circle, 400).json().errors, [{ pointer: '/parent', code: 'circular' }]);
  const none = await desk('POST', '/v1/desk/webhooks', { payload: { url: URL_OF_HOOK, regions: ['pier', 'none'] } });
  t.match(expectStatus(none, 400).json(), { code: 'unknown_reference', errors: [{ pointer: '/regions/1' }] });
});
