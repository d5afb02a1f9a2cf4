// How editors fill fronts: what is checked, who may, what two of them can do to each other, and what they are told.
import t, { test } from 'tap';
import type { DeskFront } from '../src/modules/fronts/schemas.ts';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { editingFronts, LATER, makeFront, slotWith, urlOf } from './fixtures/fronts.ts';
import { makePerson } from './fixtures/people.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale, makeRegion, makeTag } from './fixtures/taxonomy.ts';

const test_ = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { request, desk, as, keyWith } = test_;
await makeLocale(desk, 'ru');
await makeRegion(desk, { key: 'coast' });
const tag = await makeTag(desk, { key: 'tides' });
const { id: first } = await makePublished(desk, { locales: { en: {}, ru: {} } });
const { id: second } = await makePublished(desk);
const { read, patch, schedule } = editingFronts(desk);

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

// Seen to fail with: slots that a change of the title does not name checked all the same.
test('a pinned story that was put into the trash keeps nobody from changing the rest of the front', async (t) => {
  const { id: gone } = await makeArticle(desk);
  const slots = [slotWith(gone), { key: 'latest', size: 5 }];
  const { slug } = await makeFront(desk, { slots });
  expectStatus(await desk('DELETE', `/v1/desk/articles/${gone}`, { version: 1 }), 204);
  const { slots: kept } = await read(slug);
  expectStatus(await patch(slug, 1, { public: false }), 200);
  t.equal((await request('GET', `/v1/fronts/${slug}`)).statusCode, 404);
  expectStatus(await patch(slug, 2, { title: { ru: 'Главная' }, public: true }), 200);
  t.same((await read(slug)).slots, kept);
  const refused = problemOf(expectStatus(await patch(slug, 3, { slots }), 400).body);
  t.match(refused.errors, [{ pointer: '/slots/0/pinned/0/articleId', code: 'unknown' }], 'what is named is checked');
});

// Seen to fail with: each change compared with what the front holds now.
test('what is set to change never makes a front longer than it may be, however it comes together', async (t) => {
  const sized = (key: string, size: number) => ({ key, size });
  const inYear = (year: number) => `${year}-01-01T00:00:00Z`;
  const tooMany = (answer: Answer, pointer: string) =>
    t.match(problemOf(expectStatus(answer, 400).body).errors, [{ pointer, code: 'too_many' }]);
  const slots = ['a', 'b', 'c', 'd', 'e'].map((key) => sized(key, 1));
  const { slug } = await makeFront(desk, { slots });
  const grown = [sized('a', 50), sized('b', 50), sized('c', 50), sized('d', 48)];
  for (const [at, slot] of grown.entries())
    expectStatus(await schedule(slug, at + 1, { at: inYear(2029 - (at % 2)), slot }), 201);
  tooMany(await schedule(slug, 5, { at: inYear(2028), slot: sized('e', 3) }), '/slot/size');
  tooMany(await patch(slug, 5, { slots: [...slots, sized('f', 2)] }), '/slots');
  t.match(await read(slug), { version: 5, slots, changes: [{}, {}, {}, {}] });
  expectStatus(await schedule(slug, 5, { at: inYear(2028), slot: sized('e', 2) }), 201);
  const longer = [...slots, sized('f', 50), sized('g', 50)];
  tooMany(await schedule(slug, 6, { at: inYear(2027), front: { slots: longer } }), '/front/slots');
  const { slug: full } = await makeFront(desk, { slots: ['a', 'b', 'c', 'd'].map((key) => sized(key, 50)) });
  expectStatus(await schedule(full, 1, { at: inYear(2028), front: { slots: [sized('e', 1)] } }), 201);
  expectStatus(await schedule(full, 2, { at: inYear(2029), slot: sized('e', 50) }), 201);
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
