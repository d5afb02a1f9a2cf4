// What stories hold of a custom field stands against a change of its definition: in drafts, in the trash, and at the same moment.
import t, { test } from 'tap';
import { SURROUNDINGS_LOCK } from '../src/modules/articles/surroundings.ts';
import { type Answer, buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished, publishArticle } from './fixtures/factories.ts';
import { makeField } from './fixtures/fields.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { app, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');

const fieldAt = (key: string) => `/v1/desk/fields/${key}`;
const change = (key: string, version: number, payload: object) => desk('PATCH', fieldAt(key), { version, payload });
const patch = (id: string, version: number, extra: object) =>
  desk('PATCH', `/v1/desk/articles/${id}`, { version, payload: { extra } });
/** Which stories stand against it, and where. */
const against = (answer: Answer) => {
  const { code, errors, stories } = answer.json();
  return [answer.statusCode, code, errors?.[0]?.pointer ?? null, stories?.count, stories?.ids];
};

// Seen to fail where drafts alone are looked at: what readers see was of a field that nobody had defined.
test('what is public stands against a change as well, whatever the working copy holds by now', async (t) => {
  await makeField(desk, { key: 'moorings', type: 'choice', choices: ['few', 'many'] });
  const { id } = await makePublished(desk, { extra: { moorings: 'few' } });
  expectStatus(await patch(id, 1, { moorings: null }), 200);
  t.same(against(await desk('DELETE', fieldAt('moorings'), { version: 1 })), [409, 'in_use', null, 1, [id]]);
  t.same(against(await change('moorings', 1, { choices: ['many'] })), [409, 'in_use', '/choices', 1, [id]]);
  expectStatus(await change('moorings', 1, { label: { en: 'Room' } }), 200);
  await publishArticle(desk, { id });
  expectStatus(await desk('DELETE', fieldAt('moorings'), { version: 2 }), 204);
});

// Seen to fail where the working copy alone is looked at.
test('a public field is not required while readers see a story without it, whatever the working copy holds by now', async (t) => {
  await makeField(desk, { key: 'draught', kinds: ['interview'] });
  const { id } = await makePublished(desk, { kind: 'interview' });
  expectStatus(await patch(id, 1, { draught: 2 }), 200);
  t.same(against(await change('draught', 1, { required: true })), [409, 'conflict', '/required', 1, [id]]);
  await publishArticle(desk, { id });
  expectStatus(await change('draught', 1, { required: true }), 200);
});

test('type and localised do not change, and nothing is deleted, while a story holds a value', async (t) => {
  await makeField(desk, { key: 'depth' });
  const { id } = await makeArticle(desk, { extra: { depth: 3 } });
  t.same(against(await change('depth', 1, { type: 'text' })), [409, 'in_use', '/type', 1, [id]]);
  t.same(against(await change('depth', 1, { localised: true })), [409, 'in_use', '/localised', 1, [id]]);
  t.same(against(await desk('DELETE', fieldAt('depth'), { version: 1 })), [409, 'in_use', null, 1, [id]]);
  expectStatus(await change('depth', 1, { label: { en: 'How deep' }, public: false }), 200);
  expectStatus(await desk('DELETE', `/v1/desk/articles/${id}`, { version: 1 }), 204);
  t.equal((await change('depth', 2, { type: 'text' })).statusCode, 409, 'from the trash it may come back');
  expectStatus(await desk('POST', `/v1/desk/trash/${id}/restore`), 200);
  expectStatus(await patch(id, 3, { depth: null }), 200);
  expectStatus(await change('depth', 2, { type: 'text', localised: true }), 200);
  expectStatus(await desk('DELETE', fieldAt('depth'), { version: 3 }), 204);
});

test('a choice that a draft holds cannot be taken away, others can, and new ones come', async (t) => {
  const choices = ['low', 'high', 'none'];
  await makeField(desk, { key: 'tide', type: 'choice', choices, localised: true });
  const { id } = await makeArticle(desk, { locales: { en: {}, ru: { extra: { tide: 'high' } } } });
  t.same(against(await change('tide', 1, { choices: ['low'] })), [409, 'in_use', '/choices', 1, [id]]);
  expectStatus(await change('tide', 1, { choices: ['high', 'ebb'] }), 200);
});

test('kinds do not lose one whose stories hold values', async (t) => {
  await makeField(desk, { key: 'stars', kinds: ['opinion', 'gallery'] });
  const { id } = await makeArticle(desk, { kind: 'gallery', extra: { stars: 4 } });
  t.same(against(await change('stars', 1, { kinds: ['opinion', 'news'] })), [409, 'in_use', '/kinds', 1, [id]]);
  expectStatus(await change('stars', 1, { kinds: ['gallery'] }), 200);
  expectStatus(await change('stars', 2, { kinds: [] }), 200);
  t.same(against(await change('stars', 3, { kinds: ['news'] })), [409, 'in_use', '/kinds', 1, [id]]);
});

