// What a server says that cannot start: in words, with the setting that is wrong, without a stack and without a secret.
import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';
import tap, { test } from 'tap';
import manifest from '../package.json' with { type: 'json' };
import { freePort } from '../src/db/ports.ts';
import { createDatabase, testDatabase } from './fixtures/database.ts';
import { listening, sourceFile, start, startServer } from './fixtures/processes.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

tap.setTimeout(240_000);

test('a wrong configuration is a readable list of all that is wrong, without the secrets', async (t) => {
  const secret = 'swordfish';
  const child = startServer(t, {
    PORT: 'http',
    LOG_LEVEL: 'loud',
    DEMO: 'perhaps',
    ROLES: 'king',
    BASE_URL: 'ftp://x',
    ADMIN_KEY: secret,
    DATABASE_URL: `mysql://u:${secret}@h/x`,
  });
  t.equal((await child.ended).code, 1);
  for (const name of ['PORT', 'LOG_LEVEL', 'DEMO', 'ROLES', 'BASE_URL', 'ADMIN_KEY', 'DATABASE_URL'])
    t.match(child.told().err, new RegExp(`- ${name} must be`));
  t.notMatch(child.told().err, secret);
  t.notMatch(child.told().err, /\n\s+at /, 'no stack');
});

// Seen to fail where preload.js imported it by name: an older Node.js told of an export that was not found, and this one started.
test('a Node.js that is too old is told which one is needed', async (t) => {
  const older = `data:text/javascript,${encodeURIComponent("import module from 'node:module'; delete module.registerHooks;")}`;
  const env = { PATH: process.env.PATH, NODE_OPTIONS: `--import=${older}`, LOG_LEVEL: 'loud' };
  const { code, out, err } = await start(t, [sourceFile('src/main.ts')], { cwd: t.testdir(), env }).ended;
  t.equal(code, 1);
  t.match(err, `Node.js ${manifest.engines.node} is needed, and this is ${process.version}.`);
  t.equal(err.trim().split('\n').length + out.length, 1, 'and nothing else');
});

// Seen to fail with process.loadEnvFile() in config.ts: the name behind the mark was not heard of, and so was none in UTF-16.
test('a .env is read behind a byte order mark too, and refused in UTF-16; what is empty in the environment is not set', async (t) => {
  const told = async (file: string | Buffer) => {
    const cwd = t.testdir({ '.env': file });
    const env = { PATH: process.env.PATH, LOG_LEVEL: '', ROLES: 'queen' };
    const { code, err } = await start(t, [sourceFile('src/main.ts')], { cwd, env }).ended;
    t.equal(code, 1);
    t.notMatch(err, /\n\s+at /, 'no stack');
    return err;
  };
  const said = await told('\uFEFFPORT=first\r\nLOG_LEVEL="loud"\r\nROLES=king\r\n');
  for (const value of ['PORT.*"first"', 'LOG_LEVEL.*"loud"', 'ROLES.*"queen"']) t.match(said, new RegExp(value));
  const utf16 = Buffer.from('PORT=first\n', 'utf16le');
  for (const file of [utf16, Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])])
    t.match(await told(file), '- .env must be written in UTF-8');
});

// Seen to fail without explainRefusal() in main.ts: a stack trace.
test('a database that cannot be used is told in one sentence, without the password', async (t) => {
  const url = new URL(await testDatabase(t));
  const changed = (change: Partial<Pick<URL, 'port' | 'hostname' | 'password' | 'username' | 'pathname'>>) =>
    Object.assign(new URL(url), { ...change, password: change.password ?? 'swordfish' }).href;
  const own = url.password;
  const cases: [string, RegExp][] = [
    [changed({ port: '1' }), /nothing listens there/],
    [changed({ hostname: 'nowhere.invalid' }), /host is not known/],
    [changed({ username: 'nobody' }), /refuses the user name or the password|refuses this user|role "nobody"/],
    [changed({ pathname: '/nowhere', password: own }), /has no database of this name/],
  ];
  const children = cases.map(([databaseUrl]) => startServer(t, { DATABASE_URL: databaseUrl }));
  for (const [at, child] of children.entries()) {
    t.equal((await child.ended).code, 1);
    t.match(child.told().err, cases[at]?.[1]);
    t.notMatch(child.told().err, /swordfish/);
    t.notMatch(child.told().err, /\n\s+at /, 'no stack');
  }
});

