// Runs all test files, many in each process: what a process needs before its first test was half of what the median file took (4 of 8 s).
// Each file is a test of its own, on databases of its own, as if tap had started it; one file alone is still `npx tap run FILE`.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

/** Their subject is the process: its memory, its end, its driver, what nobody catches. */
const ALONE = [
  'caching-memory',
  'embedded',
  'faults',
  'hostile-text',
  'hub-faults',
  'import',
  'import-hostile-xml',
  'lifecycle',
  'views-durability',
  'workers',
];
/** Their subject is time: they wait more than they work, and those behind them in a process would wait with them. */
const WAITING = [
  'arrivals',
  'changes-waiting',
  'departures',
  'expiry',
  'export',
  'faults-silence',
  'listing-costs',
  'rebuilding-batches',
  'schedules',
  'schedules-faults',
];
/** A process gets a fifth of the files that are left, so that starts are few, and those that work at the end are done at the same time. */
const PART = 5;
const LEAST = 8;
const RUN_MS = 1_800_000;

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.test.ts'.length))
  .sort();
const apart = [...ALONE, ...WAITING];
const missing = apart.filter((name) => !names.includes(name));
if (missing.length > 0) throw new Error(`There are no tests called ${missing.join(', ')}.`);
const others = names.filter((name) => !apart.includes(name));

const FILES = fileURLToPath(new URL('./fixtures/files.ts', import.meta.url));
// V8's last compiler is off (package.json): of code that runs for seconds it took a fifteenth of the CPU, and gave less back.
// What tap preloads to measure coverage, and to map places in code that nobody translated, is of no use here.
const preloads = process.execArgv.filter((arg) => !/^--enable-source-maps$|^--import=.*processinfo/.test(arg));
const env = { ...process.env, DATELINE_TEST_RUN: String(process.ppid) };

/** Files of a process each. */
const groups: string[][] = [];
while (others.length > 0) groups.push(others.splice(0, Math.max(LEAST, Math.ceil(others.length / PART))));

/** One process after the other. @param lists files of a process each; whoever comes first takes them off a list that several have */
function run(title: string, ...lists: (readonly string[])[][]): void {
  t.test(title, { buffered: true, timeout: RUN_MS }, async (t) => {
    for (const list of lists)
      for (let files = list.shift(); files; files = list.shift()) {
        const options = { buffered: true, timeout: RUN_MS, env: { ...env, DATELINE_TEST_FILES: files.join() } };
        await t.spawn(
          process.execPath,
          [...preloads, FILES],
          options,
          [...new Set([files[0], files.at(-1)])].join(' to '),
        );
      }
  });
}
const each = (names: readonly string[]) => names.map((name) => [name]);

// Three that work on two cores, of which one begins with those that run alone, and two that wait, who were the last to end when they were
// one: with more that work, tests that wait for something gave up now and then.
t.jobs = 5;
const waiting = each(WAITING);
run('together', groups);
run('together, too', groups);
run('alone, then together', each(ALONE), groups);
run('waiting', waiting);
run('waiting, too', waiting);
