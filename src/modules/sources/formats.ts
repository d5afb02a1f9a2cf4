// The formats that stories can come in: each has a reader that turns a file into lines of an import. It tells by its first bytes which one a file is.
import { type Line, readLines } from '../imports/reading.ts';
import { readFeed } from './feeds.ts';
import { readGhost } from './ghost.ts';
import { readJsonFeed } from './json-feed.ts';
import { readNinjs } from './ninjs.ts';
import { SourceError } from './problem.ts';
import type { Source } from './source.ts';
import type { ReaderOptions } from './stories.ts';
import { readWordPress } from './wordpress.ts';

type Reader = (source: Source, options: ReaderOptions) => AsyncGenerator<Line>;

const READERS = {
  ndjson: ({ open }) => readLines(open()),
  wxr: readWordPress,
  ghost: readGhost,
  rss: ({ open }, options) => readFeed(open(), options),
  atom: ({ open }, options) => readFeed(open(), options),
  jsonfeed: readJsonFeed,
  async *ninjs(source, options) {
    yield* readNinjs(source, options, (await headOf(source)).startsWith('['));
  },
} as const satisfies Record<string, Reader>;
export type Format = keyof typeof READERS;
export const FORMATS = Object.keys(READERS) as Format[];
/** Of options that say what a line of our own says itself; the name of the option goes before it. */
export const FOR_OTHERS = 'is for files of other systems: a line of ndjson says it itself';

/** What a story lacks that nothing tells from others: it would come anew with each import, or in place of another one. */
const LACKING: Record<Exclude<Format, 'ndjson'>, string> = {
  wxr: 'no wp:post_id',
  ghost: 'neither a uuid nor an id',
  rss: 'neither a guid nor a link',
  atom: 'neither an id nor a link',
  jsonfeed: 'neither an id nor a url',
  ninjs: 'no uri',
};

export async function* readSource(format: Format, source: Source, options: ReaderOptions): AsyncGenerator<Line> {
  const lines = READERS[format](source, options);
  if (format === 'ndjson') return yield* lines;
  const refusal = `it has ${LACKING[format]} by which it could be told from others`;
  for await (const line of lines) {
    const { number, position, story } = line;
    yield story?.externalId === '' ? { number, position, refusal } : line;
  }
}

/** The comment that WordPress begins with has 2,000 characters. */
const HEAD = 65_536;

/** By what only they have; the first that fits. */
const SIGNS: [Format, RegExp][] = [
  ['wxr', /^<[\s\S]*\/\/wordpress\.org\/export\//],
  ['rss', /^<([\s\S]*<)?(rss|rdf:RDF)[\s>]/],
  ['atom', /^<([\s\S]*<)?(\w+:)?feed[\s>]/],
  ['jsonfeed', /^\{[\s\S]*"https:\\?\/\\?\/jsonfeed\.org\\?\/version/],
  ['ghost', /^\{[\s\S]*"(db|data)"\s*:\s*[[{]/],
  ['ndjson', /^\{[\s\S]*"externalId"/],
  ['ninjs', /^[[{][\s\S]*"(pubStatus|pubstatus|bodies|body_html|versionCreated|versioncreated)"/],
  ['ndjson', /^(\{|$)/],
];

/** @throws SourceError where it is none of them */
export async function detectFormat(source: Source): Promise<Format> {
  const head = await headOf(source);
  const found = SIGNS.find(([, pattern]) => pattern.test(head))?.[0];
  if (found) return found;
  throw new SourceError(`it is in none of the formats that are read: ${FORMATS.join(', ')}`);
}

const headOf = async ({ open }: Source): Promise<string> =>
  (await firstBytes(open(), HEAD))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();

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
