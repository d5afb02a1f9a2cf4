// Writes a body as Markdown (CommonMark with tables and strikethrough): every character of a text stays a character. It loads the library, 17 MB, and so is loaded when it is needed.
import {
  DefaultLinkRenderer,
  DefaultListItemRenderer,
  DefaultStrikeThroughRenderer,
  type PortableTextListItemRenderer,
  type PortableTextMarkRenderer,
  portableTextToMarkdown,
} from '@portabletext/markdown';
import { isAbsolute, isLink, isPicture } from './links.ts';
import { piecesOf } from './pieces.ts';
import { type Block, DECORATORS, type TextBlock } from './schemas.ts';

/** Beside the blocks of a body, which begins below it, the headline of the page. */
export type Written = Block | (Omit<TextBlock, 'style'> & { style: TextBlock['style'] | 'h1' });

export function toMarkdown(body: readonly Written[]): string {
  return write(body.flatMap(shaped));
}

const write = (blocks: Shaped[]): string =>
  portableTextToMarkdown(blocks, {
    types: { code, written: ({ value }) => value.markdown },
    listItem,
    marks: {
      // Not by underscores, which mark nothing within a word (CommonMark 0.31 section 6.2).
      em: ({ children }) => `*${children}*`,
      strike: DefaultStrikeThroughRenderer,
      ...TAGS,
      // Markdown has no words for these, and 10² is not 102.
      sub: ({ children }) => `<sub>${children}</sub>`,
      sup: ({ children }) => `<sup>${children}</sup>`,
      link,
      literal: ({ children }) => (children.startsWith('\\') && children.length > 1 ? children : `\\${children}`),
    },
  });

/** The sign of a quote opens one of its own where it does not stand within the item (CommonMark 0.31 section 5.2). */
const listItem: PortableTextListItemRenderer = (options) => {
  const item = DefaultListItemRenderer(options);
  if (options.value.style !== 'blockquote') return item;
  return item.replaceAll('\n', `\n${' '.repeat(item.indexOf('>'))}`);
};

const SIGNS = ['strong', 'em', 'strike'];
const tag =
  (name: string): PortableTextMarkRenderer =>
  ({ children }) =>
    `<${name}>${children}</${name}>`;
/** For marks whose signs would be read as text, or as signs of another mark. */
const TAGS = { '<strong>': tag('strong'), '<em>': tag('em'), '<strike>': tag('s'), '<code>': tag('code') };

/** A text of one paragraph, for what stands around a body. */
export function paragraph(text: string, { style = 'normal', marks = [], href }: Paragraph = {}): Written {
  return {
    _type: 'block',
    _key: 'p',
    style,
    markDefs: href === undefined ? [] : [{ _type: 'link', _key: 'href', href }],
    children: [{ _type: 'span', _key: 's', text, marks: href === undefined ? marks : [...marks, 'href'] }],
  };
}
interface Paragraph {
  style?: TextBlock['style'] | 'h1';
  marks?: string[];
  href?: string;
}

const MOST_CELLS = 400_000;

type Shaped = { _type: string; [member: string]: unknown };
/** In the words of the library; what it has none for becomes paragraphs. */
function shaped(block: Written): Shaped[] {
  switch (block._type) {
    case 'image': {
      if (!isPicture(block.src)) return [];
      const below = [block.caption, block.credit].filter(Boolean).join('\n');
      return [
        { _type: 'image', src: destination(block.src), alt: block.alt },
        ...(below ? [paragraph(below, { marks: ['em'] })] : []),
      ];
    }
    case 'embed':
      return isAbsolute(block.url) ? [paragraph(block.title ?? block.url, { href: block.url })] : [];
    case 'table': {
      // Rows are written as wide as the widest: of a megabyte of cells, 80,000 columns in 3,000 rows would be made.
      const columns = block.rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
      if (columns * block.rows.length > MOST_CELLS) return block.rows.map(({ cells }) => paragraph(cells.join(' ')));
      const rows = block.rows.map(({ cells }) => {
        return { _type: 'row', cells: cells.map((cell) => ({ _type: 'cell', value: [paragraph(cell)] })) };
      });
      return [{ _type: 'table', headerRows: block.header ? 1 : 0, rows }];
    }
    case 'divider':
      return [{ _type: 'horizontal-rule' }];
    case 'block':
      return [textShaped(block)];
    default:
      return [block];
  }
}

