// The log of what fails: the statement and the reason, and nothing of what the statement was given, be it a draft, a secret or a password.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { test } from 'tap';
import { buildTestApp } from './fixtures/app.ts';
import { testDatabase } from './fixtures/database.ts';
import { createLogged } from './fixtures/logged.ts';
import { startServer } from './fixtures/processes.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

const REFUSED = 'alter table ONE add constraint refused check (false) not valid';

// Seen to fail with withoutValues() that leaves all as it is, as those below: title, e-mail and the hash of the password, each three times.
test('a request that fails leaves nothing in the log of what it was about to write', async (t) => {
  const lines: string[] = [];
  const logStream = { write: (line: string) => void lines.push(line) };
  const { app, desk } = await buildTestApp(t, { logStream, logLevel: 'debug', roles: { api: true, jobs: false } });
  for (const table of ['drafts', 'users', 'webhook_secrets'])
    await app.db.desk.execute(sql.raw(REFUSED.replace('ONE', table)));
  const requests: [string, object][] = [
    ['/v1/desk/articles', { locales: { en: { title: 'Canary in a title', body: { text: 'Canary in a body' } } } }],
    ['/v1/desk/users', { email: 'canary@example.org', name: 'Canary', role: 'editor', password: 'a-canary-of-12' }],
    ['/v1/desk/webhooks', { url: 'https://example.org/hook' }],
  ];
  for (const [url, payload] of requests) t.equal((await desk('POST', url, { payload })).statusCode, 500, url);
  const log = lines.join('');
  t.notMatch(log, /canary|argon2/i);
  const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
  t.equal(errors.length, requests.length);
  for (const { err } of errors) {
    t.match(
      err.message,
      /^Failed query: insert into .*: new row for relation "\w+" violates check constraint "refused"$/s,
    );
    t.match(err.stack, /\n {4}at .*\ncaused by: /s, 'where it was, and why');
    t.same(err.params, []);
  }
});

// Seen to fail with the whole error for each: 2 KB and a stack.
test('while the database is away each request has a line with its reason, and one of them a stack', async (t) => {
  const lines: string[] = [];
  const url = new URL(await testDatabase(t));
  const { port, hostname } = url;
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on('error', () => {});
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(cut);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { desk } = await buildTestApp(t, {
    databaseUrl: url.href,
    logLevel: 'warn',
    logStream: { write: (line) => void lines.push(line) },
    roles: { api: true, jobs: false },
  });
  cut();
  for (let n = 0; n < 5; n += 1) t.equal((await desk('GET', '/v1/desk/articles')).statusCode, 503);
  const told = lines.map((line) => JSON.parse(line));
  const own = told.filter(({ reason }) => reason);
  t.equal(own.length, 5);
  for (const line of own) {
    t.match(line, { level: 40, reqId: /./, reason: /Connection terminated|ECONNREFUSED/ });
    t.notOk(Object.hasOwn(line, 'err'));
  }
  t.ok(Math.max(...own.map((line) => JSON.stringify(line).length)) < 400);
  const whole = told.filter(({ level }) => level === 50);
  t.match(whole, [{ msg: /database does not do/, err: { stack: /./ } }]);
  t.equal(whole.length, 1);
});

// Seen to fail where every 503 was told as one of the database, with a stack of nothing.
test('what is refused for now for another reason than the database has its line, and no word of the database', async (t) => {
  const { app, lines } = await createLogged(t);
  await app.db.pool.query('delete from migrations where name = (select max(name) from migrations)');
  t.equal((await app.inject('/health/ready')).statusCode, 503);
  const told = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
  t.match(told, [{ level: 40, reqId: /./, reason: 'The service is unavailable at the moment' }]);
  t.equal(told.length, 1);
});

// Where it was seen to fail, the word stood in the log and beside the job.
test('a job that fails tells nothing of what it looked for, in the log and beside the job', async (t) => {
  const lines: string[] = [];
  const logStream = { write: (line: string) => void lines.push(line) };
  const { app } = await buildTestApp(t, { logStream, logLevel: 'warn' });
  await app.db.desk.execute(sql`alter table search_documents rename column vector to elsewhere`);
  await app.db.desk.execute(
    sql`select graphile_worker.add_job('forget_words', '{"words": [{"locale": "en", "word": "canary"}]}')`,
  );
  await until('it has failed', async () => lines.some((line) => line.includes('Failed task')));
  t.match(lines.join(''), /forget_words.*Failed query: select .*column d.vector does not exist|Failed query: select/s);
  t.notMatch(lines.join(''), 'canary');
  const kept = async () => {
    const { rows } = await app.db.desk.execute(
      sql`select last_error from graphile_worker.jobs where last_error is not null`,
    );
    return rows.map((row) => String(row.last_error));
  };
  await until('it is kept', async () => (await kept()).length > 0);
  t.notMatch((await kept()).join(), 'canary');
});

// Where it was seen to fail, the secret stood there that cursors are sealed with.
test('a server that cannot begin says why without what it was about to write', async (t) => {
  const url = await testDatabase(t);
  await withClient(url, (client) => client.query(`delete from secrets; ${REFUSED.replace('ONE', 'secrets')}`));
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /Failed query: \s*insert into "?secrets/);
  t.notMatch(err, 'params:');
});
