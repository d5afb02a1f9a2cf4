// Erasing for good: what is left of a story, in any table and for those who have its address.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { expectStatus, getDeskArticle, makePublished } from './fixtures/factories.ts';
import { trashIn, urlOf } from './fixtures/trash.ts';

const { app, request, desk } = await buildTestApp(t, { roles: { api: true, jobs: false } });
const { pool } = app.db;

const { trash, erase, restore } = trashIn(desk);
const dump = async (): Promise<string> => {
  const { rows: tables } = await pool.query(
    "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and (table_schema = 'public' or table_name like '\\_private%')",
  );
  const texts: string[] = [];
  for (const { name } of tables)
    texts.push(
      (await pool.query(`select coalesce(string_agg(x::text, E'\\n'), '') as text from ${name} x`)).rows[0].text,
    );
  return texts.join('\n');
};

// Seen to fail with: `after: change` of a draft, body included, in the audit log; and without the deletes in trash/queries.ts.
test('erasing leaves nothing of the text in any table, and the audit log keeps who, when and the titles (G12)', async (t) => {
  const word = (member: string) => `zq${member}qz`;
  const text = (n: string) => ({
    title: `Heading ${word('title')}`,
    standfirst: word(`standfirst${n}`),
    body: { text: word(`body${n}`) },
    corrections: [{ at: '2026-01-01T00:00:00Z', text: word(`correction${n}`) }],
  });
  const story = await makePublished(desk, { locales: { en: { ...text('one'), slug: 'zq-first' } } });
  const draft = `${urlOf(story.id)}/locales/en`;
  await request('POST', `/v1/articles/${story.id}/views`, { headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } });
  expectStatus(await desk('PATCH', draft, { version: 1, payload: { ...text('two'), slug: 'zq-second' } }), 200);
  expectStatus(await desk('POST', `${draft}/publish`, { version: 2, payload: {} }), 200);
  expectStatus(await desk('POST', `${draft}/previews`, { payload: {} }), 201);
  expectStatus(await desk('POST', `${draft}/unpublish`, { version: 2 }), 200);
  await pool.query(
    `insert into comments (id, article_id, text, author_name) values (gen_random_uuid(), $1, 'zqcommentqz', 'x')`,
    [story.id],
  );
  await pool.query(
    `insert into locks (article_id, locale, holder_id, holder_name, acquired_at, expires_at) values ($1, 'en', $1, 'x', now(), now())`,
    [story.id],
  );
  await pool.query(
    "insert into path_redirects (id, path, article_id, locale) values (gen_random_uuid(), '/zq-path', $1, 'en')",
    [story.id],
  );
  await pool.query("insert into view_days (article_id, locale, day, views) values ($1, 'en', '2026-01-01', 7)", [
    story.id,
  ]);
  await pool.query('insert into view_corrections (article_id) values ($1)', [story.id]);
  await pool.query(
    "insert into published_entries (id, article_id, locale, position, at, is_pinned, is_key) values (gen_random_uuid(), $1, 'en', 1, now(), false, false)",
    [story.id],
  );
  const full = await dump();
  for (const member of ['standfirstone', 'bodytwo', 'correctionone', 'comment'])
    t.match(full, word(member), `${member} is there before`);
  const { version } = await getDeskArticle(desk, story.id);
  expectStatus(await trash(story.id, version), 204);
  expectStatus(await erase(story.id, version + 1), 204);

  const rest = await dump();
  for (const found of new Set(rest.match(/zq[a-z-]+(qz|first|second|path)/g)))
    t.ok([word('title'), 'zq-first', 'zq-second'].includes(found), `${found} is left`);
  const tables = [
    'drafts',
    'revisions',
    'comments',
    'previews',
    'locks',
    'redirects',
    'path_redirects',
    'view_counts',
    'view_days',
    'view_corrections',
    'articles',
    'published_entries',
  ];
  for (const name of tables) {
    const { rows } = await pool.query(`select count(*)::int as n from ${name} x where x::text like '%' || $1 || '%'`, [
      story.id,
    ]);
    t.equal(rows[0].n, 0, name);
  }
  const { data } = (
    await desk('GET', `/v1/desk/audit?entity=article&entityId=${story.id}&action=article.erase`)
  ).json();
  t.match(data, [
    { actor: { type: 'key' }, changes: [{ field: 'titles', before: { en: `Heading ${word('title')}` } }] },
  ]);
  t.ok(Math.abs(Date.parse(data[0].at) - Date.now()) < 60_000);
  for (const answer of [await restore(story.id), await erase(story.id, version + 1)]) t.equal(answer.statusCode, 404);
  t.equal((await request('GET', `/v1/articles/${story.id}`)).statusCode, 404);
});

test('what is public goes on without the story that it named as related, or carried on', async (t) => {
  const story = await makePublished(desk);
  const other = await makePublished(desk, { related: [story.id], follows: story.id });
  expectStatus(await desk('POST', `${urlOf(story.id)}/locales/en/unpublish`, { version: 1 }), 200);
  const { version } = await getDeskArticle(desk, story.id);
  expectStatus(await trash(story.id, version), 204);
  expectStatus(await erase(story.id, version + 1), 204);
  const { rows } = await pool.query(
    'select related_ids, (select count(*)::int from developments where article_id = $1) as follows from published_articles where article_id = $1',
    [other.id],
  );
  t.same(rows, [{ related_ids: [], follows: 0 }]);
  t.equal((await request('GET', `/v1/articles/${other.id}`)).statusCode, 200);
});

test('a story that was withdrawn answers 410 by id and slug after it is erased, too; what led to it no longer does', async (t) => {
  const story = await makePublished(desk, { locales: { en: { slug: 'sunk' } } });
  const payload = { notice: 'It did not happen.' };
  expectStatus(await desk('POST', `${urlOf(story.id)}/locales/en/withdraw`, { version: 1, payload }), 200);
  const other = await makePublished(desk);
  expectStatus(await desk('POST', `${urlOf(other.id)}/locales/en/withdraw`, { version: 1, payload: {} }), 200);
  await pool.query("update tombstones set type = 'redirect', target_id = $2 where article_id = $1", [
    other.id,
    story.id,
  ]);
  const changes = async () =>
    (await pool.query('select id, type, reason from changes where article_id = $1 order by id', [story.id])).rows;
  const log = await changes();
  const { version } = await getDeskArticle(desk, story.id);
  expectStatus(await trash(story.id, version), 204);
  expectStatus(await erase(story.id, version + 1), 204);
  for (const url of [`/v1/articles/${story.id}`, '/v1/articles/by-slug/en/sunk'])
    t.match(expectStatus(await request('GET', url), 410).json(), { code: 'gone', notice: 'It did not happen.' });
  const [last, ...more] = (await changes()).slice(log.length);
  t.same((await changes()).slice(0, log.length), log, 'pollers find what they found');
  t.match(last, { type: 'delete', reason: 'deleted' });
  t.same(more, []);
  const { rows } = await pool.query('select type, target_id from tombstones where article_id = $1', [other.id]);
  t.same(rows, [{ type: 'gone', target_id: null }]);
});
