// Texts that are only passed on come as the bytes that Postgres sent; pg by itself decodes each of them. It changes nothing else of pg.
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { Parser } from 'pg-protocol/dist/parser.js';

/** Bytes of room for an envelope around it: one of a story or a list takes 9 before it, and some 500 behind it. */
const BEFORE = 16;
const BEHIND = 1_024;

/** UTF-8 as it came. Its text is `String(bytes)`. */
export class Bytes {
  readonly #room: Buffer;
  readonly #end: number;
  #isTaken = false;
  /** Copies the bytes from `start` to `end`: the driver reads into the same memory again. */
  constructor(source: Buffer, start: number, end: number) {
    // In memory of its own: it may be kept (caching/representation.ts).
    this.#room = Buffer.allocUnsafeSlow(BEFORE + end - start + BEHIND);
    this.#end = BEFORE + source.copy(this.#room, BEFORE, start, end);
  }
  toString(): string {
    return this.#room.toString('utf8', BEFORE, this.#end);
  }
  /** @returns UTF-8 of all three; the first time it is written around the bytes where they are, if there is room */
  between(before: string, after: string): Buffer {
    const [ahead, behind] = [Buffer.byteLength(before), Buffer.byteLength(after)];
    if (this.#isTaken || ahead > BEFORE || behind > BEHIND)
      return Buffer.concat([Buffer.from(before), this.#room.subarray(BEFORE, this.#end), Buffer.from(after)]);
    this.#isTaken = true;
    this.#room.write(before, BEFORE - ahead);
    this.#room.write(after, this.#end);
    return this.#room.subarray(BEFORE - ahead, this.#end + behind);
  }
}

/**
 * No column of ours is a varchar: a statement that casts a text to it, which costs Postgres nothing, gets Bytes. A story of 19 KB was
 * decoded (25 us of 690), put into its envelope and encoded again (66), and filled the heap with two bytes a letter where it is not
 * Latin: in turn on one machine, 615 us of CPU a story became 401. As text of a byte a letter it was still a third of all that a story
 * took of the heap (18 of 54 KB).
 */
export const asBytes = (text: string) => `(${text})::varchar`;

const VARCHAR = 1043;
/** uuid, boolean, numbers, times: never anything but ASCII. */
const PLAIN = new Set([2950, 16, 20, 21, 23, 701, 1700, 1114, 1184, 1082]);

/** What an error of Postgres says, in the language of the server and with the values that it is about. */
const TOLD = ['message', 'detail', 'hint', 'where'];

/** A value of a row: bytes where it is long, else one character for each byte, which Node copies, where UTF-8 has to be read. */
export type Value = string | Bytes;
const LONG = 1_024;

const decoded = (value: Value) => (typeof value === 'string' ? Buffer.from(value, 'latin1').toString() : String(value));
function toBytes(value: Value): Bytes {
  if (typeof value !== 'string') return value;
  const bytes = Buffer.from(value, 'latin1');
  return new Bytes(bytes, 0, bytes.length);
}

export type Parse = (value: Value) => unknown;
const parsers = new Map<number, Parse>();
/** Of a column of that type, in the text format. */
export function parserOf(oid: number): Parse {
  const known = parsers.get(oid);
  if (known) return known;
  const parse = pg.types.getTypeParser(oid, 'text') as (text: string) => unknown;
  const made: Parse =
    oid === VARCHAR ? toBytes : (value) => parse(PLAIN.has(oid) && typeof value === 'string' ? value : decoded(value));
  parsers.set(oid, made);
  return made;
}

interface Reader {
  encoding: string;
  buffer: Buffer;
  offset: number;
  string(length: number): Value;
}
/** Of its messages, none but a row has a text of that length whose length is told before it. */
function readBytes(reader: Reader): void {
  const { string } = reader;
  reader.encoding = 'latin1';
  reader.string = (length) => {
    if (length < LONG) return string.call(reader, length);
    reader.offset += length;
    return new Bytes(reader.buffer, reader.offset - length, reader.offset);
  };
}

type Attaching = pg.Connection & { attachListeners(stream: Duplex): void };

/** To be called before it connects. pg names no way to its parser: what is replaced here is where pg makes it (pg 8.23). */
export function passBytes(client: pg.Client): void {
  const connection = client.connection as Attaching;
  connection.attachListeners = (stream) => {
    const parser = new Parser();
    readBytes(Reflect.get(parser, 'reader') as Reader);
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
