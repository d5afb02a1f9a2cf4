// The process itself: how it stops under load, and many of it on one database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import tap, { test } from 'tap';
import { freePort } from '../src/db/ports.ts';
import { isAlive } from '../src/db/postmaster.ts';
import { testDatabase } from './fixtures/database.ts';
import { KEY, listening, run, sourceFile, startServer } from './fixtures/processes.ts';
import { withClient } from './fixtures/sql.ts';
import { until } from './fixtures/until.ts';

tap.setTimeout(240_000);
const MIGRATE = `import { migrate } from ${JSON.stringify(new URL('../src/db/migrate.ts', import.meta.url).href)}; console.log(JSON.stringify(await migrate(process.argv[1])));`;

// Seen to fail without `exec` in package.json, where the shell of npm is one that forks: the server went on, with its port and its PostgreSQL.
test('whoever ends `npm start` ends the server', async (t) => {
  const port = await freePort();
  const { NODE_OPTIONS: _, ...own } = process.env;
  const npm = spawn('npm', ['start'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...own, PORT: String(port), DATABASE_URL: await testDatabase(t), DEMO: 'off', ADMIN_KEY: KEY },
  });
  const ended = once(npm, 'exit');
  let out = '';
  npm.stdout.on('data', (chunk) => {
    out += chunk;
  });
  t.teardown(() => npm.kill('SIGKILL'));
  await until('it answers', async () => out.includes('Dateline answers at'), 60_000);
  npm.kill('SIGTERM');
  await ended;
  await until('nothing listens there', () =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      () => false,
      () => true,
    ),
  );
  t.match(out, 'Stopping');
});

// Seen to fail without SIGHUP in main.ts: the server was gone, and its PostgreSQL went on for ever, beneath whoever copied the folder.
test('a terminal that is closed ends the server in order, and its PostgreSQL with it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dateline-terminal-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const port = await freePort();
  const child = run(t, [sourceFile('src/main.ts')], {
    ...{ PORT: String(port), DATA_DIR: join(folder, 'data'), DEMO: 'off', ADMIN_KEY: KEY },
  });
  await listening(child, `http://127.0.0.1:${port}`);
  const pidFile = join(folder, 'data', 'postgres', 'postmaster.pid');
  const postgres = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
  child.process.kill('SIGHUP');
  const { code, out } = await child.ended;
  t.equal(code, 0);
  t.match(out, 'Stopping');
  // Its pid file is gone before it is, and then the system has to take notice.
  const isGone = until('nothing of it is left', async () => !isAlive(postgres), 10_000);
  await t.resolves(isGone.catch((error: unknown) => process.kill(postgres, 'SIGINT') && Promise.reject(error)));
});

