// Writes a stored body as Markdown (CommonMark with tables and strikethrough). What Markdown has no sign for stays as plain text; no HTML is written.
import { DefaultImageRenderer, DefaultLinkRenderer, portableTextToMarkdown } from '@portabletext/markdown';
import { isAbsolute, isLink, isPicture } from './links.ts';
import type { Block, PortableText } from './schemas.ts';

type Of<T extends Block['_type']> = Extract<Block, { _type: T }>;
type Options = NonNullable<Parameters<typeof portableTextToMarkdown>[1]>;

/** The library writes addresses as they are: these would end one (CommonMark 0.31 section 6.3). */
const address = (url: string): string =>
  url.replace(/[\s()<>"\\]/g, (character) =>
    encodeURIComponent(character).replace(/[()]/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
  );

const paragraph = (text: string, href?: string) => ({
  _type: 'block',
  _key: 'p',
  style: 'normal',
  markDefs: href === undefined ? [] : [{ _type: 'link', _key: 'l', href }],
  children: [{ _type: 'span', _key: 's', text, marks: href === undefined ? [] : ['l'] }],
});

/** A fence longer than any run in the code, which would else end it (CommonMark 0.31 section 4.5). */
function fenced({ code, language = '' }: Of<'code'>): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replaceAll('`', '')}\n${code}\n${fence}`;
}

const OPTIONS: Options = {
  marks: {
    strike: ({ children }) => `~~${children}~~`,
    underline: ({ children }) => children,
    link: (options) => {
      const href = String(options.value?.href ?? '');
      return isLink(href)
        ? DefaultLinkRenderer({ ...options, value: { _type: 'link', ...options.value, href: address(href) } })
        : options.children;
    },
  },
  types: {
    divider: () => '---',
    code: ({ value }) => fenced(value as Of<'code'>),
    image: (options) => {
      const { src, alt } = options.value as Of<'image'>;
      return DefaultImageRenderer({ ...options, value: { _type: 'image', src: address(src), alt, title: undefined } });
    },
  },
  unknownMark: ({ children }) => children,
  unknownType: () => '',
};

export const toMarkdown = (body: PortableText): string => portableTextToMarkdown(body.flatMap(shaped), OPTIONS);

/** As the library knows it. */
function shaped(block: Block): ({ _type: string } & Record<string, unknown>)[] {
  switch (block._type) {
    case 'image': {
      if (!isPicture(block.src)) return [];
      const under = [block.caption, block.credit].filter(Boolean).join(' ');
      return under ? [block, paragraph(under)] : [block];
    }
    case 'embed':
      return isAbsolute(block.url) ? [paragraph(block.title ?? block.url, block.url)] : [];
    case 'table': {
      const rows = block.rows.map(({ cells, _key }) => ({
        _type: 'row',
        _key,
        cells: cells.map((cell, at) => ({
          _type: 'cell',
          _key: `c${at}`,
          value: [paragraph(cell.replaceAll('\n', ' '))],
        })),
      }));
      return [{ _type: 'table', _key: block._key, headerRows: block.header ? 1 : 0, rows }];
    }
    default:
      return [block];
  }
}
