// Links of those who are kept from the desk: with their right to make them, the links end, those of drafts and those of fronts (G29).
import t, { test } from 'tap';
import { buildTestApp, type Send } from './fixtures/app.ts';
import { expectStatus, makeArticle } from './fixtures/factories.ts';
import { makeFront } from './fixtures/fronts.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale, makeRegion } from './fixtures/taxonomy.ts';

const newsroom = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { request, desk, as } = newsroom;
const { id: story } = await makeArticle(desk);
const { slug } = await makeFront(desk);

interface Link {
  id: string;
  url: string;
}
const make = async (send: Send, url: string): Promise<Link> =>
  expectStatus(await send('POST', url, { payload: {} }), 201).json().data;
const makeBoth = async (send: Send) => [
  await make(send, `/v1/desk/articles/${story}/locales/en/previews`),
  await make(send, `/v1/desk/fronts/${slug}/previews`),
];
const statuses = (links: Link[]) =>
  Promise.all(links.map(async ({ url }) => (await request('GET', new URL(url).pathname)).statusCode));
const patch = (id: string, version: number, payload: object) =>
  desk('PATCH', `/v1/desk/users/${id}`, { version, payload });

// Seen to fail without revokePreviews() in changeUser() of modules/people/workflow.ts.
test('whoever is disabled, or may make none any more, leaves no link that still opens, and the log tells of each', async (t) => {
  for (const change of [{ disabled: true }, { role: 'contributor' }]) {
    const { user, send } = await makePerson(newsroom);
    const [links, others] = [await makeBoth(send), await makeBoth(desk)];
    expectStatus(await patch(user.id, 1, { name: 'Renamed', role: 'administrator' }), 200);
    t.same(await statuses(links), [200, 200], 'what takes nothing away ends none');
    expectStatus(await patch(user.id, 2, change), 200);
    t.same(await statuses(links), [404, 404], JSON.stringify(change));
    t.same(await statuses(others), [200, 200], 'those of others stay');
    for (const { id } of links)
      t.match((await desk('GET', `/v1/desk/audit?entity=preview&entityId=${id}`)).json().data[0], {
        action: 'preview.revoke',
      });
    expectStatus(await patch(user.id, 3, { disabled: false, role: 'editor' }), 200);
    t.same(await statuses(links), [404, 404], 'and none comes back (G18)');
  }
});

// Seen to fail without revokeBeyond() there.
test('whoever is limited leaves the links that they could make still, and no other', async (t) => {
  await makeLocale(desk, 'ru');
  await makeRegion(desk, { key: 'gulf' });
  for (const limits of [{ locales: ['ru'] }, { regions: ['gulf'] }, { role: 'author' }]) {
    const { user, send } = await makePerson(newsroom);
    const own = await send('POST', '/v1/desk/articles', {
      payload: { region: 'gulf', locales: { ru: { title: 'Своё' } } },
    });
    const { id } = expectStatus(own, 201).json().data;
    const within = await make(send, `/v1/desk/articles/${id}/locales/ru/previews`);
    const links = [within, ...(await makeBoth(send))];
    expectStatus(await patch(user.id, 1, limits), 200);
    t.same(await statuses(links), [200, 404, 404], JSON.stringify(limits));
    const query = `?action=preview.revoke&entityId=${links[1]?.id}`;
    t.equal((await desk('GET', `/v1/desk/audit${query}`)).json().data.length, 1, 'which the log tells');
  }
});

// Seen to fail without revokePreviews() in endKey() of modules/access/workflow.ts.
test('a key that is revoked leaves no link that still opens, and one that is rotated leaves them', async (t) => {
  const payload = { name: 'Guests', scopes: ['articles:read', 'articles:write', 'previews:write'] };
  const { id, key } = expectStatus(await desk('POST', '/v1/desk/keys', { payload }), 201).json().data;
  const links = await makeBoth(as(key));
  expectStatus(await desk('POST', `/v1/desk/keys/${id}/rotate`, { payload: { overlapSeconds: 60 } }), 201);
  t.same(await statuses(links), [200, 200]);
  expectStatus(await desk('DELETE', `/v1/desk/keys/${id}`), 204);
  t.same(await statuses(links), [404, 404]);
  const listed = (await desk('GET', `/v1/desk/fronts/${slug}/previews`)).json().data;
  t.match(
    listed.find((link: Link) => link.id === links[1]?.id),
    { state: 'revoked' },
  );
});
