// How editors fill fronts: what is checked, what two of them can do to each other, and what takes effect at a time by itself.
import t, { test } from 'tap';
import type { DeskFront } from '../src/modules/fronts/schemas.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { makeFront, namesOn } from './fixtures/fronts.ts';
import { makePerson } from './fixtures/people.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const test_ = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, request, desk, as, keyWith } = test_;
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'coast' });
const tag = await makeTag(desk, { key: 'tides' });
const { id: first } = await makePublished(desk, { region: 'coast', locales: { en: { title: 'first' }, ru: {} } });
const { id: second } = await makePublished(desk, { tags: ['tides'], locales: { en: { title: 'second' } } });
const names = new Map([
  [first, 'first'],
  [second, 'second'],
]);

const urlOf = (slug: string) => `/v1/desk/fronts/${slug}`;
const on = (slug: string) => namesOn(request, `/v1/fronts/${slug}`, names);
const read = async (slug: string): Promise<DeskFront> => expectStatus(await desk('GET', urlOf(slug)), 200).json().data;
const patch = (slug: string, version: number, payload: object) => desk('PATCH', urlOf(slug), { version, payload });
const schedule = (slug: string, version: number, payload: object) =>
  desk('POST', `${urlOf(slug)}/changes`, { version, payload });
const LATER = '2029-01-01T00:00:00Z';
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
const slotWith = (articleId: string, more: object = {}) => ({ key: 'lead', size: 1, pinned: [{ articleId }], ...more });

test('a front is made, read, changed and deleted; terms are kept by their keys, times in UTC', async (t) => {
  const slots = [
    {
      key: 'lead',
      size: 4,
      pinned: [{ articleId: first.toUpperCase(), until: '2029-05-01T12:00:00+04:00' }],
      source: { type: 'filter', tag: [tag.id.toUpperCase()], kind: ['news'] },
    },
  ];
  const made = await desk('POST', '/v1/desk/fronts', { payload: { slug: 'made', title: { en: 'Made' }, slots } });
  expectStatus(made, 201);
  t.equal(made.headers.location, 'https://api.example.org/v1/desk/fronts/made');
  t.equal(made.headers.etag, '"1"');
  const { data } = made.json();
  t.match(data, {
    slug: 'made',
    title: { en: 'Made' },
    description: {},
    public: true,
    position: 0,
    version: 1,
    changes: [],
  });
  t.same(data.slots, [
    {
      key: 'lead',
      title: {},
      size: 4,
      pinned: [{ articleId: first, from: null, until: '2029-05-01T08:00:00.000Z', position: null }],
      source: { type: 'filter', tag: ['tides'], kind: ['news'] },
    },
  ]);
  t.same(await read('made'), data);
  const changed = expectStatus(await patch('made', 1, { title: { ru: 'Сделано' }, public: false, slots: [] }), 200);
  t.equal(changed.headers.etag, '"2"');
  t.match(changed.json().data, { title: { en: 'Made', ru: 'Сделано' }, public: false, slots: [], version: 2 });
  t.ok((await desk('GET', '/v1/desk/fronts')).json().data.some(({ slug }: DeskFront) => slug === 'made'));
  t.equal((await desk('DELETE', urlOf('made'), { version: 1 })).statusCode, 412);
  t.equal((await desk('DELETE', urlOf('made'), { version: 2 })).statusCode, 204);
  t.equal((await desk('GET', urlOf('made'))).statusCode, 404);
  const { data: log } = (await desk('GET', `/v1/desk/audit?entity=front&entityId=${data.id}`)).json();
  t.same(
    log.map(({ action }: { action: string }) => action),
    ['front.delete', 'front.change', 'front.create'],
  );
  t.same(log[1].changes.map(({ field }: { field: string }) => field).sort(), [
    'public',
    'slots',
    'title.ru',
    'updatedAt',
    'version',
  ]);
});

// Seen to fail with: versionMismatch() left out of changeFront().
test('of two editors who began from the same version, the second is told which slots differ, and overwrites nothing', async (t) => {
  const lead = { key: 'lead', size: 2, pinned: [] };
  const latest = { key: 'latest', size: 5, source: { type: 'filter' as const } };
  const { slug } = await makeFront(desk, { slots: [lead, latest] });
  const one = { slots: [{ ...lead, pinned: [{ articleId: first }] }, latest] };
  const two = { slots: [latest, { ...lead, size: 3 }] };
  expectStatus(await patch(slug, 1, one), 200);
  const refused = expectStatus(await patch(slug, 1, two), 412).json();
  t.equal(refused.currentVersion, 2);
  t.same(
    refused.changedFields.map(({ field }: { field: string }) => field),
    ['slots.lead.size', 'slots.lead.pinned', 'slots'],
    'the size and what is pinned of one slot, and the order',
  );
  t.match((await read(slug)).slots, [{ key: 'lead', size: 2, pinned: [{ articleId: first }] }, { key: 'latest' }]);
  t.equal((await desk('PATCH', urlOf(slug), { payload: { position: 1 } })).statusCode, 428);
  const { version: _, ...before } = await read(slug);
  const both = await Promise.all([patch(slug, 2, { position: 4 }), patch(slug, 2, { position: 5 })]);
  t.same(both.map(({ statusCode }) => statusCode).sort(), [200, 412], 'of two at once, one');
  t.match(await read(slug), { ...before, position: /./, updatedAt: /./ });
});

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

