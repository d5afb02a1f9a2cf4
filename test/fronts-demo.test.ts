// The front of the demo newsroom: it is one that the desk would take, and each of its slots has something to show in each language.
import t, { test } from 'tap';
import { loadDemo } from '../src/modules/imports/demo.ts';
import { refreshTrending } from '../src/modules/trending/refreshing.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus } from './fixtures/factories.ts';
import { slotsOf } from './fixtures/fronts.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await loadDemo(app.db.desk);
await refreshTrending(app.db.desk, { wait: true });
await app.forgetChanged();

test('the demo newsroom has a home page that is full in each of its languages, and no story is there twice', async (t) => {
  for (const locale of ['en', 'ru', 'hy']) {
    const slots = await slotsOf(request, `/v1/fronts/home?locale=${locale}&fallback=site`);
    t.same(
      Object.keys(slots),
      ['lead', 'latest', 'most-read', 'regions', 'in-depth', 'opinion', 'pictures'],
      'in this order',
    );
    for (const [key, items] of Object.entries(slots)) t.ok(items.length > 0, `${locale}: ${key} is not empty`);
    const ids = Object.values(slots)
      .flat()
      .map(({ id }) => id);
    t.equal(new Set(ids).size, ids.length);
  }
  const { lead } = await slotsOf(request, '/v1/fronts/home');
  t.equal(lead?.[0]?.title, 'Winter timetable brings earlier evening trains and warmer waiting rooms');
  const { data } = expectStatus(await request('GET', '/v1/fronts?locale=hy'), 200).json();
  t.match(data, [{ slug: 'home', title: 'Գլխավոր' }]);
});

test('the desk takes the front of the demo newsroom as it is', async (t) => {
  const { data, meta } = expectStatus(await desk('GET', '/v1/desk/fronts/home'), 200).json();
  t.same(meta.warnings, []);
  const { slots, title, description } = data;
  const payload = { slots, title, description };
  const after = expectStatus(await desk('PATCH', '/v1/desk/fronts/home', { version: 1, payload }), 200).json().data;
  t.same(after.slots, slots);
});
