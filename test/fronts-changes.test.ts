// What takes effect on fronts at a time by itself: changes of a slot or of the whole, and stories that are pinned from one instant to another.
import { setImmediate as turn } from 'node:timers/promises';
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { editingFronts, LATER, makeFront, namesOn, slotWith, urlOf } from './fixtures/fronts.ts';
import { withGate } from './fixtures/gates.ts';
import { makeRegion } from './fixtures/taxonomy.ts';
import { until } from './fixtures/until.ts';

const { app, request, desk, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeRegion(desk, { key: 'coast' });
const { id: first } = await makePublished(desk, { region: 'coast' });
const { id: second } = await makePublished(desk);
const names = new Map([
  [first, 'first'],
  [second, 'second'],
]);
const on = (slug: string) => namesOn(request, `/v1/fronts/${slug}`, names);
const { read, patch, schedule } = editingFronts(desk);
/** Of what is written past the API, nodes hear some milliseconds later. */
async function behind(statement: string, values: unknown[]): Promise<void> {
  await app.db.pool.query(statement, values);
  await app.forgetChanged();
}
/** By the database's clock; what is stored is moved, since nobody may set a change for the past. */
const moveChanges = (slug: string, interval: string) =>
  behind(
    `with moved as (update front_changes c set at = date_trunc('milliseconds', now()) + $2::interval
       from fronts f where f.id = c.front_id and f.slug = $1 returning c.at, c.front_id)
     update fronts f set changes_at = array(select at from moved order by at) where f.slug = $1`,
    [slug, interval],
  );

// Seen to fail with: `due.length` left out of the version. The instant itself is held by fronts-preview.test.ts, where time stands still.
test('a change of a slot takes effect at its instant by itself, as one more version, and the next edit takes it over', async (t) => {
  const { slug } = await makeFront(desk, { slots: [slotWith(first)] });
  const set = expectStatus(
    await schedule(slug, 1, { at: LATER, slot: slotWith(second, { title: { en: 'Later' } }) }),
    201,
  );
  t.equal(set.headers.etag, '"2"');
  t.match(set.json().data.changes, [
    {
      at: '2029-01-01T00:00:00.000Z',
      slot: { key: 'lead', pinned: [{ articleId: second }] },
      createdBy: { type: 'key' },
    },
  ]);
  t.same(await on(slug), { lead: ['first'] });
  const before = await request('GET', `/v1/fronts/${slug}`);

  await moveChanges(slug, '1 second');
  t.same(await on(slug), { lead: ['first'] }, 'a second before');
  t.equal((await request('GET', `/v1/fronts/${slug}`)).headers.etag, before.headers.etag, 'nothing tells of it');
  t.notMatch((await request('GET', '/v1/fronts')).body, 'Later');
  await moveChanges(slug, '0');
  t.same(await on(slug), { lead: ['second'] }, 'at the instant');
  t.match(await read(slug), { version: 3, changes: [], slots: [{ title: { en: 'Later' } }] });
  const late = expectStatus(await patch(slug, 2, { position: 2 }), 412);
  t.equal(late.json().currentVersion, 3);
  expectStatus(await patch(slug, 3, { position: 2 }), 200);
  t.match(await read(slug), { version: 4, position: 2, slots: [{ title: { en: 'Later' } }] });
  t.same(
    (
      await app.db.pool.query('select c.* from front_changes c join fronts f on f.id = c.front_id where slug = $1', [
        slug,
      ])
    ).rows,
    [],
  );
  t.same(await on(slug), { lead: ['second'] });
});

test('a change of the whole front goes before later ones of its slots, and only its own members change', async (t) => {
  const { slug } = await makeFront(desk, {
    title: { en: 'Day' },
    description: { en: 'Kept' },
    slots: [slotWith(first)],
  });
  const whole = { title: { en: 'Night' }, slots: [slotWith(first), { key: 'more', size: 1 }] };
  expectStatus(await schedule(slug, 1, { at: LATER, front: whole }), 201);
  const more = { key: 'more', size: 1, pinned: [{ articleId: second }] };
  expectStatus(await schedule(slug, 2, { at: '2029-01-02T00:00:00Z', slot: more }), 201);
  const order = 'select c.id from front_changes c join fronts f on f.id = c.front_id where slug = $1 order by c.at';
  const [one, two] = (await app.db.pool.query(order, [slug])).rows;
  const due = (id: string) => behind('update front_changes set at = now() where id = $1', [id]);
  await due(one.id);
  t.same(await on(slug), { lead: ['first'], more: [] });
  t.match((await request('GET', `/v1/fronts/${slug}`)).json().data, { title: 'Night', description: 'Kept' });
  t.match(
    (await request('GET', '/v1/fronts')).json().data.find((one: { slug: string }) => one.slug === slug),
    {
      title: 'Night',
      slots: ['lead', 'more'],
    },
  );
  await due(two.id);
  t.same(await on(slug), { lead: ['first'], more: ['second'] });
});

test('a change is listed and can be cancelled until it takes effect, and then no more', async (t) => {
  const { slug } = await makeFront(desk, { slots: [slotWith(first)] });
  const set = async (version: number) =>
    expectStatus(await schedule(slug, version, { at: LATER, slot: slotWith(second) }), 201).json().data.changes;
  const [one] = await set(1);
  const cancel = (id: string, version: number) => desk('DELETE', `${urlOf(slug)}/changes/${id}`, { version });
  t.equal((await cancel(one.id, 1)).statusCode, 412);
  t.equal((await cancel(first, 2)).statusCode, 404);
  t.same(expectStatus(await cancel(one.id, 2), 200).json().data.changes, []);
  await moveChanges(slug, '0');
  t.same(await on(slug), { lead: ['first'] });
  const [two] = await set(3);
  await moveChanges(slug, '0');
  t.equal((await cancel(two.id, 5)).statusCode, 404);
  t.same(await on(slug), { lead: ['second'] });
  const { data } = (await desk('GET', '/v1/desk/audit?entity=front&action=front.cancel')).json();
  t.equal(data.length, 1);
});

// Seen to fail with: isActive() that is always true. The instant itself is held by fronts-preview.test.ts, where time stands still.
test('what is pinned stands there from its first instant to before its last, by the clock of the database', async (t) => {
  const { slug } = await makeFront(desk, {
    slots: [{ key: 'lead', size: 1, pinned: [{ articleId: second }], source: { type: 'filter', region: ['coast'] } }],
  });
  const at = async (from: string | null, until: string | null) => {
    await behind(
      `update fronts set slots = jsonb_set(slots, '{0,pinned,0}', slots #> '{0,pinned,0}' || jsonb_build_object(
         'from', to_char((date_trunc('milliseconds', now()) + $2::interval) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
         'until', to_char((date_trunc('milliseconds', now()) + $3::interval) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
       where slug = $1`,
      [slug, from, until],
    );
    return (await on(slug)).lead;
  };
  t.same(await at(null, null), ['second']);
  t.same(await at('0', null), ['second'], 'from this instant on');
  t.same(await at('2 seconds', null), ['first'], 'not before');
  t.same(await at(null, '0'), ['first'], 'no more at the last');
  t.same(await at(null, '2 seconds'), ['second'], 'until then');
  t.same(await at('-1 second', '2 seconds'), ['second']);
  t.same(await at('-2 seconds', '-1 second'), ['first']);
});

test('a story may be pinned twice in a slot at times that do not meet', async (t) => {
  const noon = '2029-01-01T12:00:00Z';
  const pinned = [
    { articleId: first, until: noon },
    { articleId: first, from: noon },
  ];
  const { slug } = await makeFront(desk, { slots: [{ key: 'lead', size: 2, pinned }] });
  t.same(await on(slug), { lead: ['first'] });
});

// Seen to fail with: no `freshFor` in sendFront().
test('an answer that is kept in memory is kept no longer than to the next change, and says so to other caches', async (t) => {
  const { slug } = await makeFront(desk, { title: { en: 'Before' }, slots: [slotWith(first)] });
  expectStatus(
    await schedule(slug, 1, { at: LATER, front: { title: { en: 'After' }, slots: [slotWith(second)] } }),
    201,
  );
  await moveChanges(slug, '1.2 seconds');
  const url = `/v1/fronts/${slug}`;
  for (const path of [url, '/v1/fronts', url]) {
    const { headers } = expectStatus(await request('GET', path), 200);
    t.match(headers['cache-control'], /^public, max-age=[01], s-maxage=[01], stale-while-revalidate=[01],/, path);
  }
  const titles = async () => {
    const { data } = (await request('GET', '/v1/fronts')).json();
    return [
      (await request('GET', url)).json().data.title,
      data.find((one: { slug: string }) => one.slug === slug).title,
    ];
  };
  t.same(await titles(), ['Before', 'Before']);
  const soon = Date.now() + 3000;
  while (Date.now() < soon && (await titles())[0] === 'Before') await new Promise((done) => setTimeout(done, 20));
  const { rows } = await app.db.pool.query(
    'select extract(epoch from clock_timestamp() - c.at)::float8 as late from front_changes c join fronts f on f.id = c.front_id where slug = $1',
    [slug],
  );
  t.ok(rows[0].late >= 0 && rows[0].late < 0.5, `${rows[0].late} s after its instant`);
  t.same(await titles(), ['After', 'After']);
  t.same(await on(slug), { lead: ['second'] });
  t.match((await request('GET', url)).headers['cache-control'], /max-age=10, s-maxage=15/, 'no other is to come');
});

// Seen to fail where pins are left out of when a front changes next by itself.
test('a front is kept no longer than a story is pinned to it', async (t) => {
  const until = new Date(Date.now() + 40_000).toISOString();
  const { slug } = await makeFront(desk, { slots: [{ ...slotWith(first), pinned: [{ articleId: first, until }] }] });
  const url = `/v1/fronts/${slug}`;
  const { headers } = expectStatus(await request('GET', url), 200);
  t.match(headers['cache-control'], /stale-while-revalidate=[1-3]?\d,/, 'not shown for the minute behind its end');
});

// Seen to fail with: no isOver() in answerKept().
test('whoever asks after that instant is not answered with what was asked before it', async (t) => {
  const { slug } = await makeFront(desk, { slots: [slotWith(first)] });
  expectStatus(await schedule(slug, 1, { at: LATER, slot: slotWith(second) }), 201);
  await withGate(databaseUrl, 'lock table listings in access exclusive mode', async ({ waiters, open }) => {
    await moveChanges(slug, '1 second');
    const before = on(slug);
    await until('it is decided what is due', async () => (await waiters()) > 0);
    await until('the instant is over', async () => {
      const { rows } = await app.db.pool.query(
        'select from front_changes c join fronts f on f.id = c.front_id where slug = $1 and c.at > now()',
        [slug],
      );
      return rows.length === 0;
    });
    const after = on(slug);
    await turn();
    await open();
    await before;
    t.same(await after, { lead: ['second'] });
  });
});
