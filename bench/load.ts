// The load generator, in a process of its own: runs one round at a time as its parent asks, and answers what came of it.
import { createHistogram } from 'node:perf_hooks';
import autocannon, { type Client } from 'autocannon';
import { startClient } from './client.ts';

export interface Load {
  port: number;
  connections: number;
  seconds: number;
  method: 'GET' | 'POST';
  paths: string[];
  /** How often each path is asked for: evenly at random, or the n-th 1/n times as often as the first. */
  spread: 'even' | 'zipf';
  headers?: Record<string, string>;
  /** Each request from an address of its own. */
  visitors?: boolean;
  /** autocannon as it comes, which costs more than the answers; else client.ts. */
  plain?: boolean;
}

export interface Round {
  /** Answers by status. */
  statuses: Record<string, number>;
  answers: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  errors: number;
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x64; rv:145.0) Gecko/20100101 Firefox/145.0';
let visitor = 0;

/** Addresses of 10.0.0.0/8 in turn: 16.7 million before one comes again. */
function nextVisitor(): string {
  visitor = (visitor + 1) & 0xff_ff_ff;
  return `10.${visitor >> 16}.${(visitor >> 8) & 255}.${visitor & 255}`;
}

/** @returns a function that draws an index below `count` */
function drawing(count: number, spread: Load['spread']): () => number {
  if (count === 1) return () => 0;
  if (spread === 'even') return () => Math.floor(Math.random() * count);
  // A table of outcomes: a binary search for each request would be the generator's own load.
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const table = new Uint32Array(1 << 20);
  let sum = 0;
  let rank = 0;
  for (let at = 0; at < table.length; at += 1) {
    while (rank < count - 1 && (sum + (weights[rank] ?? 0)) / total <= at / table.length) sum += weights[rank++] ?? 0;
    table[at] = rank;
  }
  return () => table[Math.floor(Math.random() * table.length)] ?? 0;
}

/** @returns a function that makes the bytes of the next request */
function requestsOf({ port, method, paths, spread, headers = {}, visitors = false }: Load): () => Buffer {
  const fixed = Object.entries({ host: `127.0.0.1:${port}`, 'user-agent': BROWSER, accept: '*/*', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const tail = ` HTTP/1.1\r\n${fixed}${method === 'POST' ? 'content-length: 0\r\n' : ''}`;
  const draw = drawing(paths.length, spread);
  if (visitors) {
    return () => Buffer.from(`${method} ${paths[draw()]}${tail}x-forwarded-for: ${nextVisitor()}\r\n\r\n`, 'latin1');
  }
  const buffers = paths.map((path) => Buffer.from(`${method} ${path}${tail}\r\n`, 'latin1'));
  return () => buffers[draw()] ?? Buffer.alloc(0);
}

/** The same requests in autocannon's own words: it puts an id in place of the mark. One path only. */
function plainOptions({ method, paths }: Load) {
  const headers = { 'user-agent': BROWSER, 'x-forwarded-for': '[<id>]' };
  return { requests: [{ method, path: paths[0] ?? '/', headers }], idReplacement: true };
}

const PATIENCE_MS = 20_000;

async function runPlain(load: Load): Promise<Round> {
  const clients: Client[] = [];
  let finished = 0;
  const started = performance.now();
  // At the end each connection waits for its last answer: what was sent was answered, so that views can be compared to the row.
  const end = setTimeout(() => {
    for (const client of clients) client.responseMax = 1;
  }, load.seconds * 1_000);
  const result = await autocannon({
    url: `http://127.0.0.1:${load.port}`,
    connections: load.connections,
    duration: load.seconds + 30,
    timeout: PATIENCE_MS / 1_000,
    sampleInt: 50,
    ...plainOptions(load),
    setupClient(client) {
      clients.push(client);
      client.once('done', () => {
        finished = performance.now();
      });
    },
  });
  clearTimeout(end);
  const statuses = Object.fromEntries(
    Object.entries(result.statusCodeStats).map(([status, { count }]) => [status, count]),
  );
  const seconds = (finished - started) / 1_000;
  const { latency, errors } = result;
  return { statuses, answers: sumOf(statuses), seconds, p50: latency.p50, p99: latency.p99, errors };
}

const sumOf = (statuses: Record<string, number>) => Object.values(statuses).reduce((sum, count) => sum + count, 0);

async function run(load: Load): Promise<Round> {
  if (load.plain) return runPlain(load);
  const statuses: Record<string, number> = {};
  const took = createHistogram();
  const onAnswer = (status: string, ms: number) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    took.record(Math.max(1, Math.round(ms * 1_000)));
  };
  const next = requestsOf(load);
  const started = performance.now();
  const clients = Array.from({ length: load.connections }, () =>
    startClient({ port: load.port, next, onAnswer, patienceMs: PATIENCE_MS }),
  );
  const end = setTimeout(() => {
    for (const client of clients) client.stop();
  }, load.seconds * 1_000);
  const ended = await Promise.allSettled(clients.map(({ done }) => done));
  clearTimeout(end);
  const seconds = (performance.now() - started) / 1_000;
  const errors = ended.filter(({ status }) => status === 'rejected').length;
  const [p50, p99] = [took.percentile(50) / 1_000, took.percentile(99) / 1_000];
  return { statuses, answers: sumOf(statuses), seconds, p50, p99, errors };
}

process.on('message', (load: Load) => {
  run(load).then(
    (round) => process.send?.({ round }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
