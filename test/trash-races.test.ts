// Throwing away and erasing while others publish and throw away: one of them wins, and nothing in the trash is public.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makeArticle } from './fixtures/factories.ts';
import { withGate } from './fixtures/gates.ts';
import { trashIn, urlOf } from './fixtures/trash.ts';
import { until } from './fixtures/until.ts';

const { app, request, desk, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { pool } = app.db;

const { trash, erase, listed } = trashIn(desk);

// Seen to fail with: loadForPublishing without its condition on deleted_at (both answers are good, and the trash holds a public story).
test('of publishing and throwing away at once, one wins: nothing in the trash is ever public', async (t) => {
  for (let round = 0; round < 12; round += 1) {
    const { id } = await makeArticle(desk);
    const answers = await Promise.all([
      desk('POST', `${urlOf(id)}/locales/en/publish`, { version: 1, payload: {} }),
      trash(id, 1),
      desk('PATCH', `${urlOf(id)}/locales/en`, { version: 1, payload: { title: `Edited ${round}` } }),
    ]);
    const [published, trashed, edited] = answers.map(({ statusCode }) => statusCode);
    const isPublic = (await request('GET', `/v1/articles/${id}`)).statusCode === 200;
    const lies = (await listed()).includes(id);
    t.notSame([isPublic, lies], [true, true]);
    t.equal(lies, trashed === 204);
    t.equal(isPublic, published === 200);
    t.ok([200, 404, 412].includes(edited ?? 0), `the edit was answered ${edited}`);
    t.ok(answers.every(({ statusCode }) => statusCode < 500));
  }
});

test('of 10 who throw the same story away, and 10 who erase it, one does', async (t) => {
  const { id } = await makeArticle(desk);
  const ten = (send: () => ReturnType<typeof trash>) => Promise.all(Array.from({ length: 10 }, send));
  const thrown = await ten(() => trash(id, 1));
  t.same(thrown.filter(({ statusCode }) => statusCode === 204).length, 1);
  t.ok(thrown.every(({ statusCode }) => [204, 404].includes(statusCode)));
  const erased = await ten(() => erase(id, 2));
  t.same(erased.filter(({ statusCode }) => statusCode === 204).length, 1);
  const { rows } = await pool.query(
    "select action from audit where entity_id = $1 and action in ('article.trash', 'article.erase') order by id",
    [id],
  );
  t.same(rows, [{ action: 'article.trash' }, { action: 'article.erase' }]);
});

// Seen to fail without the related ones in lockEnds(): both were done, and the story named for ever what was not there.
for (const [how, name] of [
  ['changed', (related: string[], id: string) => desk('PATCH', urlOf(id), { version: 1, payload: { related } })],
  [
    'made',
    (related: string[]) =>
      desk('POST', '/v1/desk/articles', { payload: { related, locales: { en: { title: 'Reading on' } } } }),
  ],
] as const)
  test(`a story that is ${how} names none that is erased at the same moment`, async (t) => {
    const { id } = await makeArticle(desk);
    const { id: other } = await makeArticle(desk);
    const gate = 'lock table revisions in share mode';
    const [named, erased] = await withGate(databaseUrl, gate, async ({ waiters, open }) => {
      const naming = name([other], id);
      await until('it is about to be saved', async () => (await waiters()) === 1);
      let ended = false;
      const erasing = trash(other, 1)
        .then(() => erase(other, 2))
        .finally(() => {
          ended = true;
        });
      await until('the other is gone, or waits', async () => ended || (await waiters()) === 2);
      await open();
      return Promise.all([naming, erasing]);
    });
    const { id: story } = expectStatus(named, how === 'made' ? 201 : 200).json().data;
    expectStatus(erased, 204);
    t.same((await getDeskArticle(desk, story)).related, []);
  });
