// The part of autocannon that load.ts uses; the package brings no types.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  export interface Client extends EventEmitter {
    /** Answers after which the connection is closed instead of being asked again. */
    responseMax: number | undefined;
  }
  export interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Seconds. */
    timeout: number;
    /** Milliseconds between looks at whether it is over. */
    sampleInt: number;
    setupClient(client: Client): void;
    requests?: { method: 'GET' | 'POST'; path: string; headers: Record<string, string> }[];
    /** Puts an id of its own in place of `[<id>]` in each request. */
    idReplacement?: boolean;
  }
  export interface Result {
    '2xx': number;
    errors: number;
    timeouts: number;
    /** Milliseconds. */
    latency: Record<'p50' | 'p99' | 'max', number>;
    statusCodeStats: Record<string, { count: number }>;
  }
  export default function autocannon(options: Options): PromiseLike<Result>;
}
