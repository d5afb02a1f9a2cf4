// How much is built anew at once, when all stories show something else.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus } from './fixtures/factories.ts';
import { importText, story, textOf } from './fixtures/importing.ts';
import { rebuildNow } from './fixtures/rebuilding.ts';

const LANGUAGES = ['en', 'ru', 'hy', 'ka'];
const STORIES = 60;
/** Of a batch; the story that it ends in the middle of is finished. */
const TEXTS = 100 + LANGUAGES.length;

const { app, request, desk } = await buildTestApp(t);
const lines = Array.from({ length: STORIES }, (_, n) => LANGUAGES.map((locale) => story(n, { locale }))).flat();
await importText(app.db.pool, textOf(lines));

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
    STORIES * LANGUAGES.length,
  );
  t.ok(
    rows.every(({ texts, old }) => texts <= TEXTS && old === 0),
    JSON.stringify(rows),
  );
  const { data } = (await request('GET', '/v1/articles?locale=ka&limit=100')).json();
  t.equal(data.length, STORIES);
  t.ok(data.every(({ url }: { url: string }) => url.startsWith('https://news.example.org/ka/')));
});
