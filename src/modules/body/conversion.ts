// Converts HTML and Markdown in a thread of its own, one document at a time and against the clock; it never parses on the serving thread.
import { Worker } from 'node:worker_threads';
import { findLimit } from '../../memory.ts';
import { BodyProblem } from './problem.ts';
import type { BodyWarning, PortableTextInput } from './schemas.ts';

export type Format = 'html' | 'markdown';
export type Conversion = { blocks: PortableTextInput; warnings: BodyWarning[] };
export type WorkerMessage =
  | { kind: 'started' }
  | { kind: 'converted'; conversion: Conversion }
  | { kind: 'refused'; code: BodyProblem['code']; message: string };

interface Job {
  format: Format;
  source: string;
  /** Place in the queue. */
  turn: number;
  resolve: (conversion: Conversion) => void;
  reject: (problem: BodyProblem) => void;
}

// 5,000 paragraphs with a link each, 750 KB, take 3 s and a story 20 ms; what takes longer is made to.
const CONVERSION_MS = 10_000;
// Loading jsdom takes 0.6 s on an idle machine and several on a busy one: the document is not to blame for it.
const LOADING_MS = 30_000;
const IDLE_MS = 60_000;
const MAX_WAITING = 100;
/** Of all that wait. In a container of 256 MiB, a hundred of a megabyte would take what is left of it; four may wait there. */
const MAX_CHARACTERS = Math.min(MAX_WAITING, (findLimit() ?? Infinity) / 64) * 2 ** 20;
/** Milliseconds by which those behind may pass a document, for each of its characters: as long as the longest may take. */
const LET_PASS = CONVERSION_MS / 2 ** 20;
// MiB of the heap. Documents of 750 KB take between 100 and 160; in 32, jsdom cannot even be loaded, and in 48 not always where the machine is busy.
const MEMORY = { most: 512, least: 64 };
/** A document of 750 KB takes as long as with V8's own, and the process grew to 230 MB instead of 340. */
const YOUNG_MB = 16;
/** What the thread takes beside its heap, which is some 70, and the process meanwhile. */
const BESIDE_MB = 80;

let worker: Worker | undefined;
let running: Job | undefined;
let clock: NodeJS.Timeout | undefined;
/** Short ones pass long ones: behind four documents that each took the 10 s to be refused, one line of Markdown had waited for 31 s. */
const waiting: Job[] = [];

/**
 * Converts a document of at most 1 MiB into Portable Text that is not checked yet.
 * @throws {BodyProblem} busy when 100 documents, or too much of a container, wait before it, too_slow, too_deep, too_many_blocks or unreadable
 */
export function convert(format: Format, source: string): Promise<Conversion> {
  return new Promise((resolve, reject) => {
    const turn = performance.now() + source.length * LET_PASS;
    const at = waiting.findLastIndex((job) => job.turn <= turn) + 1;
    waiting.splice(at, 0, { format, source, turn, resolve, reject });
    runNext();
    let characters = waiting.reduce((sum, job) => sum + job.source.length, 0);
    while (waiting.length > MAX_WAITING || characters > MAX_CHARACTERS) {
      const last = waiting.pop();
      if (!last) return;
      characters -= last.source.length;
      last.reject(new BodyProblem('busy', `/${last.format}`, 'too many documents are waiting to be converted'));
    }
  });
}

function runNext(): void {
  if (running) return;
  running = waiting.shift();
  clearTimeout(clock);
  if (!running) {
    // The process may end while the thread idles, and the thread ends when nobody needs it: 140 MB are not kept for nothing.
    worker?.unref();
    clock = setTimeout(discard, IDLE_MS).unref();
    return;
  }
  worker ??= start();
  worker.ref();
  worker.postMessage({ format: running.format, source: running.source });
  limit(LOADING_MS, 'busy', 'documents cannot be converted at the moment');
}

/**
 * What a container may take beyond its limit ends all of the process: in one of 256 MiB, a document of 810 KB did. Half of what is left is for
 * what is asked meanwhile.
 * @returns MiB that the heap of a thread may take
 */
function memoryFor(): number {
  if (findLimit() === undefined) return MEMORY.most; // what is free on a machine can be had from its caches
  const left = Math.floor((process.availableMemory() / 2 ** 20 - BESIDE_MB) / 2);
  return Math.max(MEMORY.least, Math.min(MEMORY.most, left));
}

function start(): Worker {
  const thread = new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'body',
    resourceLimits: { maxOldGenerationSizeMb: memoryFor(), maxYoungGenerationSizeMb: YOUNG_MB },
  });
  thread.on('message', (message: WorkerMessage) => {
    if (thread !== worker) return;
    if (message.kind === 'started')
      limit(CONVERSION_MS, 'too_slow', `the document takes longer than ${CONVERSION_MS} ms to convert`);
    else if (message.kind === 'converted') settle((job) => job.resolve(message.conversion));
    else settle((job) => job.reject(new BodyProblem(message.code, `/${job.format}`, message.message)));
  });
  // Out of memory arrives here; an error without a listener would end the process.
  thread.on('error', (cause) => {
    if (thread !== worker) return;
    worker = undefined;
    // What else ends it is no fault of the document, such as that a thread cannot be started.
    const tooMuch = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
    settle((job) =>
      job.reject(
        tooMuch
          ? new BodyProblem('unreadable', `/${job.format}`, 'the document cannot be converted', { cause })
          : new BodyProblem('busy', `/${job.format}`, 'documents cannot be converted at the moment', { cause }),
      ),
    );
  });
  return thread;
}

function limit(ms: number, code: BodyProblem['code'], message: string): void {
  clearTimeout(clock);
  clock = setTimeout(() => {
    discard();
    settle((job) => job.reject(new BodyProblem(code, `/${job.format}`, message)));
  }, ms);
}

function settle(how: (job: Job) => void): void {
  const job = running;
  running = undefined;
  if (job) how(job);
  runNext();
}

function discard(): void {
  const old = worker;
  worker = undefined;
  void old?.terminate();
}
