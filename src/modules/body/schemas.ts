// The body of a story on the wire and at rest: Portable Text, what may be sent instead of it, and what comes back; it holds no HTML.
import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import { closed, oneOf, ref } from '../../schemas.ts';
import { LINK_RELS } from './links.ts';

/** Portable Text's word for marks without data, in the order in which they are stored and nested. */
export const DECORATORS = ['strong', 'em', 'underline', 'strike', 'code', 'sub', 'sup'] as const;
export const MAX_BLOCKS = 5000;
export const MAX_LEVEL = 10;

const STYLES = ['normal', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'] as const;
const key = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Unique within its array; stays when the content is edited',
});
const href = Type.String({
  minLength: 1,
  maxLength: 4000,
  description: 'http, https, mailto or tel, or relative to the site of the newsroom',
});
const src = Type.String({
  minLength: 1,
  maxLength: 4000,
  description: 'http or https, or relative to the site of the newsroom',
});
const url = Type.String({
  minLength: 1,
  maxLength: 4000,
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
  description: 'Absolute http or https URL',
});
const marks = Type.Array(Type.String({ maxLength: 64 }), {
  maxItems: 20,
  description: `Decorators (${DECORATORS.join(', ')}) and keys of markDefs of the same block`,
});

const link = {
  _type: Type.Literal('link'),
  href,
  title: Type.Optional(Type.String()),
  rel: Type.Optional(
    Type.Array(oneOf([...LINK_RELS]), {
      minItems: 1,
      uniqueItems: true,
      description: 'What search engines are to know of the link; noopener is added to links to other hosts by itself',
    }),
  ),
};
const span = { _type: Type.Literal('span'), text: Type.String({ description: 'A line feed is a line break' }) };
const text = {
  _type: Type.Literal('block'),
  listItem: Type.Optional(oneOf(['bullet', 'number'], { description: 'Makes the block an item of a list' })),
  level: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LEVEL, description: 'Depth of the list item' })),
};
const row = { cells: Type.Array(Type.String(), { description: 'Plain text, one per column' }) };
const image = {
  _type: Type.Literal('image'),
  src,
  alt: Type.String({
    description: 'What the picture shows, for those who cannot see it; empty when it only decorates',
  }),
  caption: Type.Optional(Type.String()),
  credit: Type.Optional(Type.String({ description: 'Who made the picture' })),
};
const embed = { _type: Type.Literal('embed'), url, title: Type.Optional(Type.String()) };
const table = { _type: Type.Literal('table'), header: Type.Boolean({ description: 'The first row is a header' }) };
const code = {
  _type: Type.Literal('code'),
  language: Type.Optional(Type.String({ pattern: '^\\S+$', maxLength: 64 })),
  code: Type.String(),
};
const divider = { _type: Type.Literal('divider') };

const stored = <T extends TProperties>(properties: T) => closed({ ...properties, _key: key });
const sent = <T extends TProperties>(properties: T) => closed({ ...properties, _key: Type.Optional(key) });
const blocks = <T extends TSchema[]>(kinds: [...T], $id: string, description: string) =>
  Type.Array(Type.Union(kinds), { $id, maxItems: MAX_BLOCKS, description });

export const PortableText = blocks(
  [
    stored({
      ...text,
      style: oneOf([...STYLES]),
      markDefs: Type.Array(stored(link)),
      children: Type.Array(stored({ ...span, marks }), { minItems: 1 }),
    }),
    stored(image),
    stored(embed),
    stored({ ...table, rows: Type.Array(stored(row), { minItems: 1 }) }),
    stored(code),
    stored(divider),
  ],
  'PortableText',
  'The body as it is stored: Portable Text (portabletext.org) of text blocks, images, embeds, tables, code and dividers',
);
export type PortableText = Static<typeof PortableText>;
export type Block = PortableText[number];
export type TextBlock = Extract<Block, { _type: 'block' }>;

export const PortableTextInput = blocks(
  [
    sent({
      ...text,
      style: Type.Optional(oneOf(['normal', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'])),
      markDefs: Type.Optional(Type.Array(sent(link))),
      children: Type.Array(sent({ ...span, marks: Type.Optional(marks) })),
    }),
    sent(image),
    sent(embed),
    sent({ ...table, rows: Type.Array(sent(row), { minItems: 1 }) }),
    sent(code),
    sent(divider),
  ],
  'PortableTextInput',
  'Portable Text as it may be sent: keys, marks and markDefs that are missing are filled in, h1 becomes h2',
);
export type PortableTextInput = Static<typeof PortableTextInput>;

/** Characters; HTML and Markdown are also refused above 1 MiB of UTF-8. */
const source = (description: string) => Type.String({ maxLength: 1_048_576, description });

export const BodyInput = Type.Union(
  [
    closed({ portableText: ref(PortableTextInput) }),
    closed({ html: source('HTML; what Portable Text cannot hold comes back as warnings') }),
    closed({ markdown: source('CommonMark with tables and strikethrough; raw HTML is not read') }),
    closed({
      text: Type.Union([
        source('Plain text; blank lines part the paragraphs'),
        Type.Array(Type.String(), { maxItems: MAX_BLOCKS, description: 'One string per paragraph' }),
      ]),
    }),
  ],
  { $id: 'BodyInput', description: 'The body in exactly one of four forms' },
);
export type BodyInput = Static<typeof BodyInput>;

export const BodyWarning = closed(
  {
    code: oneOf([
      'attribute_dropped',
      'element_dropped',
      'element_unwrapped',
      'embed_dropped',
      'footnote_as_text',
      'heading_lowered',
      'html_dropped',
      'html_as_text',
      'image_dropped',
      'key_replaced',
      'link_dropped',
      'list_simplified',
      'mark_dropped',
      'quote_simplified',
      'table_simplified',
      'more_warnings',
    ]),
    message: Type.String(),
    path: Type.Optional(Type.String({ description: 'JSON Pointer (RFC 6901) into the body that was sent' })),
  },
  { $id: 'BodyWarning', description: 'Something of the body that was sent and could not be kept as it was' },
);
export type BodyWarning = Static<typeof BodyWarning>;

export const BodyOutput = closed(
  {
    portableText: ref(PortableText),
    html: Type.String({
      description:
        'Safe HTML without scripts, styles and attributes beyond links, pictures, code languages and ids of headings',
    }),
    text: Type.String({ description: 'Plain text; blank lines part the paragraphs' }),
  },
  { $id: 'BodyOutput', description: 'The body in three forms' },
);
export type BodyOutput = Static<typeof BodyOutput>;
