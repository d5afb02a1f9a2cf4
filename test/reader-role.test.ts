// The database role that answers the public: what it may read, and that it may write nothing.
import t, { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { withClient } from './fixtures/sql.ts';

const { app, databaseUrl } = await buildTestApp(t, { roles: { api: true, jobs: false } });

test('the role that answers the public can read what is published and the taxonomy, and write nothing', async (t) => {
  const [who] = await app.db.public.query<{ role: string; readonly: string }>(
    { name: 'who', text: "select current_user as role, current_setting('transaction_read_only') as readonly" },
    [],
  );
  t.same(who, { role: 'dateline_reader', readonly: 'on' });
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`,
    );
    await client.query('set role dateline_reader');
    const may = async (statement: string) =>
      client.query(statement).then(
        () => true,
        ({ code }) => (code === '42501' ? false : code),
      );
    const readable: string[] = [];
    for (const { name } of rows) {
      const answer = await may(`select * from ${name} limit 0`);
      if (answer) readable.push(`${name.replace('public.', '')}${answer === true ? '' : answer}`);
      for (const statement of [`delete from ${name}`, `truncate ${name}`])
        t.equal(await may(statement), false, statement);
    }
    t.same(readable, [
      'change_log',
      'changes',
      'contributor_texts',
      'contributors',
      'developments',
      'families',
      // Its public rows alone: a policy hides the others.
      'fields',
      // Its public rows alone, likewise.
      'fronts',
      'listings',
      'locales',
      // Those that a published story shows alone, likewise.
      'media',
      'path_redirects',
      'published_articles',
      'published_entries',
      'redirects',
      'region_texts',
      'regions',
      'search_documents',
      'search_words',
      'site',
      'tag_texts',
      'tags',
      'term_redirects',
      'tombstones',
      'trending',
      'trending_refreshes',
      'view_counts',
    ]);
    for (const name of ['articles', 'drafts', 'revisions', 'audit', 'api_keys', 'secrets']) {
      t.ok(
        rows.some((row) => row.name === `public.${name}`),
        name,
      );
    }
    t.equal(await may('create table loot (x int)'), false);
  });
});

test('of changes of a front, the role sees what is due and not who made it; of a front that is not public, nothing', async (t) => {
  await withClient(databaseUrl, async (client) => {
    await client.query(`insert into fronts (id, slug, public, title, description, slots) values
      ('01980a2e-0001-7000-8000-000000000001', 'open', true, '{}', '{}', '[]'), ('01980a2e-0001-7000-8000-000000000002', 'shut', false, '{}', '{}', '[]')`);
    await client.query(`insert into front_changes (id, front_id, at, slot, content)
      select gen_random_uuid(), '01980a2e-0001-7000-8000-000000000001', now() + x::interval, x, '{}' from unnest(array['-1 second', '1 hour']) x`);
    await client.query('set role dateline_reader');
    const column = async (statement: string) => (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
    t.same(await column('select slug from fronts'), ['open']);
    t.same(await column('select slot from front_changes'), ['-1 second']);
    await t.rejects(client.query('select user_id from front_changes'), { code: '42501' });
  });
});