test('editors are told what readers will not see', async (t) => {
  const { id: draft } = await makeArticle(desk);
  const { id: gone } = await makeArticle(desk);
  const { slug } = await makeFront(desk, {
    slots: [
      {
        key: 'lead',
        size: 5,
        pinned: [{ articleId: draft }, { articleId: gone }, { articleId: second }, { articleId: first }],
      },
      { key: 'old', size: 1, pinned: [{ articleId: first, until: '2020-01-02T00:00:00Z' }] },
      { key: 'full', size: 1, pinned: [{ articleId: second }, { articleId: first }] },
    ],
  });
  expectStatus(await schedule(slug, 1, { at: LATER, front: { slots: [{ key: 'other', size: 1 }] } }), 201);
  expectStatus(await schedule(slug, 2, { at: '2029-01-02T00:00:00Z', slot: { key: 'old', size: 1 } }), 201);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${gone}`, { version: 1 }), 204);
  t.match((await desk('GET', urlOf(slug))).json().meta.warnings, [
    { pointer: '/slots/0/pinned/0', code: 'not_public', message: /not public in any language/ },
    { pointer: '/slots/0/pinned/1', code: 'missing' },
    { pointer: '/slots/0/pinned/2', code: 'not_public', message: /not public in ru/ },
    { pointer: '/slots/1/pinned/0', code: 'ended' },
    { pointer: '/slots/2/pinned/0', code: 'not_public' },
    { pointer: '/slots/2/pinned/1', code: 'beyond_size' },
    { pointer: '/changes/1/slot/key', code: 'no_such_slot' },
  ]);
});

test('what is wrong is refused with a pointer to it, and nothing is changed', async (t) => {
  const { slug } = await makeFront(desk, { slots: [slotWith(first)] });
  const none = '019a0000-0000-7000-8000-000000000000';
  const slot = (more: object) => ({ key: 'lead', size: 2, ...more });
  const source = (more: object) => slot({ source: more });
  const pins = (...pinned: object[]) => slot({ pinned });
  const wrong: [slots: unknown[], pointer: string, code: string][] = [
    [[slot({}), slot({})], '/slots/1/key', 'repeated'],
    [[slot({ size: 0 })], '/slots/0/size', 'minimum'],
    [[slot({ size: 51 })], '/slots/0/size', 'maximum'],
    [[1, 2, 3, 4, 5].map((n) => ({ key: `s${n}`, size: 50 })), '/slots', 'too_many'],
    [Array.from({ length: 41 }, (_, n) => ({ key: `s${n}`, size: 1 })), '/slots', 'maxItems'],
    [[slot({ title: { xx: 'No' } })], '/slots/0/title/xx', 'unknown'],
    [[slot({ colour: 'red' })], '/slots/0/colour', 'unknown'],
    [[source({ type: 'newest' })], '/slots/0/source/type', 'enum'],
    [[source({ type: 'filter', region: ['nowhere'] })], '/slots/0/source/region/0', 'unknown'],
    [[source({ type: 'filter', tag: ['tides', 'none'] })], '/slots/0/source/tag/1', 'unknown'],
    [[source({ type: 'filter', tagAll: ['constructor'] })], '/slots/0/source/tagAll/0', 'unknown'],
    [[source({ type: 'filter', contributor: ['tides'] })], '/slots/0/source/contributor/0', 'unknown'],
    [[source({ type: 'filter', kind: ['poem'] })], '/slots/0/source/kind/0', 'enum'],
    [[source({ type: 'filter', window: '24h' })], '/slots/0/source/window', 'not_with_type'],
    [[source({ type: 'mostRead', window: '2h' })], '/slots/0/source/window', 'enum'],
    [[source({ type: 'mostRead', tag: ['a', 'b', 'c', 'd', 'e', 'f'] })], '/slots/0/source/tag', 'maxItems'],
    [[source({ type: 'none', region: ['coast'] })], '/slots/0/source/region', 'not_with_type'],
    [[source({ type: 'latestPerRegion' })], '/slots/0/source/region', 'required'],
    [[source({ type: 'filter', region: [] })], '/slots/0/source/region', 'minItems'],
    [[pins({ articleId: none })], '/slots/0/pinned/0/articleId', 'unknown'],
    [[pins({ articleId: 'first' })], '/slots/0/pinned/0/articleId', 'pattern'],
    [[pins({ articleId: first }, { articleId: first })], '/slots/0/pinned/1/articleId', 'repeated'],
    [[pins({ articleId: first, position: 3 })], '/slots/0/pinned/0/position', 'beyond_size'],
    [[pins({ articleId: first, from: LATER, until: LATER })], '/slots/0/pinned/0/until', 'not_later'],
    [[pins({ articleId: first, from: '2029-02-30T00:00:00Z' })], '/slots/0/pinned/0/from', 'format'],
  ];
  const before = await read(slug);
  for (const [slots, pointer, code] of wrong) {
    const told = problemOf(expectStatus(await patch(slug, 1, { slots }), 400).body).errors?.[0];
    t.match(told, { pointer, code }, pointer);
    const later = await schedule(slug, 1, { at: LATER, front: { slots } });
    t.match(problemOf(expectStatus(later, 400).body).errors?.[0], { pointer: `/front${pointer}`, code });
  }
  const changes: [payload: object, pointer: string, code: string][] = [
    [{ at: '2020-01-01T00:00:00Z', slot: slot({}) }, '/at', 'past'],
    [{ at: LATER }, '', 'ambiguous'],
    [{ at: LATER, slot: slot({}), front: { title: { en: 'x' } } }, '', 'ambiguous'],
    [{ at: LATER, slot: slot({ key: 'laed' }) }, '/slot/key', 'unknown'],
    [{ at: LATER, slot: pins({ articleId: none }) }, '/slot/pinned/0/articleId', 'unknown'],
    [{ at: LATER, front: { title: {} } }, '/front/title', 'last'],
    [{ at: LATER, front: { title: { xx: 'x' } } }, '/front/title/xx', 'unknown'],
    [{ at: LATER, front: {} }, '/front', 'minProperties'],
  ];
  for (const [payload, pointer, code] of changes)
    t.match(problemOf(expectStatus(await schedule(slug, 1, payload), 400).body).errors?.[0], { pointer, code });
  t.match(problemOf(expectStatus(await patch(slug, 1, { title: { en: null } }), 400).body).errors?.[0], {
    pointer: '/title',
  });
  t.match(problemOf((await desk('POST', '/v1/desk/fronts', { payload: { slug, title: { en: 'x' } } })).body), {
    code: 'key_taken',
    errors: [{ pointer: '/slug' }],
  });
  t.same(await read(slug), before);
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

test('fronts are filled by those with the scope, without limits of language or region, and read by whoever reads stories', async (t) => {
  const { slug } = await makeFront(desk, { slots: [slotWith(first)] });
  const before = await read(slug);
  const changes = [
    ['POST', '/v1/desk/fronts', { slug: 'mine', title: { en: 'Mine' } }],
    ['PATCH', urlOf(slug), { position: 9 }],
    ['POST', `${urlOf(slug)}/changes`, { at: LATER, slot: slotWith(second) }],
    ['DELETE', `${urlOf(slug)}/changes/${first}`, undefined],
    ['DELETE', urlOf(slug), undefined],
  ] as const;
  const author = await makePerson(test_, { role: 'author' });
  const limited = await makePerson(test_, { role: 'editor', locales: ['ru'] });
  const regional = await makePerson(test_, { role: 'editor', regions: ['coast'] } as object);
  const writer = as(await keyWith(['articles:read', 'articles:write', 'articles:publish', 'taxonomy:write']));
  for (const [method, url, payload] of changes) {
    const options = { version: 1, ...(payload && { payload }) };
    t.equal((await request(method, url, options)).statusCode, 401);
    for (const send of [writer, author.send])
      t.match(expectStatus(await send(method, url, options), 403).json(), { scope: 'fronts:write' });
    t.match(expectStatus(await limited.send(method, url, options), 403).json(), { limit: 'locale' }, url);
    t.match(expectStatus(await regional.send(method, url, options), 403).json(), { limit: 'region' }, url);
  }
  t.same(await read(slug), before);
  t.equal((await author.send('GET', urlOf(slug))).statusCode, 200);
  t.equal((await as(await keyWith(['site:write']))('GET', urlOf(slug))).statusCode, 403);
  const editor = await makePerson(test_, { role: 'editor' });
  t.equal((await editor.send('PATCH', urlOf(slug), { version: 1, payload: { position: 9 } })).statusCode, 200);
});

test('a language that a front has texts in cannot be deleted', async (t) => {
  await makeLocale(desk, 'ka');
  const { slug } = await makeFront(desk, { title: { en: 'x' }, slots: [{ key: 'a', size: 1, title: { ka: 'ა' } }] });
  const refused = expectStatus(await desk('DELETE', '/v1/desk/locales/ka', { version: 1 }), 409);
  t.match(refused.json().detail, /fronts/);
  expectStatus(await desk('DELETE', urlOf(slug), { version: 1 }), 204);
  t.equal((await desk('DELETE', '/v1/desk/locales/ka', { version: 1 })).statusCode, 204);
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
