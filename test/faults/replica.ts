// Copies that follow the change feed of a newsroom under eight writers, while its nodes and the copies themselves are killed: they end equal to what
// the public is answered, to the byte, and without what is gone.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { deskDb } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { ELSEWHERE, horizon } from '../../src/modules/changes/queries.ts';
import { readChunks } from '../../src/modules/imports/chunks.ts';
import { readLines } from '../../src/modules/imports/reading.ts';
import { runImport } from '../../src/modules/imports/running.ts';
import { publicTexts, wrongWhereGone, wrongWith } from './comparing.ts';
import { openCopy } from './copies.ts';
import type { Orders } from './follower.ts';
import { type Node, startNode, until } from './nodes.ts';
import { LOCALES, REGIONS, type Tally, write } from './writers.ts';

interface Options {
  db: pg.Pool;
  node: { databaseUrl: string; folder: string };
  articles: number;
  seconds: number;
  say: (line: string) => void;
}
export interface ReplicaReport {
  faults: string[];
}

const [NODES, WRITERS] = [2, 8];
const PATIENCE_MS = 300_000;
const FOLLOWER = fileURLToPath(new URL('./follower.ts', import.meta.url));
const WAYS = ['pages', 'stream'];

async function* storyLines(articles: number): AsyncGenerator<Buffer> {
  for (let n = 1; n <= articles; n += 1)
    for (const locale of LOCALES)
      yield Buffer.from(
        `${JSON.stringify({
          externalId: `replica:${n}`,
          locale,
          region: `region-${n % REGIONS}`,
          title: `Tide table ${n}`,
          slug: `tide-table-${n}`,
          publishedAt: new Date(Date.UTC(2024, 0, 1) + n * 60_000).toISOString(),
          body: { text: `High water at ${n % 24} h.` },
        })}\n`,
      );
}

export async function replica({ db, node, articles, seconds, say }: Options): Promise<ReplicaReport> {
  const faults: string[] = [];
  const clock = lapsed();
  await migrate(node.databaseUrl);
  const loaded = await runImport(deskDb(db), readChunks(readLines(storyLines(articles))), {
    strict: false,
    dryRun: false,
  });
  if (loaded.created !== articles * LOCALES.length)
    throw new Error(`${loaded.created} texts were loaded, ${loaded.refused} refused`);
  say(`  ${loaded.created} texts of ${articles} articles were loaded in ${clock()} s`);
  const { rows } = await db.query<{ id: string }>('select id from articles');
  const desk = { ids: rows.map(({ id }) => id), erased: new Set<string>(), trashed: new Set<string>() };

  const options = { ...node, env: { BASE_URL: 'https://news.example' } };
  const nodes = await Promise.all(Array.from({ length: NODES }, () => startNode(options)));
  const orders: Orders = { origins: nodes.map(({ origin }) => origin), isLast: false };
  const files = WAYS.map((way) => join(node.folder, `copy-${way}.sqlite`));
  const start = (at: number): ChildProcess => {
    const child = fork(FOLLOWER, [files[at] ?? '', WAYS[at] ?? ''], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    child.on('error', () => {});
    child.send(orders);
    return child;
  };
  const followers = WAYS.map((_, at) => start(at));
  const send: Node['send'] = (...given) => {
    const some = nodes.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    const one = some[Math.floor(Math.random() * some.length)];
    return one ? one.send(...given) : Promise.reject(new Error('no node'));
  };
  const tallies = new Map<string, Tally>();
  let isOver = false;
  const began = performance.now();
  const writing = Array.from({ length: WRITERS }, () =>
    write(
      { ...desk, send },
      () => isOver,
      (act, outcome, reply) => {
        const tally = tallies.get(act) ?? { done: 0, refused: 0, lost: 0 };
        tally[outcome] += 1;
        tallies.set(act, tally);
        if (reply && reply.status >= 500 && reply.status !== 503)
          faults.push(`${act}: ${reply.status} ${reply.text.slice(0, 300)}`);
      },
    ),
  );
  const killed = { nodes: 0, followers: 0 };
  try {
    while (performance.now() - began < seconds * 1_000) {
      await sleep(500 + Math.random() * 4_000);
      if (Math.random() < 0.4) {
        const at = Math.floor(Math.random() * NODES);
        await nodes[at]?.kill();
        killed.nodes += 1;
        await sleep(Math.random() * 500);
        nodes[at] = await startNode(options);
        orders.origins = nodes.map(({ origin }) => origin);
        for (const follower of followers) if (follower.connected) follower.send(orders);
      } else {
        const at = Math.floor(Math.random() * WAYS.length);
        const [follower] = followers.slice(at);
        if (follower) await kill(follower);
        killed.followers += 1;
        await sleep(Math.random() * 1_000);
        followers[at] = start(at);
      }
    }
    isOver = true;
    await Promise.all(writing);
    say(`  ${WRITERS} writers for ${clock()} s; ${killed.nodes} kills of a node, ${killed.followers} of a follower`);
    for (const [act, { done, refused, lost }] of tallies)
      say(`    ${act.padEnd(10)} ${done} done, ${refused} refused, ${lost} cut off or answered 503`);
    await until('nothing is due, and nothing left to be rebuilt', PATIENCE_MS, () => isQuiet(db));
    orders.isLast = true;
    await Promise.all(
      followers.map(async (follower, at) => {
        if (follower.connected) follower.send(orders);
        const code = await Promise.race([exitOf(follower), sleep(PATIENCE_MS, 'too late', { ref: false })]);
        if (code !== 0) faults.push(`the follower by ${WAYS[at]} ended with ${code}`);
      }),
    );
    say(`  the followers were at the end after ${clock()} s`);
    const { texts: truth, faults: answered } = await publicTexts(db, send);
    faults.push(...answered);
    for (const [at, file] of files.entries()) {
      const copy = openCopy(file);
      faults.push(...wrongWith(copy, truth, WAYS[at] ?? ''));
      const { told, deletes } = copy.progress();
      say(
        `  by ${WAYS[at]}: told ${told} changes, ${deletes} of them deletes; ${copy.texts().size} texts, ${truth.size} are public`,
      );
      copy.close();
    }
    faults.push(...(await wrongWhereGone(db, send)));
    const { rows: log } = await db.query('select reason, count(*)::int as n from changes group by 1 order by 1');
    say(`  the log: ${log.map(({ reason, n }) => `${n} ${reason}`).join(', ')}`);
    if (desk.erased.size === 0 && seconds >= 60) faults.push('nothing was erased');
    say(`  ${faults.length} faults; compared in ${clock()} s`);
    return { faults };
  } finally {
    isOver = true;
    await Promise.all(followers.map(kill));
    await Promise.all(nodes.map((one) => one.kill()));
  }
}

/** @returns a function that tells the seconds since it was called last */
function lapsed(): () => string {
  let since = performance.now();
  return () => {
    const passed = (performance.now() - since) / 1_000;
    since = performance.now();
    return passed.toFixed(0);
  };
}

const exitOf = async (child: ChildProcess): Promise<number | string | null> => {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
  return child.exitCode ?? child.signalCode;
};
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await exitOf(child);
}

/** And all of the log can be read: copies end where it does. */
async function isQuiet(db: pg.Pool): Promise<boolean> {
  const { rows } = await db.query(`select
    (select count(*) from schedules where failed_at is null) + (select count(*) from graphile_worker.jobs where task_identifier = 'rebuild')
    + (select count(*) from changes where transaction >= ${horizon(ELSEWHERE)}) as n`);
  return Number(rows[0].n) === 0;
}
