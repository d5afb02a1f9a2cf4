// What a server, a database or a role has by default for its connections: none of it changes an answer, and what cannot be stood is told.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import tap, { type Test, test } from 'tap';
import { freePort } from '../src/db/ports.ts';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { expectStatus, makePublished, publishArticle, stateIn } from './fixtures/factories.ts';
import { listening, startServer } from './fixtures/processes.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

tap.setTimeout(240_000);

/** @returns the URL of a database that hands these to whoever does not say otherwise */
async function databaseWith(t: Test, defaults: Record<string, string>, options: { empty?: boolean } = {}) {
  const url = await testDatabase(t, options);
  const name = pg.escapeIdentifier(new URL(url).pathname.slice(1));
  await withClient(url, async (client) => {
    for (const [setting, value] of Object.entries(defaults))
      await client.query(`alter database ${name} set ${setting} = ${value}`);
  });
  return url;
}
const DEFAULTS = {
  default_transaction_isolation: 'serializable',
  DateStyle: "'SQL, DMY'",
  idle_session_timeout: '1000',
  jit: 'on',
  TimeZone: "'Asia/Tbilisi'",
};
const SHOWN = Object.keys(DEFAULTS)
  .map((name) => `current_setting('${name}') as "${name}"`)
  .join();

// Seen to fail without ALWAYS in db/settings.ts: "could not serialize access", and, that apart, 500 for the draft ("Invalid time value")
// and no `withdrawnAt`.
test('dates are read, races are not refused and plans are not compiled, whatever the database has by default', async (t) => {
  const { app, request, desk } = await buildTestApp(t, { databaseUrl: await databaseWith(t, DEFAULTS) });
  const publishedAt = '2026-03-04T05:06:07.000Z';
  const { id } = await makePublished(desk, {}, { publishedAt });
  const draft = expectStatus(await desk('GET', `/v1/desk/articles/${id}/locales/en`), 200).json().data;
  t.match(draft.createdAt, /^\d{4}-\d\d-\d\dT/);
  t.equal(expectStatus(await request('GET', `/v1/articles/${id}?locale=en`), 200).json().data.publishedAt, publishedAt);
  const payload = { notice: 'It was wrong.' };
  expectStatus(
    await desk('POST', `/v1/desk/articles/${id}/locales/en/withdraw`, { payload, version: draft.version }),
    200,
  );
  const gone = expectStatus(await request('GET', `/v1/articles/${id}?locale=en`), 410).json();
  t.match(gone.withdrawnAt, /^\d{4}-\d\d-\d\dT/);

  const settings = {
    default_transaction_isolation: 'read committed',
    idle_session_timeout: '0',
    jit: 'off',
    TimeZone: 'UTC',
  };
  const { rows } = await app.db.desk.execute(sql.raw(`select ${SHOWN}`));
  t.match(rows[0], settings, 'at the desk');
  t.match((await app.db.public.query({ name: 'shown', text: `select ${SHOWN}` }, []))[0], settings, 'of readers');
});

const AT_THE_TURN = '1899-12-31T19:29:59.000Z';

// Seen to fail without TimeZone in ALWAYS: 500 once it was published ("Invalid time value"), and for each look at it from then on.
test('what came out when clocks went by the sun is read and edited where the database has a zone of its own', async (t) => {
  const { request, desk } = await buildTestApp(t, { databaseUrl: await databaseWith(t, DEFAULTS) });
  const publishedAt = AT_THE_TURN;
  const story = await makePublished(desk, {}, { publishedAt });
  const edited = await desk('PATCH', `/v1/desk/articles/${story.id}/locales/en`, {
    version: stateIn(story, 'en').version,
    payload: { title: 'From the archive' },
  });
  t.equal(expectStatus(edited, 200).json().data.publishedAt, publishedAt);
  await publishArticle(desk, story);
  t.match(expectStatus(await request('GET', `/v1/articles/${story.id}`), 200).json().data, {
    title: 'From the archive',
    publishedAt,
  });
});

// Seen to fail without parseInputDatesAsUTC in db/settings.ts: each page led to itself.
test('a list of that time is walked to its end where this machine has a zone of its own', async (t) => {
  const { desk, baseUrl } = await buildTestApp(t);
  const { TZ } = process.env;
  t.teardown(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  process.env.TZ = 'Asia/Tbilisi';
  const { id } = await makePublished(desk, { kind: 'live' });
  const entries = `/v1/desk/articles/${id}/locales/en/entries`;
  for (const title of ['First', 'Second'])
    expectStatus(await desk('POST', entries, { payload: { title, body: { text: 'Of then.' }, at: AT_THE_TURN } }), 201);
  const first = expectStatus(await desk('GET', `${entries}?limit=1`), 200).json();
  const second = expectStatus(await desk('GET', first.links.next.slice(baseUrl.length)), 200).json();
  t.match([first, second], [{ data: [{ title: 'Second', at: AT_THE_TURN }] }, { data: [{ title: 'First' }] }]);
  t.equal(second.links.next, null);
});

// Seen to fail without PATIENTLY in db/migrate.ts: "canceling statement due to statement timeout".
test('a node waits for another that migrates for longer than the database gives a statement', async (t) => {
  const defaults = { ...DEFAULTS, statement_timeout: '800', lock_timeout: '800' };
  const url = await databaseWith(t, defaults, { empty: true });
  const port = String(await freePort());
  const child = await withClient(url, async (client) => {
    await client.query('set statement_timeout = 0; set idle_session_timeout = 0; select pg_advisory_lock(1684108389)');
    const started = startServer(t, { DATABASE_URL: url, DEMO: 'auto', PORT: port });
    await until('it waits for its turn', async () => {
      const { rows } = await client.query("select from pg_locks where locktype = 'advisory' and not granted");
      return rows.length > 0;
    });
    await sleep(1_500);
    return started;
  });
  await listening(child, `http://127.0.0.1:${port}`);
  t.match(child.told().out, /Demo newsroom: \d+ texts loaded/);
  t.notMatch(child.told().out, /"level":(40|50)/, 'nothing went wrong');
});

// Seen to fail without `place` in checkServer(): "relation \"public.locales\" does not exist".
test('a database where another schema than public goes first is refused, with what helps', async (t) => {
  const url = await testDatabase(t, { empty: true });
  await withClient(url, (client) => client.query(`create schema ${pg.escapeIdentifier(new URL(url).username)}`));
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /search_path leads to "\w+" first: alter role "\w+" in database "\w+" set search_path = public;/);
  t.notMatch(err, /\n\s+at /, 'no stack');
  const [, remedy = ''] = /(alter role .*;)/.exec(err) ?? [];
  await withClient(url, (client) => client.query(remedy));
  const port = String(await freePort());
  await listening(startServer(t, { DATABASE_URL: url, PORT: port }), `http://127.0.0.1:${port}`);
});
