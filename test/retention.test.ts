// How long revisions are kept: what the newsroom says, and what is kept whatever it says.
import t, { test } from 'tap';
import { pruneRevisions } from '../src/modules/revisions/pruning.ts';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, makeArticle, makePublished } from './fixtures/factories.ts';
import { problemOf } from './fixtures/refusals.ts';
import { makeLocale } from './fixtures/taxonomy.ts';

const { app, request, desk, as, keys } = await buildTestApp(t, { roles: { api: true, jobs: false } });
await makeLocale(desk, 'ru');
const db = app.db.desk;

const storyUrl = (id: string) => `/v1/desk/articles/${id}`;
const draftUrl = (id: string, locale = 'en') => `${storyUrl(id)}/locales/${locale}`;
const change = async (url: string, version: number, payload: object = { title: `Title ${version}` }) =>
  expectStatus(await desk('PATCH', url, { version, payload }), 200);
const site = async () => (await desk('GET', '/v1/desk/site')).json().data;
const keep = async (revisionDays: number | null) => {
  const { version } = await site();
  return expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { revisionDays } }), 200).json().data;
};
/** As if each save of the story had been made so many days earlier. */
const age = (id: string, days: number) =>
  app.db.pool.query("update revisions set created_at = created_at - $2 * interval '1 day' where article_id = $1", [
    id,
    days,
  ]);
const kept = async (url: string): Promise<number[]> => {
  const { data } = expectStatus(await desk('GET', `${url}/revisions?limit=100`), 200).json();
  return data.map(({ version }: { version: number }) => version);
};

test('how long is a setting of the site that readers do not see', async (t) => {
  t.equal((await site()).revisionDays, null, 'all are kept from the start');
  t.equal((await keep(30)).revisionDays, 30);
  t.equal((await site()).revisionDays, 30);
  t.notMatch((await request('GET', '/v1/site')).body, /revisionDays/);
  const { version } = await site();
  for (const revisionDays of [0, -1, 1.5, '30', 36_501, [], {}]) {
    const answer = await desk('PATCH', '/v1/desk/site', { version, payload: { revisionDays } });
    t.equal(problemOf(expectStatus(answer, 400).body).errors?.[0]?.pointer, '/revisionDays', String(revisionDays));
  }
  const other = await as(keys.publisher)('PATCH', '/v1/desk/site', { version, payload: { revisionDays: 1 } });
  t.match(expectStatus(other, 403).json(), { scope: 'site:write' });
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload: { timeZone: 'Asia/Tbilisi' } }), 200);
  t.equal((await site()).revisionDays, 30, 'another change leaves it');
  t.equal((await keep(null)).revisionDays, null);
});

test('without a limit nothing is forgotten, with one what is older, and never the newest', async (t) => {
  const { id } = await makeArticle(desk);
  for (const version of [1, 2, 3]) await change(draftUrl(id), version);
  await change(storyUrl(id), 1, { kind: 'analysis' });
  await age(id, 31);
  await keep(null);
  t.equal(await pruneRevisions(db), 0);
  await keep(32);
  t.equal(await pruneRevisions(db), 0, 'not a day too early');
  await keep(30);
  t.equal(await pruneRevisions(db), 4);
  t.same(await kept(draftUrl(id)), [4]);
  t.same(await kept(storyUrl(id)), [2]);
  t.equal(await pruneRevisions(db), 0, 'and no more at the next run');
  t.equal((await desk('GET', `${draftUrl(id)}/revisions/1`)).statusCode, 404);
  const { title, version } = (await desk('GET', draftUrl(id))).json().data;
  t.same([title, version], ['Title 3', 4], 'the draft is as it was');
  await change(draftUrl(id), 4);
  t.equal(await pruneRevisions(db), 1, 'once it is no longer the newest, it goes as well');
  t.same(await kept(draftUrl(id)), [5]);
});

