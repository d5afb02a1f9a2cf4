// What holds the change feed back, and what does not: transactions of the cluster have one row of numbers, and each database a log of its own.
import pg from 'pg';
import t, { type Test, test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { createDatabase } from './fixtures/database.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { endOf } from './fixtures/following.ts';
import { until } from './fixtures/until.ts';

const lines: string[] = [];
const site = await buildTestApp(t, { logLevel: 'warn', logStream: { write: (line) => void lines.push(line) } });
const { app, request, desk, databaseUrl } = site;

/** A transaction that has a number, and stays open. */
async function open(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'dateline test, open' });
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return client;
}
const told = async (id: string) => expectStatus(await request('GET', '/v1/changes'), 200).body.includes(id);
const xmin = async () =>
  (await app.db.pool.query('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin')).rows[0].xmin;

// Seen to fail with the horizon pg_snapshot_xmin(pg_current_snapshot()), which stays where the other one began.
test('a transaction that is open in another database of the cluster holds nothing back', async (t) => {
  const elsewhere = await createDatabase({ empty: true });
  t.teardown(() => elsewhere.drop());
  const other = await open(t, elsewhere.url);
  const { rows } = await other.query('select pg_current_xact_id()::text as id');
  const { id } = await makePublished(desk);
  await until('it is told', () => told(id));
  // Whatever else is open, of this node too, the numbers stay where the other one began, or before it.
  t.ok(BigInt(await xmin()) <= BigInt(rows[0].id), 'the numbers of the cluster are held back');
  await other.query('rollback');
});

// Seen to fail where the number after the last that has ended is left out as well, since it is open elsewhere: then nothing was left to
// read up to, and on a busy cluster all of the log was away for seconds.
test('one that was the last to begin, in another database, hides nothing that was told before', async (t) => {
  const elsewhere = await createDatabase({ empty: true });
  t.teardown(() => elsewhere.drop());
  await open(t, elsewhere.url);
  const { id } = await makePublished(desk);
  await until('it is told', () => told(id));
  await open(t, elsewhere.url);
  for (let times = 0; times < 5; times += 1) t.ok(await told(id));
});

// Seen to fail where what is open elsewhere is asked for in the statement that reads the rows, in four runs of six (3 to 6 answers were
// empty), and more on a busy cluster.
test('those that end in another database in this very moment hide nothing that was told before', async (t) => {
  const elsewhere = await createDatabase({ empty: true });
  t.teardown(() => elsewhere.drop());
  const others = await Promise.all(Array.from({ length: 60 }, () => open(t, elsewhere.url)));
  const { id } = await makePublished(desk);
  await until('it is told', () => told(id));
  let hidden = 0;
  for (const other of others) {
    let isOpen = true;
    const ending = other.query('rollback').then(() => {
      isOpen = false;
    });
    const reading = [1, 2, 3].map(async () => {
      while (isOpen) if (!(await told(id))) hidden += 1;
    });
    await Promise.all([ending, ...reading]);
    await other.end();
  }
  t.equal(hidden, 0);
});

test('one that is open in this database does, in whatever order it writes; and it is told before what came later', async (t) => {
  const late = await makePublished(desk);
  await until('it is told', () => told(late.id));
  const elsewhere = await createDatabase({ empty: true });
  t.teardown(() => elsewhere.drop());
  await open(t, elsewhere.url);
  const slow = await open(t, databaseUrl);
  await open(t, elsewhere.url);
  const next = await endOf(request, app.db.pool);
  const soon = await makePublished(desk);
  const page = async () => (await request('GET', `/v1/changes?since=${next}`)).json().data;
  t.same(await page(), [], 'nobody knows what it will write');
  await slow.query(
    `insert into changes (type, reason, article_id, locale, version) values ('upsert', 'updated', $1, 'en', 1)`,
    [late.id],
  );
  t.same(await page(), []);
  await slow.query('commit');
  await until('both are told', async () => (await page()).length === 2);
  t.same(
    (await page()).map(({ articleId }: { articleId: string }) => articleId),
    [late.id, soon.id],
  );
});

test('a log that is held back for more than a minute is told of in the log of the server, with by what', async (t) => {
  const watch = () => app.db.pool.query(`select graphile_worker.add_job('watch_changes')`);
  const done = async () =>
    (await app.db.pool.query(`select from graphile_worker.jobs where task_identifier = 'watch_changes'`)).rowCount ===
    0;
  const slow = await open(t, databaseUrl);
  const { rows } = await slow.query('select pg_backend_pid() as pid');
  const { id } = await makePublished(desk);
  await watch();
  await until('it was looked at', done);
  t.same(
    lines.filter((line) => line.includes('held back')),
    [],
    'a moment is nothing',
  );
  await app.db.pool.query(`update changes set at = now() - interval '2 minutes' where article_id = $1`, [id]);
  await watch();
  await until('it is told', async () => lines.some((line) => line.includes('held back')));
  t.match(lines.join(), `a transaction of dateline test, open (pid ${rows[0].pid}) is open for`);
  await slow.query('rollback');
});
