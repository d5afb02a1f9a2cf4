// A newsroom at work for as long as one likes, on two nodes, of which each minute something befalls one, or the database: what was acknowledged
// is there, all that tells of stories agrees, and the node that lives through it takes no more memory or descriptors as time goes by.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { START_ENV, START_OPTIONS } from '../../bench/start.ts';
import { publicTexts, wrongLists, wrongWhereGone, wrongWith } from './comparing.ts';
import { openCopy } from './copies.ts';
import { drained } from './deliveries.ts';
import { startFollowers, WAYS } from './followers.ts';
import { loadNodes, wrongViews } from './load.ts';
import { isQuiet, loadNewsroom } from './newsroom.ts';
import { descriptorsOf, expect, memoryOf, type Node, startNode, until } from './nodes.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { tallyActs, write } from './writers.ts';

interface Options {
  db: pg.Pool;
  node: { databaseUrl: string; folder: string };
  restartServer(): Promise<void>;
  minutes: number;
  say: (line: string) => void;
}

const [ARTICLES, VIEWED, WRITERS, PAUSE_MS] = [1_000, 50, 3, 100];
const MINUTE = 60_000;
const PATIENCE_MS = 300_000;
const READY_MS = 30_000;
/** Of the last quarter beside the second: what is warm by then does not grow. */
const [MOST_GROWTH, MOST_MORE_DESCRIPTORS] = [1.15, 20];

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

export async function soak({ db, node, restartServer, minutes, say }: Options): Promise<string[]> {
  const faults: string[] = [];
  const loaded = await loadNewsroom(db, node.databaseUrl, ARTICLES);
  const [viewed, ids] = [loaded.slice(0, VIEWED), loaded.slice(VIEWED)];
  const env = {
    ...START_ENV,
    BASE_URL: 'https://news.example',
    OUTBOUND_ALLOW: 'loopback',
    TRUST_PROXY: '127.0.0.1',
  };
  const start = () => startNode({ ...node, flags: START_OPTIONS, env });
  const steady = await start();
  let mortal: Node | undefined = await start();
  const origins = () => [steady, mortal].flatMap((one) => one?.origin ?? []);
  const choose = () => (mortal && Math.random() < 0.5 ? mortal : steady);
  const send: Node['send'] = async (...given) => {
    await sleep(Math.random() * 2 * PAUSE_MS);
    return choose().send(...given);
  };
  const receiver = await startReceiver();
  const made = expect(await steady.send('POST', '/v1/desk/webhooks', { payload: { url: receiver.url } }), 201);
  receiver.secret = made.json<{ data: { secret: string } }>().data.secret;
  const followers = startFollowers(node.folder, origins());

  let isOver = false;
  const acts = tallyActs();
  const desk = { ids, erased: new Set<string>(), trashed: new Set<string>(), send };
  const writing = Array.from({ length: WRITERS }, () => write(desk, () => isOver, acts.count));
  const loading = loadNodes({ choose, ids, viewed, isOver: () => isOver });

  const renew = async (end: (gone: Node) => Promise<void>) => {
    const gone = mortal;
    mortal = undefined;
    if (gone) await end(gone);
    mortal = await start();
  };
  const happenings: [string, () => Promise<unknown>][] = [
    ['a node is killed', () => renew((gone) => gone.kill())],
    ['the database is restarted at once', restartServer],
    ['a follower is killed', followers.killOne],
    [
      'connections to the database are ended, five times',
      async () => {
        for (let time = 0; time < 5; time += 1) {
          await db.query(
            'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
          );
          await sleep(2_000);
        }
      },
    ],
    ['a node is stopped in order', () => renew((gone) => gone.stop())],
  ];
  const took: { memory: number; descriptors: number }[] = [];
  try {
    for (let minute = 0; minute < minutes; minute += 1) {
      const began = performance.now();
      const [name, happen] = happenings[minute % happenings.length] ?? ['nothing', async () => {}];
      await happen();
      followers.goTo(origins());
      const back = await until('the node that lives is ready', READY_MS, () => isReady(steady));
      await sleep(Math.max(0, MINUTE - (performance.now() - began)));
      const now = { memory: await memoryOf(steady, 'VmRSS'), descriptors: await descriptorsOf(steady) };
      took.push(now);
      say(
        `  ${String(minute + 1).padStart(3)}: ${name}; ready ${back.toFixed(0)} ms later; ${now.memory.toFixed(0)} MiB, ${now.descriptors} descriptors; ${faults.length + acts.faults.length} faults`,
      );
    }
    isOver = true;
    await Promise.all(writing);
    const load = await loading;
    faults.push(...load.faults);
    for (const line of acts.lines()) say(line);
    faults.push(...acts.faults);
    const views = [...load.acknowledged.values()].reduce((sum, count) => sum + count, 0);
    say(`    ${load.reads} reads and ${views} views were answered, ${load.lost} cut off or answered 503`);
    faults.push(...grown(took));

    await until('nothing is due, and nothing left to be rebuilt', PATIENCE_MS, () => isQuiet(db));
    await drained(db, PATIENCE_MS);
    faults.push(...(await followers.finish(PATIENCE_MS)));
    const quick: Node['send'] = (...given) => steady.send(...given);
    const { texts: truth, faults: answered } = await publicTexts(db, quick);
    faults.push(...answered, ...(await wrongLists(truth, quick)), ...(await wrongWhereGone(db, quick)));
    for (const [at, file] of followers.files.entries()) {
      const copy = openCopy(file);
      faults.push(...wrongWith(copy, truth, WAYS[at] ?? ''));
      copy.close();
    }
    faults.push(
      ...receiver.faults,
      ...wrongWithReceived(receiver, truth, new Set(loaded)),
      ...(await wrongViews(load, quick)),
    );
    const { rows } = await db.query(
      `select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()`,
    );
    if (rows[0].n > 0) faults.push(`${rows[0].n} transactions were left open`);
    say(
      `  ${truth.size} texts are public; ${receiver.taken.size} messages in ${receiver.requests} requests; ${faults.length} faults`,
    );
    return faults;
  } finally {
    isOver = true;
    receiver.close();
    await followers.killAll();
    await Promise.all([steady.kill(), mortal?.kill()]);
  }
}

