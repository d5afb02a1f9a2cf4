// Takes the values at given places out of a JSON document of any size, one at a time in flat memory. What it does not look for is never kept.
import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import { MAX_LINE_BYTES } from '../imports/reading.ts';
import { SourceError } from './problem.ts';

export interface Value {
  value: unknown;
  /** Names and places that lead to it. */
  path: (string | number)[];
  /** Bytes of the file that were read when it ended. */
  position: number;
}

const MAX_DEPTH = 100;
/** Of one value: 500,000 small ones take 50 MB. */
const MAX_TOKENS = 500_000;

/**
 * @param paths such as `$.items.*`
 * @throws SourceError for what is no JSON, not UTF-8, nested too deeply, or holds a value that is too large
 */
export async function* readValues(source: AsyncIterable<Uint8Array>, paths: string[]): AsyncGenerator<Value> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const tokenizer = new Tokenizer();
  const parser = new TokenParser({ paths, keepStack: false });
  /** The items of a list lie as deep as the longest path; above it, nothing but their lists is kept. */
  const level = Math.max(...paths.map((path) => path.split('.').length - 1));
  let found: Value[] = [];
  let position = 0;
  let depth = 0;
  let begun = { at: 0, tokens: 0 };
  let lastToken = 0;

  tokenizer.onToken = (token) => {
    lastToken = position;
    if (token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET) depth += 1;
    else if (token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET) depth -= 1;
    if (depth > MAX_DEPTH) throw new SourceError(`its values are nested more than ${MAX_DEPTH} deep`);
    if (depth <= level) begun = { at: position, tokens: 0 };
    else begun.tokens += 1;
    if (begun.tokens > MAX_TOKENS || position - begun.at > MAX_LINE_BYTES) throw tooLarge();
    parser.write(token);
  };
  parser.onValue = ({ value, key, stack }) => {
    const path = [...stack.slice(1).map((place) => place.key), key].filter((place) => place !== undefined);
    found.push({ value, path, position });
  };
  tokenizer.onError = parser.onError = (error) => {
    throw error instanceof SourceError ? error : new SourceError(`it is not valid JSON: ${error.message}`);
  };
  tokenizer.onEnd = parser.onEnd = () => {};

  let isFirst = true;
  for await (const bytes of source) {
    checkUtf8(decoder, bytes);
    position += bytes.length;
    try {
      tokenizer.write(isFirst ? withoutMark(bytes) : bytes);
    } finally {
      // Those in front of a break as well.
      yield* found;
      found = [];
    }
    isFirst = false;
    if (position - lastToken > MAX_LINE_BYTES) throw tooLarge();
  }
  checkUtf8(decoder, undefined);
  if (!parser.isEnded) throw new SourceError('it is not valid JSON: it ends before its end');
  yield* found;
}

const tooLarge = () => new SourceError(`one value in it has more than ${MAX_LINE_BYTES} bytes or ${MAX_TOKENS} parts`);

function checkUtf8(decoder: TextDecoder, bytes: Uint8Array | undefined): void {
  try {
    if (bytes) decoder.decode(bytes, { stream: true });
    else decoder.decode();
  } catch {
    throw new SourceError('it is not valid UTF-8');
  }
}

/** A byte order mark is no part of JSON (RFC 8259 section 8.1), and Windows writes it all the same. */
const withoutMark = (bytes: Uint8Array) =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;

export const textIn = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
export const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const recordIn = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
