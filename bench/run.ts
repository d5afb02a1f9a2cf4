// `npm run bench`: the limits of the machine, what we reach, and the ratios against the budgets, in one run on a database of its own.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { say } from '../src/commands/saying.ts';
import { startPostgres } from '../src/db/embedded.ts';
import { alone } from './alone.ts';
import { measureChanges } from './changes.ts';
import { loadNewsroom, type Newsroom } from './data.ts';
import {
  type Hot,
  hotPaths,
  READ_COMPARISONS,
  readMeasures,
  VIEW_CONNECTIONS,
  viewComparisons,
  viewMeasures,
} from './plan.ts';
import { atMost, compare, countsAgree, sampleTable, type Verdict, verdictTable } from './report.ts';
import { median, runRounds, type Samples } from './rounds.ts';
import { measureScale } from './scale.ts';
import { type Server, startGenerator, startServer } from './servers.ts';
import { START_ENV, START_OPTIONS } from './start.ts';
import { measureFanOut } from './webhooks.ts';

const PARTS = ['reads', 'views', 'changes', 'webhooks'];
const HELP = `Measures this machine and this API: npm run bench -- [options]

  --rounds N       rounds of each measure (3)
  --seconds N      length of a round (2)
  --stories N      stories in the database, each in three languages (2000; with --scale 1000000, in 1.7)
  --scale          instead: lists among a million stories beside lists among 10,000, and how they are walked; takes minutes to load
  --only PART      ${PARTS.join(' or ')}
  --profile DIR    write CPU profiles of the API process there
  --json FILE      write all figures there, too

It ends with the exit code 1 where a budget is missed.
`;
const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    stories: { type: 'string' },
    scale: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const STARTS = 3;
const MEGABYTE = 1_048_576;

/** What has to be undone, newest first, however it ends. */
const undo: (() => Promise<unknown>)[] = [];

