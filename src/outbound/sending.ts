// Requests of this server to hosts that others name: to public addresses only, bounded in time and bytes. It follows no redirect.
import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'undici';
import { loadOnce } from '../loading.ts';
import { guardedLookup, type Lookup, refusalAtCreation, refusalOf } from './checking.ts';
import { createLookup } from './resolving.ts';

interface Outgoing {
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** From the first look into the DNS to the last byte of the answer, in ms. */
  timeoutMs?: number;
  /** Bytes of the answer's body that are kept; the connection is closed at the next one. */
  maxBytes?: number;
  /** http to public addresses, too. */
  http?: boolean;
  signal?: AbortSignal;
}
interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it came over the wire: nothing is unpacked, so nothing can swell. */
  body: Buffer;
  /** There was more than `maxBytes`. */
  truncated: boolean;
  durationMs: number;
}
export type FailureCode = 'refused' | 'timeout' | 'unreachable';

/** No answer, or not all of it in time; its message may be shown to whoever named the host. */
export class OutboundError extends Error {
  override name = 'OutboundError';
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface Outbound {
  /**
   * Any status is an answer, 3xx too.
   * @throws OutboundError
   */
  send(url: string, outgoing?: Outgoing): Promise<Reply>;
  /** What is wrong with a URL that somebody writes down, to be read after "The URL"; null where nothing is. */
  check(url: string, options?: { http?: boolean }): Promise<string | null>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 65_536;
const MAX_HEADER_BYTES = 16_384;
const AGENT = 'Dateline';

/** With the first request: it was a tenth of the work of a start. */
const loadUndici = () => import('undici');

/** @param options.lookup how names become addresses: by the DNS, as the machine is set up to ask it */
export function createOutbound(options: { loopback: boolean; lookup?: Lookup }): Outbound {
  const { loopback, lookup: resolver = createLookup() } = options;
  const refuse = () => new OutboundError('refused', 'The URL leads to an address that is not public.');
  let agent: Agent | undefined;
  const open = loadOnce(async () => {
    const { Agent } = await loadUndici();
    agent = new Agent({
      // Given outright, so that NODE_TLS_REJECT_UNAUTHORIZED does not turn it off.
      connect: {
        lookup: guardedLookup({ loopback }, resolver, refuse),
        rejectUnauthorized: true,
        timeout: TIMEOUT_MS,
      },
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    return agent;
  });
  return {
    async send(text, { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, http = false, signal, ...outgoing } = {}) {
      const refusal = URL.canParse(text) ? refusalOf(new URL(text), { loopback, http }) : 'is not a URL';
      if (refusal !== null) throw new OutboundError('refused', `The URL ${refusal}.`);
      const started = performance.now();
      const deadline = AbortSignal.timeout(timeoutMs);
      const stop = signal ? AbortSignal.any([deadline, signal]) : deadline;
      try {
        const reply = await ask(open, text, maxBytes, stop, outgoing);
        return { ...reply, durationMs: Math.round(performance.now() - started) };
      } catch (error) {
        if (error instanceof OutboundError) throw error;
        if (deadline.aborted)
          throw new OutboundError('timeout', `There was no whole answer within ${timeoutMs / 1_000} s.`, error);
        throw new OutboundError('unreachable', `The request failed: ${reasonOf(error)}.`, error);
      }
    },
    check: (text, { http = false } = {}) => refusalAtCreation(text, { loopback, http }, resolver),
    close: async () => agent?.destroy(),
  };
}

async function ask(
  open: () => Promise<Agent>,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
  { method = 'GET', headers = {}, body }: Outgoing,
): Promise<Omit<Reply, 'durationMs'>> {
  const { request } = await loadUndici();
  const answer = await request(url, {
    dispatcher: await open(),
    method,
    headers: { 'user-agent': AGENT, 'accept-encoding': 'identity', ...headers },
    signal,
    ...(body !== undefined && { body }),
  });
  const kept: Buffer[] = [];
  let left = maxBytes;
  let truncated = false;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    truncated = chunk.length > left;
    if (left > 0) kept.push(chunk.subarray(0, left));
    left -= Math.min(chunk.length, left);
    if (truncated) break;
  }
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(kept), truncated };
}

/** Codes such as ECONNREFUSED or CERT_HAS_EXPIRED say enough; messages may hold addresses that a name was resolved to. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name);
}
