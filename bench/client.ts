// A connection that asks, reads the answer to its end, and asks again: what a load generator must do, and no more. It knows HTTP/1.1
// with a length and an open connection, which is how all servers of the benchmark answer, and fails at anything else.
//
// autocannon reads each header into an object: 80 us of its CPU for an answer of 14 KB with 18 headers and 65 with 5, where the server took
// 71 and 61. It was asked as fast as it could read, and its ratio was told for that of the servers.
import { connect } from 'node:net';

export interface Client {
  /** Resolves when the last answer is there; rejects where there is none within the patience, or one that is not understood. */
  done: Promise<void>;
  /** Asks no more. */
  stop(): void;
}
interface Asking {
  port: number;
  next: () => Buffer;
  /** @param ms from the request to the last byte of its answer */
  onAnswer: (status: string, ms: number) => void;
  patienceMs: number;
}

const READ_BYTES = 65_536;
const HEAD_END = '\r\n\r\n';

/** @returns status, and bytes of head and body; undefined where the head is not complete */
function sizeOf(bytes: Buffer): { status: string; size: number } | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const status = head.slice(9, 12);
  const hasBody = status !== '204' && status !== '304';
  const length = hasBody ? /\r\ncontent-length: (\d+)/i.exec(head)?.[1] : '0';
  if (!head.startsWith('HTTP/1.1 ') || length === undefined)
    throw new Error(`an answer without a length: ${head.slice(0, 80)}`);
  return { status, size: end + HEAD_END.length + Number(length) };
}

export function startClient({ port, next, onAnswer, patienceMs }: Asking): Client {
  let stopped = false;
  let askedAt = 0;
  let status = '';
  /** Of the answer that is being read; undefined before its head is complete. */
  let left: number | undefined;
  let head: Buffer | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();

  const ask = () => {
    askedAt = performance.now();
    left = undefined;
    head = undefined;
    socket.write(next());
  };
  const take = (bytes: Buffer) => {
    if (left === undefined) {
      const known = head ? Buffer.concat([head, bytes]) : bytes;
      const found = sizeOf(known);
      if (!found) {
        // The room is read into again.
        head = Buffer.from(known);
        return;
      }
      status = found.status;
      left = found.size - known.length;
    } else left -= bytes.length;
    if (left < 0) throw new Error('more came than was announced');
    if (left > 0) return;
    onAnswer(status, performance.now() - askedAt);
    if (stopped) socket.end();
    else ask();
  };
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length, room) => {
        try {
          take(Buffer.from(room.buffer, room.byteOffset, length));
        } catch (error) {
          socket.destroy(error as Error);
        }
        return true;
      },
    },
  });
  socket.setTimeout(patienceMs, () => socket.destroy(new Error(`no answer within ${patienceMs} ms`)));
  socket.once('connect', ask);
  socket.once('error', reject);
  socket.once('close', () => (stopped && left === 0 ? resolve() : reject(new Error('the connection was closed'))));
  return {
    done: promise,
    stop: () => {
      stopped = true;
    },
  };
}
