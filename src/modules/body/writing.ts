// Writes a body as Markdown (CommonMark with tables and strikethrough): every character of a text stays a character. It loads the library, 17 MB, and so is loaded when it is needed.
import {
  DefaultLinkRenderer,
  DefaultStrikeThroughRenderer,
  type PortableTextMarkRenderer,
  portableTextToMarkdown,
} from '@portabletext/markdown';
import { isAbsolute, isLink, isPicture } from './links.ts';
import type { Block, TextBlock } from './schemas.ts';

/** Beside the blocks of a body, which begins below it, the headline of the page. */
export type Written = Block | (Omit<TextBlock, 'style'> & { style: TextBlock['style'] | 'h1' });

export function toMarkdown(body: readonly Written[]): string {
  return portableTextToMarkdown(body.flatMap(shaped), {
    types: { code },
    marks: {
      strike: DefaultStrikeThroughRenderer,
      // Markdown has no words for these, and 10² is not 102.
      sub: ({ children }) => `<sub>${children}</sub>`,
      sup: ({ children }) => `<sup>${children}</sup>`,
      link,
    },
  });
}

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
      const rows = block.rows.map(({ cells }) => {
        return { _type: 'row', cells: cells.map((cell) => ({ _type: 'cell', value: [paragraph(cell)] })) };
      });
      return [{ _type: 'table', headerRows: block.header ? 1 : 0, rows }];
    }
    case 'divider':
      return [{ _type: 'horizontal-rule' }];
    default:
      return [block];
  }
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
  const longest = Math.max(2, ...[...value.code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${value.language?.replaceAll('`', '') ?? ''}\n${value.code}\n${fence}`;
}