// Seen to fail with: `process.exit(0)` straight in the handler of SIGTERM in main.ts (views and requests are cut off).
test('SIGTERM under load on one of two nodes: requests in flight are answered, acknowledged views are kept, exit 0 in time (F15, F02)', async (t) => {
  const databaseUrl = await testDatabase(t);
  const [leaving, staying] = [await freePort(), await freePort()];
  const child = startServer(t, { DATABASE_URL: databaseUrl, PORT: String(leaving) });
  const other = startServer(t, { DATABASE_URL: databaseUrl, PORT: String(staying) });
  const [origin, second] = [`http://127.0.0.1:${leaving}`, `http://127.0.0.1:${staying}`];
  await Promise.all([listening(child, origin), listening(other, second)]);
  const desk = async (path: string, body: object, headers = {}) => {
    const answer = await fetch(`${second}/v1/desk${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, ...headers },
    });
    return (await answer.json()) as { data: { id: string } };
  };
  const { data } = await desk('/articles', { locales: { en: { title: 'Harbour' } } });
  await desk(`/articles/${data.id}/locales/en/publish`, {}, { 'if-match': '"1"' });

  let [acknowledged, reader, load] = [0, 0, true];
  const odd: string[] = [];
  const view = async (at: string) => {
    reader += 1;
    const answer = await fetch(`${at}/v1/articles/${data.id}/views`, {
      method: 'POST',
      headers: { 'user-agent': `Mozilla/5.0 Firefox/${reader}` },
    }).catch((error: Error) => error);
    // A node that is gone refuses connections; one that goes may hang up on an idle one that was just picked.
    if (answer instanceof Error) return false;
    if (answer.status === 204) acknowledged += 1;
    else if (answer.status !== 503) odd.push(`view ${answer.status}`);
    return answer.status === 204;
  };
  const read = async (at: string) => {
    const answer = await fetch(`${at}/v1/articles/${data.id}`).catch(() => undefined);
    if (answer?.status === 503 && !answer.headers.get('content-type')?.startsWith('application/problem+json'))
      odd.push('a 503 that is no problem document');
    if (answer && answer.status !== 200 && answer.status !== 503) odd.push(`read ${answer.status}`);
    if (answer?.status === 200 && !(await answer.text()).endsWith('}')) odd.push('a read was cut off');
  };
  const working = Array.from({ length: 16 }, async () => {
    while (load) {
      if (!(await view(origin))) await view(second);
      await read(origin);
    }
  });
  await sleep(500);
  // Five views are held in the middle by a lock, so that they are surely in flight when the signal comes.
  const began = performance.now();
  const held = await withClient(databaseUrl, async (client) => {
    await client.query('begin');
    await client.query('lock table view_counts in share row exclusive mode');
    const views = Array.from({ length: 5 }, () => view(origin));
    await sleep(300);
    child.process.kill('SIGTERM');
    await sleep(250);
    // An impatient hand, which ended the process at once, with all that was in flight.
    child.process.kill('SIGTERM');
    await sleep(250);
    await client.query('commit');
    return Promise.all(views);
  });
  t.same(held, [true, true, true, true, true], 'what was in flight is answered');
  t.equal((await child.ended).code, 0, child.told().err);
  const took = performance.now() - began;
  t.ok(took < 10_000, `it took ${took} ms`);
  await sleep(200);
  load = false;
  await Promise.all(working);
  t.same(odd, [], 'nothing but answers and 503');
  t.ok(acknowledged > 20, `${acknowledged} views`);
  const answer = await fetch(`${second}/v1/views?ids=${data.id}`);
  const counted = ((await answer.json()) as { data: unknown }).data;
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query<{ sum: number }>('select sum(views)::int as sum from view_counts'),
  );
  const sum = rows[0]?.sum ?? 0;
  // One that was committed when its node hung up is counted and not acknowledged.
  t.ok(
    sum >= acknowledged && sum <= reader,
    `${sum} are kept of ${acknowledged} acknowledged and ${reader} sent; told: ${JSON.stringify(counted)}`,
  );
  t.equal(child.told().err, '', 'and no complaint');
});

// Seen to fail without pg_advisory_lock in db/migrate.ts.
test('five processes that migrate an empty database at once all succeed, and each migration is applied once (F19)', async (t) => {
  const url = await testDatabase(t, { empty: true });
  const children = [1, 2, 3, 4, 5].map(() => run(t, ['--input-type=module', '-e', MIGRATE, url], {}));
  for (const child of children) t.equal((await child.ended).code, 0, child.told().err);
  const applied = children.flatMap((child) => JSON.parse(child.told().out) as string[]);
  t.ok(applied.length > 0);
  t.equal(new Set(applied).size, applied.length, 'by one of them');
});

// Seen to fail with: the `begin` of apply() left out in db/migrate.ts.
test('a migration that is killed in the middle is not half there, and the next start finishes it (F18)', async (t) => {
  const url = await testDatabase(t, { empty: true });
  for (const patience of [150, 220, 260, 300, 350]) {
    const child = run(t, ['--input-type=module', '-e', MIGRATE, url], {});
    await Promise.race([child.ended, sleep(patience)]);
    child.process.kill('SIGKILL');
    await child.ended;
    await withClient(url, async (client) => {
      const { rows } = await client.query<{ marked: number; made: boolean }>(`
        select coalesce((xpath('/row/n/text()', query_to_xml($$select count(*) as n from migrations where name like '0000%'$$, true, true, '')))[1]::text::int, 0) as marked,
          to_regclass('public.articles') is not null as made where to_regclass('public.migrations') is not null`);
      if (rows[0])
        t.equal(rows[0].marked === 1, rows[0].made, `after ${patience} ms it is marked if and only if it is there`);
    });
  }
  const last = run(t, ['--input-type=module', '-e', MIGRATE, url], {});
  t.equal((await last.ended).code, 0, last.told().err);
});
