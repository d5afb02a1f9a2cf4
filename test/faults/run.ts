// `npm run faults`: nodes as real processes on a database of their own are killed, given wrong clocks and followed, for as long as it is asked to.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { say } from '../../src/commands/saying.ts';
import { startPostgres } from '../../src/db/embedded.ts';
import { isAlive, readPidFile } from '../../src/db/postmaster.ts';
import { findFakeTime, wrongClocks } from './clocks.ts';
import { crashRounds } from './crashes.ts';
import { deliveryFaults } from './deliveries.ts';
import { herd, makeTemplate, single } from './herds.ts';
import { killAll, startNode, until } from './nodes.ts';
import { furnish } from './operations.ts';
import { replica } from './replica.ts';
import { soak } from './soak.ts';

const HELP = `Kills nodes and looks at what they leave: npm run faults -- [options]

  --only PART      crashes, herds, clocks, deliveries, replica or soak
  --rounds N       kills between two statements of publishing, withdrawing and schedules (200)
  --herds N        rounds of many stories due at once, with a node killed midway (20)
  --stories N      stories due at once (1000)
  --nodes N        nodes that share them (5)
  --events N       messages that wait for a receiver that is down for a day (10000)
  --operation NAME only the points of publish, "publish anew", withdraw, scheduled or expiry
  --articles N     articles, in four languages each, whose changes are followed (10000)
  --seconds N      time for which they are changed, and nodes and followers killed (120)
  --minutes N      of a newsroom at work on two nodes, in each of which something else breaks (10)
`;
const { values: given } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '200' },
    herds: { type: 'string', default: '20' },
    stories: { type: 'string', default: '1000' },
    nodes: { type: 'string', default: '5' },
    events: { type: 'string', default: '10000' },
    operation: { type: 'string' },
    articles: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '120' },
    minutes: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});
/** Stories that are due one by one. */
const SINGLES = 20;
/** Time to look before they are due. */
const AHEAD_MS = 3_000;
/** Of faults, which come by the thousand where they come. */
const SHOWN = 100;
/** What has to be undone, newest first, however it ends. */
const undo: (() => Promise<unknown>)[] = [];
const faults: string[] = [];

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const ms = (number: number) => `${number.toFixed(0)} ms`;

interface Place {
  db: pg.Pool;
  restartServer(): Promise<void>;
  node: { databaseUrl: string; folder: string };
}

