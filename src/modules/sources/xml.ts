// Cuts an XML file into the elements right below its channel or feed, one at a time in flat memory. It refuses document types, and knows no
// entity but the five of XML itself: nothing in a file can be expanded or fetched.
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { MAX_LINE_BYTES } from '../imports/reading.ts';
import { SourceError } from './problem.ts';

export interface Element {
  /** Without its prefix. */
  name: string;
  /** Namespace. */
  space: string;
  attributes: Record<string, string>;
  content: (Element | string)[];
}
export interface Piece {
  element: Element;
  /** Outermost one, without its content. */
  root: Element;
  /** It was too large: `element` holds nothing. */
  refusal?: string;
  /** Characters since the piece before that XML 1.0 section 2.2 forbids, and that were taken out: WordPress lets them through. */
  stripped: number;
  /** Bytes of the file that were read when it ended. */
  position: number;
}

/** XHTML of feeds is the deepest that is known. */
const MAX_DEPTH = 100;
/** An item with 5,000 comments has 60,000; 100,000 take 30 MB. */
const MAX_ELEMENTS = 100_000;
/** What no tag ends is held by the parser: text, comments, attributes. */
const MAX_UNENDED = 2 * MAX_LINE_BYTES;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** @throws SourceError for what is not well-formed, not UTF-8, or has a document type */
export async function* readElements(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const parser = new SaxesParser({ xmlns: true });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const open: Element[] = [];
  let ended: Piece[] = [];
  let root: Element | undefined;
  let piece: { depth: number; size: number; elements: number; refusal?: string } | undefined;
  let stripped = 0;
  let position = 0;
  let lastTag = 0;

  parser.on('error', ({ message }) => {
    throw new SourceError(`it is not well-formed XML: line ${message.replace(/^(\d+):(\d+): /, '$1, column $2: ')}`);
  });
  parser.on('doctype', () => {
    throw new SourceError('it has a document type (DOCTYPE): entities could hide in it, so it is not read');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding))
      throw new SourceError(`it is in ${encoding.slice(0, 40)}: only UTF-8 is read`);
  });
  parser.on('opentag', (tag) => {
    lastTag = position;
    const element = elementOf(tag);
    root ??= element;
    if (open.length >= MAX_DEPTH) throw new SourceError(`its elements are nested more than ${MAX_DEPTH} deep`);
    if (!piece && open.length === (root.name === 'rss' ? 2 : 1)) piece = { depth: open.length, size: 0, elements: 0 };
    if (piece) {
      piece.elements += 1;
      for (const [name, value] of Object.entries(element.attributes)) piece.size += name.length + value.length;
      bound(piece, open);
      if (!piece.refusal && open.length > piece.depth) open.at(-1)?.content.push(element);
    }
    open.push(element);
  });
  parser.on('closetag', () => {
    lastTag = position;
    const element = open.pop();
    if (!piece || !element || !root || open.length > piece.depth) return;
    const { refusal } = piece;
    ended.push({ element, root, stripped, position, ...(refusal !== undefined && { refusal }) });
    stripped = 0;
    piece = undefined;
  });
  const take = (text: string) => {
    if (!piece || piece.refusal) return;
    piece.size += text.length;
    bound(piece, open);
    if (!piece.refusal) open.at(-1)?.content.push(text);
  };
  parser.on('text', take);
  parser.on('cdata', take);

  const feed = (bytes?: Uint8Array) => {
    const text = decode(decoder, bytes);
    const clean = text.replace(FORBIDDEN, '');
    stripped += text.length - clean.length;
    parser.write(clean);
    if (position - lastTag > MAX_UNENDED) throw new SourceError(`no tag ends within ${MAX_UNENDED} bytes`);
  };
  for await (const bytes of source) {
    position += bytes.length;
    try {
      feed(bytes);
    } finally {
      // Those in front of a break as well.
      yield* ended;
      ended = [];
    }
  }
  feed();
  parser.close();
  yield* ended;
}

/** Lets go of what is too large; its end is waited for all the same. */
function bound(piece: { depth: number; size: number; elements: number; refusal?: string }, open: Element[]): void {
  if (piece.size <= MAX_LINE_BYTES && piece.elements <= MAX_ELEMENTS) return;
  piece.refusal ??=
    piece.size > MAX_LINE_BYTES
      ? `it has more than ${MAX_LINE_BYTES} characters`
      : `it has more than ${MAX_ELEMENTS} elements`;
  for (const element of open.slice(piece.depth)) element.content = [];
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch {
    throw new SourceError('it is not valid UTF-8');
  }
}

function elementOf({ local, uri, attributes }: SaxesTagNS): Element {
  const values: Record<string, string> = Object.create(null);
  for (const { name, local: short, prefix, value } of Object.values(attributes)) {
    if (prefix !== 'xmlns' && name !== 'xmlns') values[prefix === 'xml' ? name : short] = value;
  }
  return { name: local, space: uri, attributes: values, content: [] };
}

export const childrenOf = (element: Element): Element[] =>
  element.content.filter((part): part is Element => typeof part !== 'string');

/** XHTML as HTML; attributes of other namespaces go with their prefix. */
export function htmlOf({ name, attributes, content }: Element): string {
  const tags = Object.entries(attributes).map(([attribute, value]) => ` ${attribute}="${escaped(value)}"`);
  const inner = content.map((part) => (typeof part === 'string' ? escaped(part) : htmlOf(part))).join('');
  return `<${name}${tags.join('')}>${content.length === 0 && VOID.test(name) ? '' : `${inner}</${name}>`}`;
}

const VOID = /^(?:area|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;
export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** All text within, tags left out. */
export const textOf = (element: Element | undefined): string =>
  element?.content.map((part) => (typeof part === 'string' ? part : textOf(part))).join('') ?? '';
