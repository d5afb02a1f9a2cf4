// Arrays of texts in the binary form of the protocol. As a literal, each quote and backslash of a text is found and doubled here, and
// taken apart again by Postgres: of the JSON of a story, those are one character in seventeen. It makes no other type.

const TEXT = 25;
const HEAD = 20;
const NULL = -1;

/** For a parameter that is cast to text[]. PostgreSQL: src/backend/utils/adt/arrayfuncs.c, array_recv(). */
export function textArray(texts: readonly (string | null)[]): Buffer {
  // A UTF-16 code unit takes three bytes at most.
  let room = HEAD;
  for (const text of texts) room += 4 + 3 * (text?.length ?? 0);
  const bytes = Buffer.allocUnsafe(room);
  const dimensions = texts.length === 0 ? [] : [texts.length, 1];
  let end = 0;
  for (const number of [dimensions.length / 2, texts.includes(null) ? 1 : 0, TEXT, ...dimensions])
    end = bytes.writeInt32BE(number, end);
  for (const text of texts) {
    const length = text === null ? 0 : bytes.write(text, end + 4);
    bytes.writeInt32BE(text === null ? NULL : length, end);
    end += 4 + length;
  }
  return bytes.subarray(0, end);
}
