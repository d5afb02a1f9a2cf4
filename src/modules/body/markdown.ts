// Reads Markdown into Portable Text that is not checked yet; raw HTML in it is never read as HTML.
import { hash } from 'node:crypto';
import { markdownToPortableText } from '@portabletext/markdown';
import { compileSchema, defineSchema } from '@portabletext/schema';
import type { Conversion } from './conversion.ts';
import { lineFeeds, markParagraphs } from './list-items.ts';
import { altsOf } from './markdown-alts.ts';
import { tellLosses } from './markdown-losses.ts';
import { guessedLinks, joined, type Mixed, parted } from './markdown-marks.ts';
import type { PortableTextInput } from './schemas.ts';
import { quoted, type Warn, warningList } from './warnings.ts';

type Options = NonNullable<Parameters<typeof markdownToPortableText>[1]>;
type TableValue = Parameters<NonNullable<NonNullable<Options['types']>['table']>>[0]['value'];
type Parsed = ReturnType<typeof markdownToPortableText>;
type Marks = NonNullable<Options['marks']>;
type Quoted = { _type: string; style?: string };

const named = (...names: string[]) => names.map((name) => ({ name }));
const schema = compileSchema(
  defineSchema({
    styles: named('normal', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'),
    lists: named('bullet', 'number'),
    decorators: named('strong', 'em', 'code', 'strike-through'),
    annotations: [
      {
        name: 'link',
        fields: [
          { name: 'href', type: 'string' },
          { name: 'title', type: 'string' },
        ],
      },
    ],
    blockObjects: named('image', 'table', 'code', 'divider'),
  }),
);

/** CommonMark with tables, strikethrough and bare links. A line end inside a paragraph is a space, unless it is a hard line break. */
export function fromMarkdown(source: string): Conversion {
  const { warn, list } = warningList();
  // What the library makes has a key that no text can guess: a block that a text brings along as JSON (```json:object) has none.
  const own = hash('sha256', source, 'hex').slice(0, 24);
  const { text, tokens } = markParagraphs(source, warn);
  const alts = altsOf(tokens);
  tellLosses(tokens, text, warn);
  const read = (marks: Marks, told: Warn) =>
    markdownToPortableText(text, { ...options(told, own, alts), marks }).map((one) => asText(one, own, told));
  const guessed = guessedLinks(tokens);
  const link: Marks['link'] = ({ context, value: { href, title } }) =>
    guessed.has(href) ? undefined : { _type: 'link', _key: context.keyGenerator(), href, ...(title && { title }) };
  const linked = read({ ...NO_DECORATORS, link }, () => {});
  const blocks = read(NO_LINKS, warn).flatMap((one, index): Parsed => {
    const same = linked[index];
    return isMixed(one) && same && isMixed(same) ? (parted(joined(one, same)) as Parsed) : [one];
  });
  return { blocks: blocks.flatMap(block), warnings: list() };
}

const isMixed = (one: object): one is Mixed => 'children' in one && Array.isArray(one.children);
const not = () => undefined;
const NO_LINKS: Marks = { link: not };
const NO_DECORATORS: Marks = { strong: not, em: not, code: not, strikeThrough: not };

const isOf = (own: string, { _key }: { _key?: unknown }) => typeof _key === 'string' && _key.startsWith(own);
function jsonOf(one: object, warn: Warn): string {
  warn('html_as_text', 'an object in JSON was kept as text');
  // On one line: indented, one that is nested deeply would grow to a thousand times its size.
  return JSON.stringify(one);
}

/** Of the library's own making it is left; anything else becomes the code that it was. */
function asText(one: Parsed[number], own: string, warn: Warn): Parsed[number] {
  if (!isOf(own, one)) return { _type: 'code', _key: own, language: 'json', code: jsonOf(one, warn) };
  if (!('children' in one) || !Array.isArray(one.children)) return one;
  const bare = (key: string) => (key.startsWith(own) ? key.slice(own.length) : key);
  const markDefs = (one.markDefs as { _key: string }[] | undefined)?.map((def) => ({ ...def, _key: bare(def._key) }));
  const children = one.children.flatMap((child) => {
    if (isOf(own, child) && child._type !== 'span') return [child];
    if (isOf(own, child))
      return [{ ...child, text: lineFeeds(String(child.text ?? '')), marks: child.marks?.map(bare) }];
    return [
      { _type: 'span', _key: own, text: 'json:object', marks: [] },
      { _type: 'span', _key: own, text: jsonOf(child, warn), marks: ['code'] },
    ];
  });
  return { ...one, ...(markDefs && { markDefs }), children };
}

function options(warn: Warn, own: string, alts: ReadonlyMap<string, string>): Options {
  let keys = 0;
  const object = (_type: string, value: object) => ({ _type, _key: own, ...value });
  return {
    schema,
    keyGenerator: () => `${own}m${keys++}`,
    listItem: {
      task: () => {
        warn('list_simplified', 'the check boxes of a task list were dropped');
        return undefined;
      },
    },
    types: {
      // Within a text too: the library would part it and forget that it was a heading, an item or a quote.
      image: ({ value }) =>
        object('image', {
          src: value.src ?? '',
          alt: alts.get(value.alt ?? '') ?? value.alt ?? '',
          ...(value.title ? { caption: value.title } : {}),
        }),
      // By itself, the library ends a quote where one within it ends.
      blockquote: ({ value }) => {
        for (const one of value.content as Quoted[])
          if (one._type === 'block' && one.style === 'normal') one.style = 'blockquote';
        return undefined;
      },
      code: ({ value }) => object('code', { code: value.code, ...language(value.language) }),
      horizontalRule: () => object('divider', {}),
      html: ({ value }) => {
        warn('html_as_text', `an HTML block was kept as text: ${quoted(value.html)}`);
        return undefined;
      },
      callout: ({ value }) => {
        warn('quote_simplified', `a ${value.tone} callout became a quote`);
        return undefined;
      },
      table: ({ value }) => object('table', table(value, own, warn)),
    },
  };
}

// The first word of the info string, as CommonMark 0.31 section 4.5 suggests.
function language(info: string | undefined): { language?: string } {
  const word = /^\S{1,64}/u.exec(info ?? '')?.[0];
  return word === undefined ? {} : { language: word };
}

function table({ headerRows = 0, rows, alignment }: TableValue, own: string, warn: Warn) {
  if (alignment) warn('table_simplified', 'the alignment of table columns was dropped');
  return {
    header: headerRows > 0,
    rows: rows.map((row) => ({
      cells: row.cells.map((cell) => (cell.value as Parsed).map((block) => cellText(block, own, warn)).join('\n')),
    })),
  };
}

function cellText(block: Parsed[number], own: string, warn: Warn): string {
  const children = isOf(own, block) && 'children' in block && Array.isArray(block.children) ? block.children : [block];
  return children
    .map((child) => {
      if (!isOf(own, child)) return `json:object${jsonOf(child, warn)}`;
      return child.text ?? child.alt ?? '';
    })
    .join('');
}

// What the matchers above and the schema let through, without the keys that the library counts in its own order.
function block(parsed: Parsed[number]): PortableTextInput {
  const { _key, ...rest } = parsed;
  if (rest._type !== 'block') {
    const object = rest as Exclude<PortableTextInput[number], { _type: 'block' }>;
    return object._type === 'table' && object.rows.length === 0 ? [] : [object];
  }
  const text = rest as Extract<PortableTextInput[number], { _type: 'block' }>;
  // Markdown has no empty paragraph: it is what remains around an image that parted one.
  if (text.children.every((span) => span.text === '')) return [];
  const last = text.children.length - 1;
  const children = text.children.map(({ _key, ...span }, index) => {
    // A line feed of ours may be left behind a picture.
    const start = index === 0 ? span.text.replace(/^[ \n]+/, '') : span.text;
    return { ...span, text: index === last ? start.replace(TRAILING, '') : start };
  });
  return [{ ...text, children }];
}

/** Looked for where a run begins only: from each blank of a long one within the text, it takes the square of its length. */
const TRAILING = /(?<! ) +$/;