async function startOurs(databaseUrl: string, folder: string, name: 'ours' | 'cold' = 'ours'): Promise<Server> {
  return startServer({
    name,
    file: '../src/main.ts',
    folder,
    env: (port) => ({
      ...START_ENV,
      PORT: String(port),
      HOST: '127.0.0.1',
      BASE_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: databaseUrl,
      DATA_DIR: folder,
      ADMIN_KEY: '',
      DEMO: 'off',
      LOG_LEVEL: 'warn',
      ROLES: 'api,jobs',
      TRUST_PROXY: '127.0.0.1',
      OUTBOUND_ALLOW: 'loopback',
      // Keeps one answer of a hundred that it is asked for, or fewer: all else is as where newsrooms run it.
      ...(name === 'cold' && { CACHE_MB: '1', ROLES: 'api' }),
    }),
    probe: '/health/ready',
    nodeOptions: [
      ...START_OPTIONS,
      ...(given.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(given.profile)}`] : []),
    ],
  });
}

async function startLimits(databaseUrl: string, buffers: string, folder: string): Promise<Server[]> {
  const kinds = {
    buffer: buffers,
    select: databaseUrl,
    'select-list': databaseUrl,
    'select-pool': databaseUrl,
    'no-content': '',
    'update-each': databaseUrl,
    update: databaseUrl,
  };
  return Promise.all(
    Object.entries(kinds).map(([name, argument]) =>
      startServer({
        name,
        file: './limits.ts',
        folder,
        args: (port) => [name, String(port), argument],
        probe: '/ready',
      }),
    ),
  );
}

async function measure(databaseUrl: string, newsroom: Newsroom, folder: string) {
  const starts: number[] = [];
  let ours = await startOurs(databaseUrl, folder);
  for (; starts.push(ours.readyAfter) < STARTS; ours = await startOurs(databaseUrl, folder)) await ours.stop();
  undo.push(() => ours.stop());
  const buffers = join(folder, 'buffers');
  await mkdir(buffers);
  const etags: Partial<Record<Hot, string>> = {};
  for (const [name, path] of Object.entries(hotPaths(newsroom))) {
    const answer = await fetch(`http://127.0.0.1:${ours.port}${path}`, { headers: { 'accept-encoding': 'identity' } });
    etags[name as Hot] = answer.headers.get('etag') ?? '';
    await writeFile(join(buffers, name), Buffer.from(await answer.arrayBuffer()));
  }
  const limits = await startLimits(databaseUrl, buffers, folder);
  limits.push(await startOurs(databaseUrl, folder, 'cold'));
  for (const server of limits) undo.push(() => server.stop());
  const generator = startGenerator();
  undo.push(() => generator.stop());
  const db = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  undo.push(() => db.end());

  const servers = new Map([ours, ...limits].map((server) => [server.name, server]));
  const options = {
    rounds: Number(given.rounds),
    seconds: Number(given.seconds),
    warmUp: 1,
    servers,
    generator,
    db,
    say,
  };
  const samples: Samples = new Map();
  const verdicts: Verdict[] = [];
  const add = (more: Samples) => {
    for (const [name, all] of more) samples.set(name, all);
  };
  if (!given.only || given.only === 'reads') {
    say(`The prepared SELECT without HTTP, 64 at a time over two connections: ${await alone(databaseUrl, newsroom)}/s`);
    say('Reads, 64 connections');
    add(await runRounds(readMeasures(newsroom, etags.article ?? ''), options));
    verdicts.push(...READ_COMPARISONS.map((comparison) => compare(samples, comparison)));
  }
  if (!given.only || given.only === 'views') {
    for (const connections of VIEW_CONNECTIONS) {
      say(`Views, ${connections} connections`);
      add(await runRounds(viewMeasures(newsroom, connections), options));
      verdicts.push(...viewComparisons(connections).map((comparison) => compare(samples, comparison)));
    }
    verdicts.push(countsAgree(samples));
  }
  // Before webhooks, which write a log of their own.
  if (!given.only || given.only === 'changes')
    verdicts.push(...(await measureChanges(databaseUrl, ours.port, options.rounds)));
  if (!given.only || given.only === 'webhooks') verdicts.push(...(await measureFanOut(db)));
  const { rss } = await ours.usage();
  verdicts.push(atMost('ready after start, database there', median(starts) / 1_000, 2, 's', 2));
  verdicts.push(atMost('most memory of the API process (RSS)', rss / MEGABYTE, 200, 'MiB'));
  return { samples, verdicts };
}

async function main(): Promise<void> {
  if (given.help) {
    say(HELP.trimEnd());
    return;
  }
  const stories = Number(given.stories ?? (given.scale ? 1_000_000 : 2_000));
  if (![Number(given.rounds), Number(given.seconds), stories].every((number) => number > 0)) {
    throw new Error('--rounds, --seconds and --stories take a number above 0');
  }
  if (given.only !== undefined && !PARTS.includes(given.only))
    throw new Error(`--only takes one of ${PARTS.join(', ')}`);
  const began = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'dateline-bench-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  // Not 0700: PostgreSQL runs under another account where this runs as root.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), settings: { max_connections: '320' } });
  undo.push(() => postgres.stop());
  const { samples, verdicts } = given.scale
    ? { samples: new Map(), verdicts: await measureScale(postgres.url, stories, say) }
    : await measureLoad(postgres.url, stories, folder);
  if (samples.size > 0) for (const line of ['', ...sampleTable(samples)]) say(line);
  for (const line of ['', ...verdictTable(verdicts), '']) say(line);
  if (given.json)
    await writeFile(
      given.json,
      `${JSON.stringify({ node: process.version, samples: Object.fromEntries(samples), verdicts }, null, 2)}\n`,
    );
  const judged = verdicts.filter(({ result }) => result !== '-');
  const missed = judged.filter(({ result }) => result === 'MISS').length;
  say(
    `${judged.length - missed} of ${judged.length} budgets met${missed > 0 ? `, ${missed} MISSED` : ''}; ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  if (missed > 0) process.exitCode = 1;
}

async function measureLoad(databaseUrl: string, stories: number, folder: string) {
  const began = performance.now();
  const newsroom = await loadNewsroom(databaseUrl, stories);
  say(
    `Node.js ${process.version}, ${availableParallelism()} cores, PostgreSQL with fsync on; ${newsroom.texts.length} stored texts, median ${newsroom.median} bytes,`,
  );
  say(
    `${Math.round(newsroom.total / MEGABYTE)} MiB in all; loaded in ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  return measure(databaseUrl, newsroom, folder);
}

async function cleanUp(): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) await step().catch((error: unknown) => say(String(error)));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => cleanUp().then(() => process.exit(1)));
await main().finally(cleanUp);