// Seen to fail with: IS_PUBLISHED left out of IS_NEEDED.
test('what readers see is kept: of the text, and of what all languages share', async (t) => {
  const { id } = await makePublished(desk);
  await change(draftUrl(id), 1);
  expectStatus(await desk('POST', `${draftUrl(id)}/publish`, { version: 2, payload: {} }), 200);
  await change(draftUrl(id), 2);
  await change(draftUrl(id), 3);
  for (const [at, kind] of ['analysis', 'opinion', 'interview'].entries()) await change(storyUrl(id), at + 1, { kind });
  await age(id, 31);
  await app.db.pool.query('alter table audit disable trigger user');
  await app.db.pool.query("update audit set at = at - interval '31 days' where entity_id = $1", [`${id}/en`]);
  await app.db.pool.query('alter table audit enable trigger user');
  await keep(30);
  await pruneRevisions(db);
  t.same(await kept(draftUrl(id)), [4, 2]);
  t.same(await kept(storyUrl(id)), [4, 1]);
  const { data } = (await desk('GET', `${draftUrl(id)}/revisions`)).json();
  t.same(
    data.map((one: { isPublished: boolean }) => one.isPublished),
    [false, true],
  );
  expectStatus(await desk('POST', `${draftUrl(id)}/unpublish`, { version: 4, payload: {} }), 200);
  t.equal(await pruneRevisions(db), 2, 'what was taken back is no longer needed');
});

// Seen to fail with: `r.version = d.source_version` left out, and with the version behind it left out.
test('what a translation follows is kept, and what says since when it is behind', async (t) => {
  const { id } = await makeArticle(desk, { locales: { en: {} } });
  await change(draftUrl(id), 1);
  const russian = { locale: 'ru', title: 'Гавань', body: { text: 'Открыта.' } };
  expectStatus(await desk('POST', `${storyUrl(id)}/locales`, { payload: russian }), 201);
  for (const version of [2, 3, 4]) await change(draftUrl(id), version);
  await change(draftUrl(id, 'ru'), 1);
  await age(id, 31);
  const behind = async () => {
    const { data } = (await desk('GET', `${storyUrl(id)}/translations`)).json();
    return data.find((one: { locale: string }) => one.locale === 'ru');
  };
  const before = await behind();
  await keep(30);
  await pruneRevisions(db);
  t.same(await kept(draftUrl(id)), [5, 3, 2]);
  t.same(await kept(draftUrl(id, 'ru')), [2]);
  t.same(await behind(), before, 'it is behind since the same moment');
  const followed = { sourceVersion: 5 };
  expectStatus(await desk('PATCH', draftUrl(id, 'ru'), { version: 2, payload: followed }), 200);
  await pruneRevisions(db);
  t.same(await kept(draftUrl(id)), [5], 'once it follows the newest, the others go');
});

test('many are forgotten batch by batch, on two nodes at once as on one', async (t) => {
  const stories = await Promise.all(Array.from({ length: 12 }, () => makeArticle(desk)));
  for (const { id } of stories) {
    for (const version of [1, 2, 3]) await change(draftUrl(id), version);
    await age(id, 40);
  }
  const young = await makeArticle(desk);
  await change(draftUrl(young.id), 1);
  await keep(30);
  const counts = await Promise.all([pruneRevisions(db, 7), pruneRevisions(db, 5)]);
  t.equal((counts[0] ?? 0) + (counts[1] ?? 0), 36);
  for (const { id } of stories) t.same(await kept(draftUrl(id)), [4]);
  t.same(await kept(draftUrl(young.id)), [2, 1], 'what is young stays');
});

test('the job that forgets is known to the worker, and runs by itself once a day', async (t) => {
  const own = await buildTestApp(t, { roles: { api: true, jobs: true } });
  const { rows } = await own.app.db.pool.query(
    "select identifier from graphile_worker._private_known_crontabs where identifier like 'prune_revisions%'",
  );
  t.equal(rows.length, 1);
  const { id } = await makeArticle(own.desk);
  for (const version of [1, 2])
    expectStatus(await own.desk('PATCH', draftUrl(id), { version, payload: { title: `Title ${version}` } }), 200);
  await own.app.db.pool.query(
    "update site set revision_days = 1; update revisions set created_at = now() - interval '2 days'",
  );
  await own.app.db.pool.query("select graphile_worker.add_job('prune_revisions')");
  for (let waited = 0; waited < 100; waited += 1) {
    const left = await own.app.db.pool.query(
      'select version from revisions where article_id = $1 and locale is not null',
      [id],
    );
    if (left.rows.length === 1) return t.same(left.rows, [{ version: 3 }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return t.fail('the job did not run within ten seconds');
});
