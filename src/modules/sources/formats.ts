// The formats that stories can come in: each has a reader that turns a file into lines of an import. It tells by its first bytes which one a file is.
import { type Line, readLines } from '../imports/reading.ts';
import { SourceError } from './problem.ts';
import type { ReaderOptions } from './stories.ts';
import { readWordPress } from './wordpress.ts';

export interface Source {
  /** From its first byte, each time. */
  open(): AsyncIterable<Uint8Array>;
}
type Reader = (source: Source, options: ReaderOptions) => AsyncGenerator<Line>;

const READERS = {
  ndjson: ({ open }) => readLines(open()),
  wxr: ({ open }, options) => readWordPress(open(), options),
} as const satisfies Record<string, Reader>;
export type Format = keyof typeof READERS;
export const FORMATS = Object.keys(READERS) as Format[];

export const readSource = (format: Format, source: Source, options: ReaderOptions): AsyncGenerator<Line> =>
  READERS[format](source, options);

/** The comment that WordPress begins with has 2,000 characters. */
const HEAD = 65_536;

/** @throws SourceError where it is none of them */
export async function detectFormat({ open }: Source): Promise<Format> {
  const head = (await firstBytes(open(), HEAD))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (head === '' || head.startsWith('{')) return 'ndjson';
  if (head.startsWith('<') && head.includes('//wordpress.org/export/')) return 'wxr';
  throw new SourceError(`it is in none of the formats that are read: ${FORMATS.join(', ')}`);
}

async function firstBytes(source: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of source) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}
