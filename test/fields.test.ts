// Custom fields as administrators define them: what is taken, who may, and what stories hold against a change.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus } from './fixtures/factories.ts';
import { makePerson } from './fixtures/people.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const built = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { app, desk, as, keyWith, keys } = built;
await makeLocale(desk, 'ru');

const FIELDS = '/v1/desk/fields';
let made = 0;
const nextKey = () => {
  made += 1;
  return `field${made}`;
};
const create = (payload: object = {}) =>
  desk('POST', FIELDS, { payload: { key: nextKey(), label: { en: 'Field' }, type: 'number', ...payload } });
const make = async (payload: object = {}) => expectStatus(await create(payload), 201).json().data;
const rows = async () => (await app.db.pool.query('select * from fields order by key')).rows;

test('a field is defined, listed by position, read, relabelled and deleted, each step in the audit log', async (t) => {
  const answer = await create({ key: 'colour', label: { en: 'Colour', ru: 'Цвет' }, position: 7 });
  t.equal(answer.statusCode, 201);
  t.equal(answer.headers.location, `https://api.example.org${FIELDS}/colour`);
  const { data } = answer.json();
  t.match(data, {
    key: 'colour',
    type: 'number',
    choices: [],
    kinds: [],
    localised: false,
    required: false,
    public: true,
    filterable: false,
    version: 1,
  });
  const first = await make({ key: 'zebra', position: 1 });
  const list = expectStatus(await desk('GET', FIELDS), 200).json().data;
  t.same(
    list.map(({ key }: { key: string }) => key),
    ['zebra', 'colour'],
  );
  const patch = { label: { en: 'Tint', ru: null }, position: 0, filterable: true };
  const changed = expectStatus(await desk('PATCH', `${FIELDS}/colour`, { version: 1, payload: patch }), 200);
  t.equal(changed.headers.etag, '"2"');
  t.match(changed.json().data, { label: { en: 'Tint' }, filterable: true, version: 2 });
  t.equal(changed.json().data.label.ru, undefined);
  t.same((await desk('GET', `${FIELDS}/colour`)).json().data, changed.json().data);
  t.equal((await desk('DELETE', `${FIELDS}/colour`, { version: 2 })).statusCode, 204);
  t.equal((await desk('GET', `${FIELDS}/colour`)).statusCode, 404);
  t.equal((await desk('DELETE', `${FIELDS}/zebra`, { version: first.version })).statusCode, 204);
  const audit = (await desk('GET', `/v1/desk/audit?entity=field&entityId=${data.id}`)).json().data;
  t.same(
    audit.map(({ action }: { action: string }) => action),
    ['field.delete', 'field.change', 'field.create'],
  );
});

test('what does not go together in a definition is refused, with a pointer, and nothing is stored', async (t) => {
  await make({ key: 'taken' });
  const before = await rows();
  const refused: [object, string, string][] = [
    [{ key: 'Upper' }, '/key', 'pattern'],
    [{ key: 'two words' }, '/key', 'pattern'],
    [{ key: '__proto__' }, '/key', 'pattern'],
    [{ key: 'клен' }, '/key', 'pattern'],
    [{ key: 'taken' }, '/key', 'taken'],
    [{ type: 'json' }, '/type', 'enum'],
    [{ label: {} }, '/label', 'minProperties'],
    [{ label: { xx: 'X' } }, '/label/xx', 'unknown'],
    [{ type: 'choice' }, '/choices', 'required'],
    [{ type: 'choice', choices: ['a', 'a'] }, '/choices', 'uniqueItems'],
    [{ type: 'choice', choices: ['a,b'] }, '/choices/0', 'pattern'],
    [{ type: 'choice', choices: ['a', ' b'] }, '/choices/1', 'not_trimmed'],
    [{ choices: ['a'] }, '/choices', 'not_with_type'],
    [{ kinds: ['song'] }, '/kinds/0', 'enum'],
    [{ type: 'text', filterable: true }, '/filterable', 'not_with_type'],
    [{ public: false, filterable: true }, '/filterable', 'internal'],
    [{ searchable: true }, '/searchable', 'unknown'],
  ];
  for (const [payload, pointer, code] of refused) {
    const answer = await create(payload);
    t.equal(answer.statusCode, code === 'taken' ? 409 : 400, JSON.stringify(payload));
    t.match(answer.json().errors, [{ pointer, code }], JSON.stringify(payload));
  }
  t.same(await rows(), before);
});

