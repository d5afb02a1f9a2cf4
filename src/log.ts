// Where the log goes: to standard output, in the order in which lines come, as fast as they are taken. Nobody who is answered waits for a
// reader of the log: beyond what is kept for it, lines are counted and left out.
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';

export interface Log {
  write(line: string): void;
}

/** Bytes that wait for a reader; a pipe holds 64 KiB beside it. */
const MOST_WAITING = 1_048_576;

/** To a pipe, Node writes what fits at once, and the rest when it fits; to a file or a terminal, all of it at once. */
function openLog(out: Writable): Log {
  let leftOut = 0;
  // A reader that has gone away ends no server.
  out.on('error', () => {});
  out.on('drain', () => {
    if (leftOut === 0) return;
    const msg = `${leftOut} lines are missing here: nobody took them in time`;
    leftOut = 0;
    out.write(`${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, hostname: hostname(), msg })}\n`);
  });
  return {
    write(line) {
      if (out.writableLength > MOST_WAITING) leftOut += 1;
      else out.write(line);
    },
  };
}

let opened: Log | undefined;
export function standardOutput(): Log {
  opened ??= openLog(process.stdout);
  return opened;
}

/** Resolves when all that was written is taken, or the time is over: what waits is lost when the process ends. */
export function taken(milliseconds: number): Promise<unknown> {
  const ends = [process.stdout, process.stderr].map((out) => new Promise((resolve) => out.write('', resolve)));
  return Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, milliseconds))]);
}
