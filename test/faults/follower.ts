// A process that follows the change feed, by pages that wait or by the stream, and keeps what it is told in a file of its own, each change together
// with its token: killed at any moment, it goes on where it was. It knows nothing else of the newsroom.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf } from '../fixtures/events.ts';
import type { ToldChange } from '../fixtures/following.ts';
import { openCopy } from './copies.ts';

/** What it is sent. */
export interface Orders {
  /** Of nodes that may be there. */
  origins: string[];
  /** Nothing is written any more: read to the end, and stop. */
  isLast: boolean;
}

const [file = '', way = 'pages'] = process.argv.slice(2);
const copy = openCopy(file);
const orders: Orders = { origins: [], isLast: false };
process.on('message', (given: Orders) => Object.assign(orders, given));
process.once('disconnect', () => process.exit(1));

async function answerOf(origin: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(origin + path, { headers });
  if (response.status === 200) return response;
  const text = await response.text();
  if (response.status >= 500) throw new Error(text);
  copy.fault(`${path} was answered ${response.status}: ${text}`);
  process.exit(1);
}

/** @returns whether that was all */
async function readPage(origin: string): Promise<boolean> {
  const { token } = copy.progress();
  const wait = orders.isLast ? 0 : 5;
  const path = `/v1/changes?include=item&limit=100&wait=${wait}${token && `&since=${token}`}`;
  const { data, meta } = (await (await answerOf(origin, path)).json()) as {
    data: ToldChange[];
    meta: { next: string; more: boolean };
  };
  copy.take(data, meta.next);
  return wait === 0 && !meta.more && data.length === 0;
}

/** @returns whether it was told all that there is */
async function readStream(origin: string): Promise<boolean> {
  const { token } = copy.progress();
  const { isLast } = orders;
  const path = `/v1/changes/stream?include=item&seconds=${isLast ? 0 : 20}`;
  const response = await answerOf(origin, path, token ? { 'last-event-id': token } : {});
  for await (const { event, id, data } of eventsOf(response.body as ReadableStream<Uint8Array>)) {
    if (event === 'change' && id) copy.take([JSON.parse(data)], id);
    else if (event === 'expired') copy.fault(`the stream ended with ${data}`);
  }
  return isLast;
}

for (let turn = 0; ; turn += 1) {
  const origin = orders.origins[turn % Math.max(1, orders.origins.length)];
  try {
    if (origin && (await (way === 'pages' ? readPage(origin) : readStream(origin)))) break;
  } catch {
    // The node is gone, or goes: another one knows as much.
    await sleep(50);
  }
  if (!origin) await sleep(20);
}
process.exit(0);