test('a change is checked like a new field, and the key is for good', async (t) => {
  const { key } = await make({ type: 'choice', choices: ['a', 'b'], filterable: true });
  const before = await rows();
  const refused: [object, string][] = [
    [{ key: 'other' }, '/key'],
    [{}, ''],
    [{ choices: [] }, '/choices'],
    [{ type: 'date' }, '/choices'],
    [{ type: 'text', choices: [] }, '/filterable'],
    [{ public: false }, '/filterable'],
    [{ label: { en: null } }, '/label'],
    [{ type: null }, '/type'],
  ];
  for (const [payload, pointer] of refused) {
    const answer = await desk('PATCH', `${FIELDS}/${key}`, { version: 1, payload });
    t.equal(answer.statusCode, 400, JSON.stringify(payload));
    t.match(answer.json().errors, [{ pointer }], JSON.stringify(payload));
  }
  t.same(await rows(), before);
  const date = { type: 'date', choices: [], localised: true, kinds: ['page'] };
  expectStatus(await desk('PATCH', `${FIELDS}/${key}`, { version: 1, payload: date }), 200);
});

test('a change and a deletion need the newest version, and tell what differs', async (t) => {
  const { key } = await make();
  const url = `${FIELDS}/${key}`;
  expectStatus(await desk('PATCH', url, { version: 1, payload: { position: 3 } }), 200);
  t.equal((await desk('PATCH', url, { payload: { position: 4 } })).statusCode, 428);
  t.equal((await desk('DELETE', url)).statusCode, 428);
  const stale = await desk('PATCH', url, { version: 1, payload: { position: 4 } });
  t.equal(stale.statusCode, 412);
  t.match(stale.json(), { currentVersion: 2, changedFields: [{ field: 'position', yours: 4, current: 3 }] });
  t.equal((await desk('DELETE', url, { version: 1 })).statusCode, 412);
  for (const method of ['GET', 'PATCH', 'DELETE'] as const)
    t.equal(
      (await desk(method, `${FIELDS}/none`, { version: 1, ...(method === 'PATCH' && { payload: { position: 1 } }) }))
        .statusCode,
      404,
      method,
    );
});

test('whoever reads stories may know the fields; only who holds fields:write defines them', async (t) => {
  const { key } = await make();
  const before = await rows();
  const { send: editor } = await makePerson(built, { role: 'editor' });
  const publisher = as(keys.publisher);
  for (const send of [editor, publisher]) {
    t.equal((await send('GET', FIELDS)).statusCode, 200);
    t.equal((await send('GET', `${FIELDS}/${key}`)).statusCode, 200);
    const payload = { key: 'theirs', label: { en: 'Theirs' }, type: 'number' };
    t.equal((await send('POST', FIELDS, { payload })).statusCode, 403);
    t.equal((await send('PATCH', `${FIELDS}/${key}`, { version: 1, payload: { position: 1 } })).statusCode, 403);
    t.equal((await send('DELETE', `${FIELDS}/${key}`, { version: 1 })).statusCode, 403);
  }
  const outsider = as(await keyWith(['embargoed:read']));
  t.equal((await outsider('GET', FIELDS)).statusCode, 403);
  t.same(await rows(), before);
  const { send: administrator } = await makePerson(built, { role: 'administrator' });
  expectStatus(await administrator('PATCH', `${FIELDS}/${key}`, { version: 1, payload: { position: 1 } }), 200);
});

test('a language that a label is in cannot be deleted', async (t) => {
  await makeLocale(desk, 'ka');
  await make({ label: { en: 'Field', ka: 'ველი' } });
  const answer = await desk('DELETE', '/v1/desk/locales/ka', { version: 1 });
  t.equal(answer.statusCode, 409);
  t.match(answer.json().detail, /custom fields/);
});

// Seen to fail where one more is taken.
test('there are a hundred custom fields at most', async (t) => {
  await app.db.pool.query(
    `insert into fields (id, key, label, type) select gen_random_uuid(), 'many' || n, '{"en":"Field"}', 'number'
      from generate_series(1, 99 - (select count(*)::int from fields)) n`,
  );
  await make();
  t.match(expectStatus(await create(), 409).json(), { code: 'conflict', detail: /100 custom fields/ });
});
