// Starts nodes as processes of their own, speaks HTTP with them, and kills them. It knows nothing of what is tested.

import { type ChildProcess, fork } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/db/ports.ts';
import { PRELOAD, sourceFile } from '../fixtures/processes.ts';

const MAIN = sourceFile('src/main.ts');
/** A node is there within a second or two on a machine of its own, and within a minute beside a dozen others. */
const PATIENCE_MS = 180_000;
const running = new Set<Node>();
/** Whatever is left of them. */
export const killAll = () => Promise.all([...running].map((node) => node.kill()));
export const ADMIN_KEY = 'faults-admin-key-of-32-characters-or-more';

export interface NodeOptions {
  databaseUrl: string;
  /** Working folder; keeps a `.env` of the checkout out. */
  folder: string;
  roles?: 'api' | 'jobs' | 'api,jobs';
  /** To Node.js. */
  flags?: string[];
  /** Modules that are loaded before the node itself: file names in this folder. */
  preloads?: string[];
  env?: Record<string, string>;
  /** A pipe that is there to be read, or not; else it goes nowhere. */
  output?: 'pipe';
}
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  json<Body>(): Body;
}
export interface Node {
  readonly child: ChildProcess;
  readonly origin: string;
  /** What it wrote to its standard error, to the last byte. */
  errors(): string;
  /** With the administrator's key; an If-Match for `version`. Rejects where the node is gone. */
  send(method: string, path: string, options?: SendOptions): Promise<Reply>;
  /** Resolves once the process is gone. */
  kill(): Promise<void>;
  /** In order, as an orchestrator does it. */
  stop(): Promise<void>;
}
export interface SendOptions {
  version?: number;
  payload?: object;
  headers?: Record<string, string>;
  /** As the public. */
  open?: boolean;
}

/** @returns once it is ready to answer */
export async function startNode(options: NodeOptions): Promise<Node> {
  const { databaseUrl, folder, roles = 'api,jobs', flags = [], preloads = [], env = {}, output = 'ignore' } = options;
  const port = await freePort();
  // What the environment of a test run says to Node.js itself is not meant for a node.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = fork(MAIN, [], {
    cwd: folder,
    env: {
      ...inherited,
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      DATA_DIR: folder,
      ADMIN_KEY,
      DEMO: 'off',
      LOG_LEVEL: 'error',
      ROLES: roles,
      BASE_URL: '',
      ...env,
    },
    execArgv: [PRELOAD, ...flags, ...preloads.flatMap((file) => ['--import', new URL(file, import.meta.url).href])],
    stdio: ['ignore', output, 'pipe', 'ipc'],
  });
  const errors: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
  };
  const origin = `http://127.0.0.1:${port}`;
  const node: Node = {
    child,
    origin,
    errors: () => errors.join(''),
    async send(method, path, { version, payload, headers, open = false } = {}) {
      const response = await fetch(origin + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(!open && { authorization: `Bearer ${ADMIN_KEY}` }),
          ...(payload && { 'content-type': 'application/json' }),
          ...(version !== undefined && { 'if-match': `"${version}"` }),
          ...headers,
        },
        ...(payload && { body: JSON.stringify(payload) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
  running.add(node);
  closed.then(() => running.delete(node));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await node.send('GET', '/health/ready', { open: true }).catch(() => undefined);
    if (answer?.status === 200) return node;
    const gone = child.exitCode !== null || child.signalCode !== null;
    if (gone || performance.now() > deadline) {
      await node.kill();
      throw new Error(`a node did not start: ${node.errors().slice(-2_000)}`);
    }
    await sleep(20);
  }
}

export function expect(reply: Reply, status: number): Reply {
  if (reply.status !== status)
    throw new Error(`expected ${status}, got ${reply.status}: ${reply.text.slice(0, 1_000)}`);
  return reply;
}

/** @returns how many milliseconds it took until it held */
export async function until(what: string, patienceMs: number, holds: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > patienceMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - began;
}

/** MiB: what it has, or had at most. */
export async function memoryOf({ child }: Node, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Number(status.match(new RegExp(`${field}:\\s+(\\d+)`))?.[1] ?? 0) / 1_024;
}

export const descriptorsOf = async ({ child }: Node): Promise<number> =>
  (await readdir(`/proc/${child.pid}/fd`).catch(() => [])).length;