test('a field is not required while a story is public or scheduled without it', async (t) => {
  await makeField(desk, { key: 'port', type: 'text', public: false, kinds: ['video', 'live'] });
  const live = await makePublished(desk, { kind: 'video' });
  const scheduled = await makeArticle(desk, { kind: 'video' });
  await makeArticle(desk, { kind: 'video' });
  // Seen to fail where stories of kinds that the field is not for are asked for a value, too.
  const other = await makePublished(desk, { kind: 'gallery' });
  const at = { version: 1, payload: { at: '2029-01-01T00:00:00Z' } };
  expectStatus(await desk('POST', `/v1/desk/articles/${scheduled.id}/locales/en/schedule`, at), 201);
  const ids = [live.id, scheduled.id].sort();
  t.same(against(await change('port', 1, { required: true })), [409, 'conflict', '/required', 2, ids]);
  for (const { id } of [live, scheduled]) expectStatus(await patch(id, 1, { port: 'Poti' }), 200);
  expectStatus(await change('port', 1, { required: true }), 200);
  const kinds = { kinds: ['video', 'live', 'gallery'] };
  t.same(against(await change('port', 2, kinds)), [409, 'conflict', '/kinds', 1, [other.id]]);
});

test('of many stories some are named, and all are counted', async (t) => {
  await makeField(desk, { key: 'mass' });
  for (let n = 0; n < 23; n += 1) await makeArticle(desk, { extra: { mass: n } });
  const { stories } = (await desk('DELETE', fieldAt('mass'), { version: 1 })).json();
  t.equal(stories.count, 23);
  t.equal(stories.ids.length, 20);
});

/** Holds the lock as another node would that is in the middle of it. */
async function whileHeld(shared: boolean, work: () => Promise<void>): Promise<void> {
  const client = await app.db.pool.connect();
  try {
    await client.query(`begin; select pg_advisory_xact_lock${shared ? '_shared' : ''}(${SURROUNDINGS_LOCK})`);
    await work();
  } finally {
    await client.query('commit');
    client.release();
  }
}
const waiting = async () => {
  for (let n = 0; n < 200; n += 1) {
    const { rows } = await app.db.pool.query("select from pg_locks where locktype = 'advisory' and not granted");
    if (rows.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
};

// Seen to fail with: no lock in changeArticle, createArticles and createDraft.
test('whoever writes a value waits for whoever changes a definition, and the other way round', async (t) => {
  await makeField(desk, { key: 'knots', localised: false });
  await makeField(desk, { key: 'lines', localised: true });
  const { id } = await makeArticle(desk);
  const writes: [string, () => Promise<Answer>][] = [
    ['changeArticle', () => patch(id, 1, { knots: 1 })],
    [
      'changeDraft',
      () => desk('PATCH', `/v1/desk/articles/${id}/locales/en`, { version: 1, payload: { extra: { lines: 1 } } }),
    ],
    [
      'createDraft',
      () =>
        desk('POST', `/v1/desk/articles/${id}/locales`, { payload: { locale: 'ru', title: 'x', extra: { lines: 1 } } }),
    ],
    [
      'createArticle',
      () => desk('POST', '/v1/desk/articles', { payload: { extra: { knots: 1 }, locales: { en: { title: 'x' } } } }),
    ],
    ['changeArticle', () => desk('PATCH', `/v1/desk/articles/${id}`, { version: 2, payload: { kind: 'live' } })],
  ];
  for (const [name, write] of writes) {
    let answer: Promise<Answer> | undefined;
    await whileHeld(false, async () => {
      answer = write();
      t.ok(await waiting(), `${name} waits`);
    });
    t.ok(((await answer)?.statusCode ?? 500) < 300, name);
  }
  let answer: Promise<Answer> | undefined;
  await whileHeld(true, async () => {
    answer = change('knots', 1, { type: 'text' });
    t.ok(await waiting(), 'changeField waits');
  });
  t.equal((await answer)?.statusCode, 409);
});

test('of values and changes of a definition that come at once, no value is left that contradicts it', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const key = `race${round}`;
    await makeField(desk, { key });
    const stories = await Promise.all([1, 2, 3, 4].map(() => makeArticle(desk)));
    const answers = await Promise.all([
      ...stories.map(({ id }) => patch(id, 1, { [key]: 1 })),
      change(key, 1, { type: 'text' }),
    ]);
    const changed = answers.at(-1)?.statusCode === 200;
    const { rows } = await app.db.pool.query('select extra -> $1 as value from articles where extra ? $1', [key]);
    t.same(
      rows.filter(({ value }) => typeof value !== (changed ? 'string' : 'number')),
      [],
      changed ? 'changed' : 'refused',
    );
  }
});
