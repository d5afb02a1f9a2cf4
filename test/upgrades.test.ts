// Nodes of two versions on one database: while an upgrade goes on, and after it was taken back (F20).
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { migrate } from '../src/db/migrate.ts';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { makeArticle, publishArticle } from './fixtures/factories.ts';
import { withClient } from './fixtures/sql.ts';

const FOLDER = new URL('../migrations/', import.meta.url);
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -'.sql'.length))
  .sort();
const newest = names.at(-1) ?? '';
/** The first that was written when there was this rule. */
const FIRST = '0026_cheaper_publishing';

/** It alters the table of drafts. */
const LAST = '0028_schedule_versions';

/** As a version to come would do it. */
const migrateFurther = (databaseUrl: string, oldest: string | null) =>
  withClient(databaseUrl, async (client) => {
    await client.query(
      `alter table published_articles add column later text not null default 'x'; alter table drafts add column later text; create table later (id int)`,
    );
    await client.query(`insert into migrations (name, digest, oldest) values ('9000_later', 'x', $1)`, [oldest]);
  });

// Seen to fail without the exception in checkHistory().
test('a node starts on the schema of the next version, and publishes and answers there', async (t) => {
  const databaseUrl = await testDatabase(t);
  await migrateFurther(databaseUrl, newest);
  t.same(await migrate(databaseUrl), []);
  const { desk, request } = await buildTestApp(t, { databaseUrl });
  t.equal((await request('GET', '/health/ready')).statusCode, 200);
  const article = await makeArticle(desk);
  await publishArticle(desk, article);
  t.equal((await request('GET', `/v1/articles/${article.id}`)).statusCode, 200);
  t.same((await request('GET', '/v1/articles')).json().data.length, 1);
});

test('a node answers on while the next version changes the schema under it', async (t) => {
  const { desk, request, databaseUrl } = await buildTestApp(t);
  const article = await makeArticle(desk);
  // What it asks is prepared on its connections by now.
  for (let at = 0; at < 8; at += 1) t.equal((await request('GET', `/v1/articles?limit=${at + 1}`)).statusCode, 200);
  await migrateFurther(databaseUrl, newest);
  await publishArticle(desk, article);
  for (let at = 0; at < 8; at += 1) {
    const answer = await request('GET', `/v1/articles?limit=${at + 11}`);
    t.equal(answer.statusCode, 200);
    t.equal(answer.json().data.length, 1);
  }
  t.equal((await request('GET', `/v1/articles/${article.id}`)).statusCode, 200);
  t.equal((await desk('GET', `/v1/desk/articles/${article.id}/locales/en`)).statusCode, 200);
});

// Seen to fail with `alter table ... if not exists` at each start: it waits, and the readiness of every node waits behind it.
test('a node starts while a dump of the database is being taken', async (t) => {
  const databaseUrl = await testDatabase(t);
  await withClient(databaseUrl, async (dump) => {
    // What pg_dump holds on each table until it ends.
    await dump.query('begin; lock table migrations in access share mode');
    const outcome = await Promise.race([migrate(databaseUrl), sleep(5_000, 'it waits')]);
    await dump.query('commit');
    t.same(outcome, []);
  });
});

// Seen to fail without LOCK_PATIENCE in db/migrate.ts: refused for as long as the dump takes.
test('a migration that waits for the end of a dump has nobody else wait for it, and is done then', async (t) => {
  const { desk, databaseUrl } = await buildTestApp(t);
  await withClient(databaseUrl, (client) =>
    client.query(`alter table drafts drop column schedule_version; delete from migrations where name = '${LAST}'`),
  );
  await withClient(databaseUrl, async (dump) => {
    // What pg_dump holds on each table until it ends.
    await dump.query('begin; lock table drafts in access share mode');
    const lines: string[] = [];
    const migrating = migrate(databaseUrl, (line) => void lines.push(line));
    await sleep(1_500);
    for (let asked = 0; asked < 3; asked += 1) {
      const began = performance.now();
      t.equal((await desk('GET', '/v1/desk/articles')).statusCode, 200);
      t.ok(performance.now() - began < 4_000);
      await sleep(500);
    }
    await dump.query('commit');
    t.same(await migrating, [LAST]);
    t.match(lines, [`Migration ${LAST} waits for a table that is in use`]);
  });
});

test('a node refuses a schema that it does not run with, and names the migration', async (t) => {
  for (const oldest of [null, '9000_later']) {
    const databaseUrl = await testDatabase(t);
    await migrateFurther(databaseUrl, oldest);
    await t.rejects(migrate(databaseUrl), /9000_later, which this version does not know/);
  }
});

test('each migration says with which version its schema runs, by the name of one before it', async (t) => {
  const bound = names.filter((name) => name >= FIRST);
  t.ok(bound.length > 0);
  for (const name of bound) {
    const [first = ''] = readFileSync(new URL(`${name}.sql`, FOLDER), 'utf8').split('\n');
    const [, oldest = ''] = /^-- runs with: (\S+)$/.exec(first) ?? [];
    t.ok(names.includes(oldest) && oldest < name, `${name}: ${first}`);
  }
});