/** A heading ends with its line, and signs that stand beside a blank mark nothing: the blanks at the edges of a mark stand outside of it. */
function textShaped(block: Extract<Written, { _type: 'block' }>): Shaped {
  const isHeading = block.style.startsWith('h');
  let children: Span[] = block.children.flatMap((span) => {
    const text = isHeading ? inOneLine(span.text) : span.text;
    const marks = span.marks.filter((mark) => !SIGNS.includes(mark));
    const inner = text.trim();
    if (marks.length === span.marks.length || inner === text) return [{ ...span, text }];
    const start = inner === '' ? text.length : text.length - text.trimStart().length;
    return [
      { ...span, _key: `${span._key}<`, text: text.slice(0, start), marks },
      { ...span, text: inner },
      { ...span, _key: `${span._key}>`, text: text.slice(start + inner.length), marks },
    ].filter((one) => one.text !== '');
  });
  if (children.length === 0) return block;
  children = children.flatMap((span, n) => guarded(span, children[n + 1]));
  const isLong = piecesOf({ ...block, children }) !== null;
  if (!isLong && !children.some((span, n) => touches(children[n - 1], span))) return { ...block, children };
  const tags = isLong ? [...SIGNS, 'code'] : SIGNS;
  const tagged = (marks: string[]) => marks.map((mark) => (tags.includes(mark) ? `<${mark}>` : mark));
  const whole = { ...block, children: children.map((span) => ({ ...span, marks: tagged(span.marks) })) };
  // Marks end with a piece and begin anew in the next one, where signs would touch.
  const markdown = piecesOf(whole)?.map((piece) => write([{ ...piece, style: 'normal', listItem: undefined }]));
  return markdown ? { ...block, children: [{ _type: 'written', _key: '', markdown: markdown.join('') }] } : whole;
}

type Span = TextBlock['children'][number];
/** The last of a text that would bind to the sign behind it: a backslash takes its meaning, and "!" makes a picture of a link. */
function guarded(span: Span, next: Span | undefined): Span[] {
  const last = span.text.at(-1) ?? '';
  const opens = next?.marks.some((mark) => !DECORATED.has(mark) && !span.marks.includes(mark)) ?? false;
  const binds = last === '\\' || (last === '!' && opens);
  if (!binds || span.marks.includes('code')) return [span];
  const literal = { ...span, _key: `${span._key}!`, text: last, marks: [...span.marks, 'literal'] };
  // With one before it that may have no text: the mark that spans both stands outside, and the backslash within it.
  return [{ ...span, text: span.text.slice(0, -1) }, literal];
}
const DECORATED = new Set<string>(DECORATORS);
const signsOf = (span: Span) => span.marks.filter((mark) => SIGNS.includes(mark)).join();

/** Signs mark something where a blank stands outside of them, or a letter inside (CommonMark 0.31 section 6.2, "flanking"). */
function touches(left: Span | undefined, right: Span): boolean {
  if (signsOf(right) !== '' && /^[*~]|[*~]$/.test(right.text)) return true;
  if (!left || signsOf(left) === signsOf(right)) return false;
  if (signsOf(left) !== '' && signsOf(right) !== '') return true;
  const [inside, outside] = signsOf(left) === '' ? [right, left] : [left, right];
  if (inside === right ? /\s$/.test(outside.text) : /^\s/.test(outside.text)) return false;
  const letter = inside === right ? /^[^\p{P}\p{S}]/u : /[^\p{P}\p{S}]$/u;
  // Other marks have signs of their own, and so has a strike that another mark stands in.
  return !['strong', 'em', 'strong,em', 'strike'].includes(inside.marks.join()) || !letter.test(inside.text);
}

function inOneLine(text: string): string {
  const lines = text.split('\n');
  if (lines.length === 1) return text;
  return lines
    .map((line, n) => (n === 0 ? line.trimEnd() : n === lines.length - 1 ? line.trimStart() : line.trim()))
    .join(' ');
}

/** Brackets end an address in Markdown, white space and a backslash change it. */
const destination = (address: string): string =>
  address.replaceAll(/[\s()<>"'\\]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

const link: PortableTextMarkRenderer = (options) =>
  isLink(options.value?.href ?? '')
    ? DefaultLinkRenderer({ ...options, value: { ...options.value, href: destination(options.value.href) } })
    : options.children;

/** The fence is longer than any run of backticks in it (CommonMark 0.31 section 4.5). */
function code({ value }: { value: Extract<Block, { _type: 'code' }> }): string {
  // One by one: spread as arguments, the 125,000 runs of a long code would not fit on the stack.
  let longest = 2;
  for (const [run] of value.code.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${value.language?.replaceAll('`', '') ?? ''}\n${value.code}\n${fence}`;
}