// Seen to fail without `opened` in checkServer(): it started, and answered readers as the owner, with fronts that are not public.
test('a database that does not learn what connections are opened with, and so not the role of readers, is refused', async (t) => {
  const url = `${await testDatabase(t)}?options=-c%20search_path%3Dpublic`;
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /role of readers: DATABASE_URL may have no `options`.*pooler/);
  t.notMatch(err, /\n\s+at /, 'no stack');
});

// Seen to fail without 25006 in db/refusals.ts: a stack.
test('a database in which nothing can be written is told as such', async (t) => {
  const url = await testDatabase(t);
  const name = pg.escapeIdentifier(new URL(url).pathname.slice(1));
  await withClient(url, (client) => client.query(`alter database ${name} set default_transaction_read_only = on`));
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /nothing can be written there: it is a standby/);
  t.notMatch(err, /\n\s+at /, 'no stack');
});

// Seen to fail without askAsReader() in commands/prepare.ts: it was ready, and answered each reader 500.
test('a database that was restored without the role of readers is refused, with the way out', async (t) => {
  const url = await testDatabase(t);
  await withClient(url, (client) =>
    client.query('revoke select on all tables in schema public from dateline_reader cascade'),
  );
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /restored where the role of readers was missing.*README, Backup/);
  t.notMatch(err, /\n\s+at /, 'no stack');
});

// Seen to fail with ensureAdminKey() before the demo newsroom: the key was there, and nobody had been told.
test('where a first start is cut short while the demo newsroom is loaded, the next one shows the key', async (t) => {
  const url = await testDatabase(t);
  const environment = { DATABASE_URL: url, DEMO: 'auto', ADMIN_KEY: '' };
  await withClient(url, async (client) => {
    await client.query('begin; lock table locales');
    const first = startServer(t, environment);
    await until('the demo newsroom is being loaded', async () => {
      const { rows } = await client.query(`select from pg_locks where relation = 'locales'::regclass and not granted`);
      return rows.length > 0;
    });
    first.process.kill('SIGKILL');
    await first.ended;
    await client.query('rollback');
  });
  const port = String(await freePort());
  const next = startServer(t, { ...environment, DEMO: 'off', PORT: port });
  await listening(next, `http://127.0.0.1:${port}`);
  const [, key = ''] = /Administrator's key: (\S+)/.exec(next.told().out) ?? [];
  const headers = { authorization: `Bearer ${key}` };
  t.equal((await fetch(`http://127.0.0.1:${port}/v1/desk/keys`, { headers })).status, 200);
});

