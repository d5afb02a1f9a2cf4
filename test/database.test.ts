// The databases of the tests themselves: each one apart, migrated, and gone afterwards.
import { test } from 'tap';
import { createDatabase, testDatabase } from './fixtures/database.ts';
import { findServer } from './fixtures/postgres.ts';
import { withClient } from './fixtures/sql.ts';

const names = async (url: string, sql: string) =>
  withClient(url, async (client) => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name));
const TABLES =
  "select table_name as name from information_schema.tables where table_schema in ('public', 'graphile_worker')";

test('a test database is migrated, the job queue included', async (t) => {
  const tables = await names(await testDatabase(t), TABLES);
  for (const table of ['site', 'drafts', 'published_articles', '_private_jobs']) t.ok(tables.includes(table), table);
});

test('an empty database has no table', async (t) => {
  t.same(await names(await testDatabase(t, { empty: true }), TABLES), []);
});

test('what one test writes, another does not see', async (t) => {
  const [first, second] = await Promise.all([testDatabase(t), testDatabase(t)]);
  await withClient(first, (client) =>
    client.query("insert into locales (tag, name, direction) values ('hy', 'Հայերեն', 'ltr')"),
  );
  t.same(await names(second, 'select tag as name from locales'), ['en']);
});

test('a database is dropped although somebody is still connected to it', async (t) => {
  const database = await createDatabase();
  const { adminUrl } = await findServer();
  await withClient(database.url, async (client) => {
    await database.drop();
    await t.rejects(client.query('select 1'));
  }).catch(() => {}); // its connection is broken by now, and ending it says so
  t.notOk(
    (await names(adminUrl, 'select datname as name from pg_database')).includes(
      new URL(database.url).pathname.slice(1),
    ),
  );
});
