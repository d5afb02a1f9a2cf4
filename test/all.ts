// Runs all test files, a dozen in each process: what a process needs before its first test was half of what the median file took (4 of 8 s).
// Each file is a test of its own, on databases of its own, as if tap had started it; one file alone is still `npx tap run FILE`.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

/** Their subject is the process: its memory, its pauses, its end, its driver, what nobody catches. Most of them wait more than they work. */
const ALONE = [
  'arrivals',
  'departures',
  'embedded',
  'faults',
  'faults-silence',
  'hostile-text',
  'hub-faults',
  'import',
  'import-hostile-xml',
  'lifecycle',
  'views-durability',
  'workers',
];
const TOGETHER = 12;

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.test.ts'.length));
const missing = ALONE.filter((name) => !names.includes(name));
if (missing.length > 0) throw new Error(`There are no tests called ${missing.join(', ')}.`);

const others = names.filter((name) => !ALONE.includes(name)).sort();
const turns: string[][] = [];
while (others.length > 0) {
  turns.push(others.splice(0, TOGETHER));
  turns.push(ALONE.splice(0, 1));
}
turns.push(ALONE);

const FILES = fileURLToPath(new URL('./fixtures/files.ts', import.meta.url));
// What tap preloads to measure coverage, and to map places in code that nobody translated, is of no use here.
const preloads = process.execArgv.filter((arg) => !/^--enable-source-maps$|^--import=.*processinfo/.test(arg));
const env = { ...process.env, DATELINE_TEST_RUN: String(process.ppid) };
const options = { buffered: true, timeout: 1_800_000 };
// As many as cores: with three at once, tests that wait for something gave up now and then.
t.jobs = 2;
for (const turn of turns.filter(({ length }) => length > 0))
  t.spawn(
    process.execPath,
    [...preloads, FILES],
    { ...options, env: { ...env, DATELINE_TEST_FILES: turn.join() } },
    turn.join(' '),
  );
