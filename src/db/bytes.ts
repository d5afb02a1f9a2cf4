// Texts that are only passed on come as the bytes that Postgres sent; pg by itself decodes each of them. It changes nothing else of pg.
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Parser } from 'pg-protocol/dist/parser.js';

/** UTF-8 as it came. Its text is `String(bytes)`. */
export class Bytes {
  /** One character for each byte, which V8 keeps in a byte. */
  readonly #latin1: string;
  constructor(latin1: string) {
    this.#latin1 = latin1;
  }
  toString(): string {
    return decoded(this.#latin1);
  }
  /** @returns UTF-8 of all three */
  between(before: string, after: string): Buffer {
    const length = this.#latin1.length;
    // A UTF-16 code unit takes three bytes at most.
    const room = Buffer.allocUnsafe(length + 3 * (before.length + after.length));
    let end = room.write(before);
    end += room.write(this.#latin1, end, 'latin1');
    end += room.write(after, end);
    return room.subarray(0, end);
  }
}

/**
 * No column of ours is a varchar: a statement that casts a text to it, which costs Postgres nothing, gets Bytes. A story of 19 KB was
 * decoded (25 us of 690), put into its envelope and encoded again (66), and filled the heap with two bytes a letter where it is not
 * Latin: in turn on one machine, 615 us of CPU a story became 401.
 */
export const asBytes = (text: string) => `(${text})::varchar`;

const VARCHAR = 1043;
/** uuid, boolean, numbers, times: never anything but ASCII. */
const PLAIN = new Set([2950, 16, 20, 21, 23, 701, 1700, 1114, 1184, 1082]);

/** What an error of Postgres says, in the language of the server and with the values that it is about. */
const TOLD = ['message', 'detail', 'hint', 'where'];

const decoded = (bytes: string) => Buffer.from(bytes, 'latin1').toString();

export type Parse = (value: string) => unknown;
const parsers = new Map<number, Parse>();
/** Of a column of that type, in the text format. */
export function parserOf(oid: number): Parse {
  const known = parsers.get(oid);
  if (known) return known;
  const parse = pg.types.getTypeParser(oid, 'text') as Parse;
  const made: Parse =
    oid === VARCHAR ? (bytes) => new Bytes(bytes) : PLAIN.has(oid) ? parse : (bytes) => parse(decoded(bytes));
  parsers.set(oid, made);
  return made;
}

type Attaching = pg.Connection & { attachListeners(stream: Duplex): void };

/** To be called before it connects. pg names no way to its parser: what is replaced here is where pg makes it (pg 8.23). */
export function passBytes(client: pg.Client): void {
  const connection = client.connection as Attaching;
  connection.attachListeners = (stream) => {
    const parser = new Parser();
    // One character for each byte: Node copies them, where UTF-8 has to be read.
    Object.assign(Reflect.get(parser, 'reader') as object, { encoding: 'latin1' });
    stream.on('data', (bytes: Buffer) =>
      parser.parse(bytes, (message) => {
        if (message.name !== 'error') return connection.emit(message.name, message);
        const error = message as unknown as Record<string, unknown>;
        for (const name of TOLD) if (typeof error[name] === 'string') error[name] = decoded(error[name]);
        return connection.emit('errorMessage', message);
      }),
    );
  };
}
