// Cuts a stream of bytes into lines without ever holding more than one of them; it knows nothing of what they say.
import { isUtf8 } from 'node:buffer';
import type { ImportLine } from './schemas.ts';

/** A story is far below this; what is longer is skipped as it streams by. */
export const MAX_LINE_BYTES = 5_000_000;

export interface Line {
  /** Counted from 1, blank lines included. */
  number: number;
  /** Absent where the line cannot be read. */
  text?: string;
  /** Instead of a text, from a file of another system. */
  story?: ImportLine;
  refusal?: string;
  /** What it is, where no story can be made of it. */
  leftOut?: string;
  /** What could not be kept as it was, and how often. */
  notes?: Record<string, number>;
  /** Bytes of the file up to and including this line's end. */
  position: number;
}

const LINE_FEED = 10;
const BOM = '\uFEFF';

/** Every line with something on it; CRLF and a byte order mark are taken off. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let position = 0;

  function* finish(): Generator<Line> {
    number += 1;
    const held = Buffer.concat(parts);
    const total = length;
    parts = [];
    length = 0;
    if (total > MAX_LINE_BYTES)
      yield { number, position, refusal: `the line has ${total} bytes; ${MAX_LINE_BYTES} are the most` };
    else if (!isUtf8(held)) yield { number, position, refusal: 'the line is not valid UTF-8' };
    else {
      const text = held.toString('utf8');
      const bare = number === 1 && text.startsWith(BOM) ? text.slice(1) : text;
      if (bare.trim() !== '') yield { number, position, text: bare };
    }
  }
  function hold(part: Uint8Array): void {
    length += part.length;
    position += part.length;
    if (length > MAX_LINE_BYTES) parts = [];
    else if (part.length > 0) parts.push(part);
  }

  for await (const bytes of source) {
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      hold(bytes.subarray(start, end));
      position += 1;
      start = end + 1;
      yield* finish();
    }
    hold(bytes.subarray(start));
  }
  if (length > 0) yield* finish();
}
