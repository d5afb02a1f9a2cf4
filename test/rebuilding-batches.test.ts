// How much is built anew at once, when all stories show something else, in which order, and who waits for it.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus } from './fixtures/factories.ts';
import { ended, importText, pathOf, sendFile, story, textOf } from './fixtures/importing.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';
import { until } from './fixtures/until.ts';

const LANGUAGES = ['en', 'ru', 'hy', 'ka'];
const STORIES = 150;
/** Of a batch; the story that it ends in the middle of is finished. */
const TEXTS = 100 + LANGUAGES.length;

const { app, request, desk } = await buildTestApp(t);
const lines = Array.from({ length: STORIES }, (_, n) =>
  LANGUAGES.map((locale) =>
    story(n, { locale, tags: ['ferries', 'harbours'], publishedAt: new Date(Date.UTC(2025, 1, 1) - n * 3_600_000) }),
  ),
).flat();
await importText(app.db.pool, textOf([...lines, story('rare', { tags: ['rarities'] })]));

test('a new address of the site reaches all stories by some hundred texts at a time, so that nobody who publishes waits for all', async (t) => {
  const { version } = (await desk('GET', '/v1/desk/site')).json().data;
  const payload = { articleUrl: 'https://news.example.org/{locale}/{slug}' };
  expectStatus(await desk('PATCH', '/v1/desk/site', { version, payload }), 200);
  await rebuildNow(app, { noun: 'site' });

  const { rows } = await app.db.pool.query(
    `select count(*)::int as texts, count(*) filter (where document not like '%https://news.example.org/%')::int as old
     from published_articles group by xmin`,
  );
  t.equal(
    rows.reduce((sum, { texts }) => sum + texts, 0),
    STORIES * LANGUAGES.length + 1,
  );
  t.ok(
    rows.every(({ texts, old }) => texts <= TEXTS && old === 0),
    JSON.stringify(rows),
  );
  const { data } = (await request('GET', '/v1/articles?locale=ka&limit=100')).json();
  t.equal(data.length, 100);
  t.ok(data.every(({ url }: { url: string }) => url.startsWith('https://news.example.org/ka/')));
});

// Seen to fail without turns, where the file waited until one of the names was everywhere; without the queue; and in the order of ids alone.
test('while new names go through hundreds of stories, first through the newest, neither an import nor a new name of few waits for them', async (t) => {
  const isDone = async () =>
    (await app.db.pool.query("select from graphile_worker.jobs where task_identifier = 'rebuild'")).rows.length === 0;
  await until('nothing is built anew', isDone);
  const { rows } = await app.db.pool.query<{ id: string; wire: string }>(
    'select id, external_id as wire from articles order by id',
  );
  const idOf = (wire: string) => rows.find((row) => row.wire === `wire:${wire}`)?.id ?? '';
  // The number of a story tells its age. Behind those that come first, the lowest id comes last.
  const [newest, rare] = [idOf('0'), idOf('rare')];
  const last = rows.find(({ id, wire }) => id !== rare && Number(wire.replace('wire:', '')) >= 50)?.id ?? '';
  const namesOf = async (id: string): Promise<string[]> => {
    const { tags } = (await request('GET', `/v1/articles/${id}?fields=tags`)).json().data;
    return tags.map(({ name }: { name: string }) => name).sort();
  };
  // Two statements of each batch: as long as a batch takes among many stories on a busy machine.
  await app.db.pool.query(`
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.35); return null; end $$;
    create trigger slow before update on published_articles for each statement execute function slow()`);
  t.teardown(() => app.db.pool.query('drop function slow cascade'));
  for (const [key, name] of [
    ['ferries', 'Boats'],
    ['harbours', 'Ports'],
    ['rarities', 'Curiosities'],
  ]) {
    const { version } = (await desk('GET', `/v1/desk/tags/${key}`)).json().data;
    expectStatus(await desk('PATCH', `/v1/desk/tags/${key}`, { version, payload: { texts: { en: { name } } } }), 200);
  }
  const file = await sendFile(desk, textOf([story('next', { status: 'draft' })]));
  let atOnce = 0;
  await until('the new name of few is there', async () => {
    const { rows } = await app.db.pool.query(
      "select from graphile_worker.jobs where task_identifier = 'rebuild' and locked_at is not null",
    );
    atOnce = Math.max(atOnce, rows.length);
    return (await namesOf(rare)).includes('Curiosities');
  });
  t.equal(atOnce, 1, 'two would wait for the rows of each other');
  t.match(await ended({ desk }, pathOf(file.headers.location)), { status: 'done', created: 1 });
  t.strictSame(await namesOf(newest), ['Boats', 'Ports']);
  t.strictSame(await namesOf(last), ['Ferries', 'Harbours']);
  await until('all is built', isDone, 60_000);
  t.strictSame(await namesOf(last), ['Boats', 'Ports']);
});
