// Starts the processes of the benchmark and talks to them: servers under test, and the load generator. It measures nothing but their start.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/db/ports.ts';
import type { Load, Round } from './load.ts';
import type { Usage } from './usage.ts';

export interface Server {
  name: string;
  port: number;
  /** Milliseconds from the start of the process to the first good answer. */
  readyAfter: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const USAGE = new URL('./usage.ts', import.meta.url).href;
const PATIENCE_MS = 30_000;

async function ask<Answer>(child: ChildProcess, message: object): Promise<Answer> {
  child.send(message);
  const ended = new AbortController();
  const gone = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`a process of the benchmark ended with ${child.exitCode ?? child.signalCode}`);
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal: ended.signal }), gone]);
    return answer as Answer;
  } finally {
    ended.abort();
    gone.catch(() => {});
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

interface StartOptions {
  name: string;
  file: string;
  args?: (port: number) => string[];
  env?: (port: number) => Record<string, string>;
  /** Path that answers below 500 once the server is ready. */
  probe: string;
  nodeOptions?: string[];
  /** Working folder; also keeps a `.env` of the checkout out. */
  folder: string;
}

export async function startServer({
  name,
  file,
  args,
  env,
  probe,
  nodeOptions = [],
  folder,
}: StartOptions): Promise<Server> {
  const port = await freePort();
  const started = performance.now();
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args?.(port) ?? [], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', ...env?.(port) },
    execArgv: ['--import', USAGE, ...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${probe}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer && answer.status < 500) break;
    if (child.exitCode !== null || performance.now() - started > PATIENCE_MS) throw new Error(`${name} did not start`);
    await sleep(10);
  }
  const readyAfter = performance.now() - started;
  return { name, port, readyAfter, usage: () => ask<Usage>(child, {}), stop: () => stop(child) };
}

export interface Generator {
  run(load: Load): Promise<Round>;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    async run(load) {
      const { round, error } = await ask<{ round?: Round; error?: string }>(child, load);
      if (!round) throw new Error(`the load generator failed: ${error}`);
      return round;
    },
    stop: () => stop(child),
  };
}