const isReady = async (node: Node): Promise<boolean> =>
  (await node.send('GET', '/health/ready', { open: true }).catch(() => undefined))?.status === 200;

function grown(took: { memory: number; descriptors: number }[]): string[] {
  const quarter = Math.floor(took.length / 4);
  if (quarter === 0) return [];
  const [early, late] = [took.slice(quarter, 2 * quarter), took.slice(-quarter)];
  const of = (part: typeof took, what: 'memory' | 'descriptors') => median(part.map((one) => one[what]));
  const [before, after] = [of(early, 'memory'), of(late, 'memory')];
  const [open, opened] = [of(early, 'descriptors'), of(late, 'descriptors')];
  return [
    ...(after > before * MOST_GROWTH ? [`memory grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`] : []),
    ...(opened > open + MOST_MORE_DESCRIPTORS ? [`descriptors grew from ${open} to ${opened}`] : []),
  ];
}

/**
 * Whoever believes the last message of each text knows what is public.
 * @param old stories that were there before there was a receiver
 */
function wrongWithReceived(
  { taken }: Receiver,
  truth: ReadonlyMap<string, string>,
  old: ReadonlySet<string>,
): string[] {
  const last = new Map<string, string>();
  for (const { event, story, locale } of taken.values()) last.set(`${story}/${locale}`, event);
  const untold = [...truth.keys()].filter((key) => !last.has(key) && !old.has(key.slice(0, key.indexOf('/'))));
  const wrong = [...last].flatMap(([key, event]) => {
    const isOut = event === 'article.published' || event === 'article.updated';
    return isOut === truth.has(key) ? [] : [`the last message of ${key} was ${event}`];
  });
  return [...wrong, ...untold.map((key) => `no message told of ${key}`)];
}
