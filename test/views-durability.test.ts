// The view counter under load, on several nodes, through killed processes and servers: what is acknowledged is counted, once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { runMigrations } from 'graphile-worker';
import tap, { type Test, test } from 'tap';
import { startPostgres } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { freePort } from '../src/db/ports.ts';
import { isAlive, readPidFile } from '../src/db/postmaster.ts';
import { buildTestApp, type TestApp } from './fixtures/app.ts';
import { expectStatus, makePublished } from './fixtures/factories.ts';
import { PRELOAD, sourceFile } from './fixtures/processes.ts';
import { wrongRefusal } from './fixtures/refusals.ts';

tap.setTimeout(240_000);
const ROLES = { api: true, jobs: false };
const MAIN = sourceFile('src/main.ts');

// A server of this file's own, since that of the other tests has no fsync, and nobody may stop it.
const folder = await mkdtemp(join(tmpdir(), 'dateline-views-'));
await chmod(folder, 0o755);
const dataDir = join(folder, 'postgres');
const servers = [await startPostgres({ dataDir })];
const databaseUrl = servers[0]?.url ?? '';
tap.teardown(async () => {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});
await migrate(databaseUrl);
await runMigrations({ connectionString: databaseUrl });

const browser = (version: number | string) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}) Gecko/20100101 Firefox/${version}`;
type Site = Pick<TestApp, 'app' | 'request'>;
const open = (t: Test) => buildTestApp(t, { databaseUrl, roles: ROLES });
const view = ({ request }: Site, id: string, reader: number | string) =>
  request('POST', `/v1/articles/${id}/views`, { headers: { 'user-agent': browser(reader) } });
const countView = async (site: Site, id: string, reader: number | string) =>
  expectStatus(await view(site, id, reader), 204);
const totalOf = async ({ request }: Site, id: string): Promise<number> =>
  expectStatus(await request('GET', `/v1/articles/${id}/views`), 200).json().data.total;
const rows = async ({ app }: Site, query: ReturnType<typeof sql>) =>
  (await app.db.desk.execute<Record<string, unknown>>(query)).rows;

// Seen to fail with: `views = total.views + 1` in batch.ts, and count() that returns Promise.resolve() in counting.ts.
test('of 500 views at once on one story, and of 500 spread over many, each is counted', async (t) => {
  const site = await open(t);
  const one = await makePublished(site.desk);
  const many = await Promise.all(Array.from({ length: 10 }, () => makePublished(site.desk)));
  const views = Array.from({ length: 500 }, (_, reader) =>
    [one.id, many[reader % 10]?.id ?? ''].map((id) => countView(site, id, reader)),
  );
  await Promise.all(views.flat());
  t.equal(await totalOf(site, one.id), 500);
  for (const { id } of many) t.equal(await totalOf(site, id), 50);
});

// Seen to fail with: a salt of its own in each node, in salts.ts.
test('two nodes on one database agree on who was counted', async (t) => {
  const [site, other] = [await open(t), await open(t)];
  const ids = [(await makePublished(site.desk)).id, (await makePublished(site.desk)).id];
  // Each story has 75 readers, and each of them comes three times to either node.
  const views = Array.from({ length: 900 }, (_, at) =>
    countView((at >> 1) % 2 ? site : other, ids[at % 2] ?? '', at % 150),
  );
  await Promise.all(views);
  for (const id of ids) t.equal(await totalOf(other, id), 75);
});

/** Counts views of ever new readers, sixteen at once, until it is stopped; a reader who is refused comes again. */
function loadOf(send: (reader: number) => Promise<boolean>) {
  let [readers, going] = [0, true];
  const working = Array.from({ length: 16 }, async () => {
    while (going) {
      readers += 1;
      for (const reader = readers; !(await send(reader)); ) await sleep(20);
    }
  });
  return {
    /** @returns how many readers there were */
    async stop() {
      going = false;
      await Promise.all(working);
      return readers;
    },
  };
}

// Seen to fail with: MOST_TRIES = 1 in counting.ts.
test('when the connection of the counter breaks under load, no view is refused, lost or counted twice', async (t) => {
  const site = await open(t);
  const { id } = await makePublished(site.desk);
  const refusals: string[] = [];
  const load = loadOf(async (reader) => {
    const { statusCode, body } = await view(site, id, reader);
    if (statusCode !== 204) refusals.push(body);
    return statusCode === 204;
  });
  let ended = 0;
  while (ended < 8) {
    await sleep(60);
    const { length } = await rows(
      site,
      sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%view_visitors as visitor%' and pid <> pg_backend_pid()`,
    );
    ended += length;
  }
  const readers = await load.stop();
  t.same(refusals, []);
  t.equal(await totalOf(site, id), readers);
});

