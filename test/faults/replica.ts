// Copies that follow the change feed of a newsroom under eight writers, while its nodes and the copies themselves are killed: they end equal to what
// the public is answered, to the byte, and without what is gone.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { publicTexts, wrongWhereGone, wrongWith } from './comparing.ts';
import { openCopy } from './copies.ts';
import { startFollowers, WAYS } from './followers.ts';
import { isQuiet, loadNewsroom } from './newsroom.ts';
import { type Node, startNode, until } from './nodes.ts';
import { LOCALES, tallyActs, write } from './writers.ts';

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
export async function replica({ db, node, articles, seconds, say }: Options): Promise<ReplicaReport> {
  const faults: string[] = [];
  const clock = lapsed();
  const ids = await loadNewsroom(db, node.databaseUrl, articles);
  say(`  ${articles * LOCALES.length} texts of ${articles} articles were loaded in ${clock()} s`);
  const desk = { ids, erased: new Set<string>(), trashed: new Set<string>() };

  const options = { ...node, env: { BASE_URL: 'https://news.example' } };
  const nodes = await Promise.all(Array.from({ length: NODES }, () => startNode(options)));
  const followers = startFollowers(
    node.folder,
    nodes.map(({ origin }) => origin),
  );
  const send: Node['send'] = (...given) => {
    const some = nodes.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    const one = some[Math.floor(Math.random() * some.length)];
    return one ? one.send(...given) : Promise.reject(new Error('no node'));
  };
  const acts = tallyActs();
  let isOver = false;
  const began = performance.now();
  const writing = Array.from({ length: WRITERS }, () => write({ ...desk, send }, () => isOver, acts.count));
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
        followers.goTo(nodes.map(({ origin }) => origin));
      } else {
        await followers.killOne();
        killed.followers += 1;
      }
    }
    isOver = true;
    await Promise.all(writing);
    say(`  ${WRITERS} writers for ${clock()} s; ${killed.nodes} kills of a node, ${killed.followers} of a follower`);
    for (const line of acts.lines()) say(line);
    faults.push(...acts.faults);
    await until('nothing is due, and nothing left to be rebuilt', PATIENCE_MS, () => isQuiet(db));
    faults.push(...(await followers.finish(PATIENCE_MS)));
    say(`  the followers were at the end after ${clock()} s`);
    const { texts: truth, faults: answered } = await publicTexts(db, send);
    faults.push(...answered);
    for (const [at, file] of followers.files.entries()) {
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
    await followers.killAll();
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