async function crashes({ db, node }: Place): Promise<void> {
  const rounds = Number(given.rounds);
  say(`Crash points, ${rounds} rounds`);
  const began = performance.now();
  const report = await crashRounds({
    db,
    node,
    say,
    choose: (points) => {
      const wanted = points.filter(({ operation }) => !given.operation || operation.name === given.operation);
      say(`  ${wanted.length} points`);
      return Array.from({ length: rounds }, (_, round) => wanted[round % wanted.length]).filter((point) => !!point);
    },
  });
  for (const { point, rounds, done } of report.tallies.filter((tally) => tally.rounds > 0))
    say(
      `  ${point.operation.name.padEnd(12)}  ${point.name.padEnd(48)} ${rounds} x: absent ${rounds - done}, done ${done}`,
    );
  say(`  free again after a kill: median ${ms(median(report.freed))}, at most ${ms(Math.max(...report.freed))}`);
  say(`  ${report.faults.length} faults in ${rounds} rounds; ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  faults.push(...report.faults);
}

async function herds({ db, node }: Place): Promise<void> {
  const [rounds, stories, count] = [Number(given.herds), Number(given.stories), Number(given.nodes)];
  say(`${stories} stories due at once on ${count} nodes, one killed midway, ${rounds} rounds`);
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(node)));
  const found: string[] = [];
  try {
    const [first] = nodes;
    if (!first) throw new Error('--nodes takes a number above 0');
    await furnish(first);
    const templateId = await makeTemplate(first);
    const late: number[] = [];
    for (let n = 0; n < SINGLES; n += 1) late.push(await single(db, nodes, templateId));
    say(
      `  a single one, nobody killed: late by ${ms(median(late))} (median of ${SINGLES}), ${ms(Math.max(...late))} at most`,
    );
    if (Math.max(...late) > 1_000) found.push(`single stories were late by ${late}`);
    for (let round = 1; round <= rounds; round += 1) {
      const victim = Math.floor(Math.random() * count);
      const after = Math.ceil(stories * (0.1 + 0.6 * Math.random()));
      const kill = nodes[victim] ? { node: nodes[victim], after } : null;
      const report = await herd({ db, nodes, templateId, stories, aheadMs: AHEAD_MS, kill });
      const { outAtKill, looks, lastMs, faults: wrong } = report;
      const [middle, last] = [median(report.late), report.late.at(-1) ?? 0];
      say(
        `  ${round}: node ${victim + 1} killed at ${outAtKill}; late by ${ms(middle)} (median), ${ms(last)} at most (seen after ${ms(lastMs)}); ${looks} looks before; ${wrong.length} faults`,
      );
      found.push(...wrong.map((fault) => `herd ${round}: ${fault}`));
      nodes[victim] = await startNode(node);
    }
  } finally {
    await Promise.all(nodes.map((one) => one.kill()));
  }
  say(`  ${found.length} faults in ${rounds} rounds`);
  faults.push(...found);
}

async function clocks({ db, node }: Place): Promise<void> {
  const fakeTime = await findFakeTime();
  say(`Nodes with wrong clocks, by ${fakeTime ?? 'JavaScript alone: libfaketime is not installed'}`);
  const report = await wrongClocks({ db, node, fakeTime, stories: 10, mostLateMs: 1_000 });
  for (const [name, late] of report.late)
    say(`  ${name}: late by ${ms(median(late))} (median of ${late.length}), ${ms(Math.max(...late))} at most`);
  say(`  ${report.faults.length} faults`);
  faults.push(...report.faults);
}

async function copies({ db, node }: Place): Promise<void> {
  const [articles, seconds] = [Number(given.articles), Number(given.seconds)];
  say(`Copies that follow ${articles} articles under eight writers, nodes and copies killed, for ${seconds} s`);
  const report = await replica({ db, node, articles, seconds, say });
  faults.push(...report.faults);
}

async function deliveries(place: Place): Promise<void> {
  say('Messages to webhooks');
  const found = await deliveryFaults({ ...place, say, events: Number(given.events) });
  say(`  ${found.length} faults`);
  faults.push(...found);
}

async function workingDay(place: Place): Promise<void> {
  const minutes = Number(given.minutes);
  say(`A newsroom at work on two nodes for ${minutes} minutes, in each of which something breaks`);
  faults.push(...(await soak({ ...place, say, minutes })));
}

const PARTS: Record<string, (place: Place) => Promise<void>> = {
  crashes,
  herds,
  clocks,
  deliveries,
  replica: copies,
  soak: workingDay,
};

async function main(): Promise<void> {
  if (given.help) {
    say(HELP.trimEnd());
    return;
  }
  const parts = Object.entries(PARTS).filter(([name]) => !given.only || name === given.only);
  if (parts.length === 0) throw new Error(`--only takes ${Object.keys(PARTS).join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'dateline-faults-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  // Not 0700: PostgreSQL runs under another account where this runs as root.
  await chmod(folder, 0o755);
  // The server tells when each transaction was committed: that is when readers could see it.
  const settings = { max_connections: '300', track_commit_timestamp: 'on' };
  const dataDir = join(folder, 'postgres');
  const starting = startPostgres({ dataDir, settings });
  undo.push(async () => (await starting).stop(), killAll);
  const postgres = await starting;
  const restartServer = async () => {
    const server = await readPidFile(dataDir);
    if (!server) throw new Error('there is no server');
    process.kill(server.pid, 'SIGQUIT');
    await until('the server is gone', 60_000, async () => !isAlive(server.pid));
    const again = await startPostgres({ dataDir, settings });
    undo.push(again.stop);
    if (again.url !== postgres.url) throw new Error('the server has another port');
  };
  for (const [name, run] of parts) {
    const databaseUrl = await createDatabase(postgres.url, name);
    const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
    db.on('error', () => {});
    await run({ db, restartServer, node: { databaseUrl, folder } }).finally(() => db.end());
  }
  for (const fault of faults.slice(0, SHOWN)) say(`FAULT ${fault}`);
  say(faults.length === 0 ? 'no faults' : `${faults.length} faults`);
  if (faults.length > 0) process.exitCode = 1;
}

/** Each part begins with nothing. */
async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${pg.escapeIdentifier(`faults_${name}`)}`);
  await admin.end();
  const url = new URL(serverUrl);
  url.pathname = `/faults_${name}`;
  return url.href;
}

let cleaning: Promise<void> | undefined;
function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step().catch((error: unknown) => say(String(error)));
  })();
  return cleaning;
}

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true;
    cleanUp().then(() => process.exit(1));
  });
}
await main()
  .catch((error: unknown) => {
    // What breaks because the nodes are gone is no fault.
    if (!interrupted) throw error;
  })
  .finally(cleanUp);