// Seen to fail where only a connection that was there before the batch may break: the view is refused.
test('a view is counted once whose connection breaks three times in a row, each time a new one', async (t) => {
  const site = await open(t);
  const { id } = await makePublished(site.desk);
  const { pool } = site.app.db;
  const blocker = await pool.connect();
  t.teardown(() => blocker.release());
  await blocker.query('begin; lock table view_visitors in access exclusive mode');
  let answered = false;
  const counted = view(site, id, 'patient').finally(() => {
    answered = true;
  });
  for (let broken = 0; broken < 3 && !answered; ) {
    const { rowCount } = await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and query like '%view_visitors as visitor%' and datname = current_database()`,
    );
    broken += rowCount ?? 0;
    await sleep(20);
  }
  await blocker.query('commit');
  t.equal((await counted).statusCode, 204);
  t.equal(await totalOf(site, id), 1);
});

// Seen to fail with: `synchronous_commit = off` and no retry-after in counting.ts; no `where visitor.seen_at <=` in batch.ts.
test('a server that is stopped at once and started again under load refuses meanwhile, and no view is lost or counted twice', async (t) => {
  const site = await open(t);
  const { id } = await makePublished(site.desk);
  const odd: string[] = [];
  let refused = 0;
  const load = loadOf(async (reader) => {
    const answer = await view(site, id, reader);
    if (answer.statusCode === 204) return true;
    refused += 1;
    odd.push(...wrongRefusal(answer, [503]));
    if (!/^[1-9]\d*$/.test(String(answer.headers['retry-after']))) odd.push('no Retry-After');
    return false;
  });
  await sleep(400);
  const { pid } = (await readPidFile(dataDir)) ?? {};
  if (!pid) throw new Error('no server runs');
  process.kill(pid, 'SIGQUIT'); // what pg_ctl calls an immediate stop
  while (isAlive(pid)) await sleep(10);
  await sleep(300);
  t.same(wrongRefusal(await view(site, id, 'away'), [503]), []);
  t.equal((await site.request('GET', `/v1/articles/${id}/views`)).statusCode, 503);
  t.ok(refused > 0, 'readers were refused meanwhile');
  servers.push(await startPostgres({ dataDir }));
  const began = performance.now();
  while ((await view(site, id, 'back')).statusCode !== 204 && performance.now() - began < 30_000) await sleep(20);
  t.ok(performance.now() - began < 30_000, 'it counts again without a human');
  await sleep(300);
  const readers = await load.stop();
  t.same(odd, []);
  t.equal(
    await totalOf(site, id),
    readers + 1,
    'each reader who was answered 204 in the end, and the one who came back',
  );
});

/** A node as it runs in production. */
async function startNode(t: Test) {
  const port = await freePort();
  const { NODE_OPTIONS: _, ...own } = process.env;
  const env = { ...own, DATABASE_URL: databaseUrl, PORT: String(port), DEMO: 'off', ROLES: 'api' };
  // In a folder without a .env of its own.
  const child = spawn(process.execPath, [PRELOAD, MAIN], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  t.teardown(kill);
  const origin = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${origin}/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  for (let tries = 0; !(await isReady()); tries += 1) {
    if (tries > 2_000 || child.exitCode !== null) throw new Error('the node does not answer');
    await sleep(25);
  }
  return {
    kill,
    /** @returns whether the view was acknowledged */
    view: (id: string, reader: number) =>
      fetch(`${origin}/v1/articles/${id}/views`, { method: 'POST', headers: { 'user-agent': browser(reader) } }).then(
        ({ status }) => status === 204,
        () => false,
      ),
  };
}

// Seen to fail with: count() that returns Promise.resolve(), and no `where visitor.seen_at <=`: who comes again is counted.
test('a node that is killed under load, five times, has counted each view that it acknowledged, and none twice (F02)', async (t) => {
  const site = await open(t);
  const { id } = await makePublished(site.desk);
  let [readers, cutOff] = [0, 0];
  let node = await startNode(t);
  const again = async (visitors: number[]) => {
    const answers = await Promise.all(visitors.map((reader) => node.view(id, reader)));
    t.ok(answers.every(Boolean), 'those who come again are answered');
  };
  for (let round = 1; round <= 5; round += 1) {
    const [acknowledged, cut]: [number[], number[]] = [[], []];
    let alive = true;
    const working = Array.from({ length: 32 }, async () => {
      while (alive) {
        readers += 1;
        const reader = readers;
        ((await node.view(id, reader)) ? acknowledged : cut).push(reader);
      }
    });
    while (acknowledged.length < 100) await sleep(5);
    await sleep(Math.random() * 100);
    alive = false;
    await node.kill();
    await Promise.all(working);
    const total = await totalOf(site, id);
    // Who was counted is not counted again within 30 seconds: coming again tells who was.
    node = await startNode(t);
    await again(acknowledged);
    t.equal(
      await totalOf(site, id),
      total,
      `round ${round}: ${acknowledged.length} were acknowledged, all of them counted`,
    );
    await again(cut);
    t.equal(await totalOf(site, id), readers, `${cut.length} were cut off, and are counted when they come again`);
    cutOff += cut.length;
  }
  t.ok(cutOff > 0, 'nodes were killed in the middle of it');
});