// Seen at SIGTERM while the demo newsroom was loaded: the embedded database ended, and an unheard 'error' of the lock ended the process.
test('a database that ends while the demo newsroom is loaded is no event that nobody hears', async (t) => {
  const url = await testDatabase(t);
  await withClient(url, async (client) => {
    await client.query('begin; lock table locales');
    const first = startServer(t, { DATABASE_URL: url, DEMO: 'auto' });
    await until('the demo newsroom is being loaded', async () => {
      const { rows } = await client.query(`select from pg_locks where relation = 'locales'::regclass and not granted`);
      return rows.length > 0;
    });
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'dateline prepare'`);
    const { code, err } = await first.ended;
    t.equal(code, 1);
    t.notMatch(err, /Unhandled/);
  });
});

/** Nothing answers there. */
const nowhere = async () => `postgres://u@127.0.0.1:${await freePort()}/nothing`;

// Seen to fail where it is found out behind the database: that is what was told of, or started.
test('a port that is taken is told by its number', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const address = server.address();
  const port = String(typeof address === 'object' ? address?.port : '');
  const child = startServer(t, { PORT: port, DATABASE_URL: await nowhere() });
  t.equal((await child.ended).code, 1);
  t.match(child.told().err, `PORT ${port} is taken`);
  t.notMatch(child.told().err, /\n\s+at /, 'no stack');
});

test('an address that is not of this machine is told by its name', async (t) => {
  const child = startServer(t, { HOST: '192.0.2.1', DATABASE_URL: await nowhere() });
  t.equal((await child.ended).code, 1);
  t.match(child.told().err, 'HOST 192.0.2.1 is no address of this machine');
  t.notMatch(child.told().err, /\n\s+at /, 'no stack');
});

// Seen to fail without checkServer() in db/migrate.ts: it starts, and search finds nothing in Russian or Armenian.
test('a database that is not encoded in UTF8 is refused', async (t) => {
  const database = await createDatabase({ empty: true });
  t.teardown(() => database.drop());
  const name = `ascii_${process.pid}`;
  await withClient(database.url, (client) =>
    client.query(`create database ${name} encoding 'SQL_ASCII' template template0 locale 'C' locale_provider 'libc'`),
  );
  t.teardown(() => withClient(database.url, (client) => client.query(`drop database ${name} with (force)`)));
  const child = startServer(t, { DATABASE_URL: Object.assign(new URL(database.url), { pathname: `/${name}` }).href });
  t.equal((await child.ended).code, 1);
  t.match(child.told().err, /encoded in SQL_ASCII; version 15 or later and UTF8 are needed/);
  t.notMatch(child.told().err, /\n\s+at /, 'no stack');
});

// Seen to fail without the race in main.ts: "Stopping took too long", and not a word of why.
test('why a server could not begin is told, also where what had begun does not end', async (t) => {
  const database = await createDatabase();
  const name = `stranger_${process.pid}`;
  const ident = pg.escapeIdentifier(name);
  t.teardown(async () => {
    await withClient(database.url, (client) => client.query(`drop owned by ${ident}; drop role ${ident}`));
    await database.drop();
  });
  // All rights, but the tables of the job queue belong to another: their policies let nobody else in.
  await withClient(database.url, (client) =>
    client.query(`create role ${ident} login password 'swordfish'; grant dateline_reader to ${ident};
      grant all on schema public, graphile_worker to ${ident}; grant all on all tables in schema public, graphile_worker to ${ident};
      grant all on all sequences in schema public, graphile_worker to ${ident}; alter table migrations owner to ${ident};`),
  );
  const url = Object.assign(new URL(database.url), { username: name, password: 'swordfish' }).href;
  const { code, err } = await startServer(t, { DATABASE_URL: url }).ended;
  t.equal(code, 1);
  t.match(err, /row-level security/);
  t.notMatch(err, /swordfish/);
});

test('an account that may not make the role of readers is told what a superuser has to do, and then it works', async (t) => {
  const database = await createDatabase({ empty: true });
  const name = `limited_${process.pid}`;
  const ident = pg.escapeIdentifier(name);
  t.teardown(async () => {
    await database.drop();
    await withClient(Object.assign(new URL(database.url), { pathname: '/postgres' }).href, async (client) =>
      client.query(`drop role ${ident}`),
    );
  });
  await withClient(database.url, async (client) => {
    await client.query(`create role ${ident} login password 'swordfish' nocreaterole`);
    await client.query(
      `grant all on schema public to ${ident}; grant create on database ${pg.escapeIdentifier(new URL(database.url).pathname.slice(1))} to ${ident}`,
    );
  });
  const limited = Object.assign(new URL(database.url), { username: name, password: 'swordfish' }).href;
  const refused = startServer(t, { DATABASE_URL: limited });
  const { code, err } = await refused.ended;
  t.equal(code, 1);
  t.match(err, /run: grant dateline_reader to/, 'the role itself is there, of the other databases');
  t.notMatch(err, /\n\s+at |swordfish/);
  await withClient(database.url, (client) => client.query(`grant dateline_reader to ${ident}`));
  const port = await freePort();
  const child = startServer(t, { DATABASE_URL: limited, PORT: String(port) });
  await listening(child, `http://127.0.0.1:${port}`);
  t.equal((await fetch(`http://127.0.0.1:${port}/v1/articles`)).status, 200);
  child.process.kill('SIGTERM');
  await child.ended;
  // Seen to fail without explain() behind app.ready() in main.ts: a stack.
  await withClient(database.url, (client) => client.query(`alter role ${ident} connection limit 6`));
  const crowded = await startServer(t, { DATABASE_URL: limited }).ended;
  t.equal(crowded.code, 1);
  t.match(crowded.err, /all its connections are taken/);
  t.notMatch(crowded.err, /\n\s+at |swordfish/);
});
