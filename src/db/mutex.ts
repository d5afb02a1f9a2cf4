// A lock between processes of one machine, held by the kernel, so that no crash can leave it behind; it guards starting and stopping only.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** O_EXLOCK of macOS and BSD, absent from fs.constants: open and lock in one step. */
const O_EXLOCK = 0x20;

type Release = () => Promise<void>;

/**
 * Runs `work` while no other process (nor another call in this one) runs work for the same path.
 * @param path absolute; any string that all contenders spell alike
 * @param patienceMs milliseconds to wait for the lock
 * @throws Error when the lock was not free in time
 */
export async function withMutex<T>(path: string, work: () => Promise<T>, patienceMs = 180_000): Promise<T> {
  const acquire = process.platform === 'linux' ? listenAbstract : lockFile;
  const deadline = Date.now() + patienceMs;
  let release = await acquire(path);
  while (!release) {
    if (Date.now() > deadline) throw new Error(`Another process has been starting or stopping ${path} for too long.`);
    await sleep(20);
    release = await acquire(path);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/** unix(7): an abstract name belongs to one socket at a time and vanishes with its process; no file, no 107-byte path. */
function listenAbstract(path: string): Promise<Release | undefined> {
  const name = `\0dateline-${createHash('sha256').update(path).digest('hex')}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(() => new Promise((done) => server.close(() => done()))));
  });
}

async function lockFile(path: string): Promise<Release | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
  try {
    const file = await open(`${path}.lock`, flags, 0o600);
    return () => file.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
