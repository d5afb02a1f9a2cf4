// Followers of the change feed as processes, one by pages and one by the stream. It starts, kills and ends them; it does not judge what they hold.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Orders } from './follower.ts';

const FOLLOWER = fileURLToPath(new URL('./follower.ts', import.meta.url));
export const WAYS = ['pages', 'stream'];

export function startFollowers(folder: string, origins: string[]) {
  const orders: Orders = { origins, isLast: false };
  const files = WAYS.map((way) => join(folder, `copy-${way}.sqlite`));
  const start = (at: number): ChildProcess => {
    const child = fork(FOLLOWER, [files[at] ?? '', WAYS[at] ?? ''], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    child.on('error', () => {});
    child.send(orders);
    return child;
  };
  const children = WAYS.map((_, at) => start(at));
  const tell = (more: Partial<Orders>) => {
    Object.assign(orders, more);
    for (const child of children) if (child.connected) child.send(orders);
  };
  return {
    /** Of their copies. */
    files,
    /** Of nodes that may be there. */
    goTo: (origins: string[]) => tell({ origins }),
    async killOne(): Promise<void> {
      const at = Math.floor(Math.random() * WAYS.length);
      const [child] = children.slice(at);
      if (child) await kill(child);
      await sleep(Math.random() * 1_000);
      children[at] = start(at);
    },
    /** Nothing is written any more. @returns what went wrong until they were at the end */
    async finish(patienceMs: number): Promise<string[]> {
      tell({ isLast: true });
      const codes = await Promise.all(
        children.map((child) => Promise.race([exitOf(child), sleep(patienceMs, 'too late', { ref: false })])),
      );
      return codes.flatMap((code, at) => (code === 0 ? [] : `the follower by ${WAYS[at]} ended with ${code}`));
    },
    killAll: () => Promise.all(children.map(kill)),
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
