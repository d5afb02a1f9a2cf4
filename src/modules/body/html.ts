// Reads HTML into Portable Text that is not checked yet; it runs in a thread of its own only, since it loads jsdom.
import { type HtmlToPortableTextOptions, htmlToPortableText } from '@portabletext/html';
import { compileSchema, defineSchema } from '@portabletext/schema';
import { JSDOM } from 'jsdom';
import { flatten } from './blocks.ts';
import type { Conversion } from './conversion.ts';
import { clean } from './elements.ts';
import { objectReader } from './objects.ts';
import { BodyProblem } from './problem.ts';
import type { PortableTextInput } from './schemas.ts';
import { textKeeper } from './texts.ts';
import { warningList } from './warnings.ts';

type InputText = Extract<PortableTextInput[number], { _type: 'block' }>;

// One window for all documents: the first window took 66 ms, a document of DOMParser 2 ms. Such a document has no browsing
// context, so nothing in it runs or loads.
const parser = new new JSDOM('').window.DOMParser();
const MAX_DEPTH = 1000;
const PIECE = 100;
// Characters in which the library looks for the marks of Word and Notion.
const HINT = 20_000;
const GOOGLE = '[id*="docs-internal-guid"]';

const named = (...names: string[]) => names.map((name) => ({ name }));
const schema = compileSchema(
  defineSchema({
    styles: named('normal', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'),
    lists: named('bullet', 'number'),
    decorators: named('strong', 'em', 'underline', 'strike-through', 'code', 'sub', 'sup'),
    annotations: named('link'),
    blockObjects: named('image', 'embed', 'table', 'code', 'divider'),
  }),
);

/** @throws {BodyProblem} too_deep */
export function fromHtml(source: string): Conversion {
  assertShallow(source);
  const { warn, list } = warningList();
  const texts = textKeeper();
  const objects = objectReader(warn);
  let keys = 0;
  const document = parser.parseFromString(source, 'text/html');
  clean(document, warn);
  const flat = flatten(document, objects, texts, warn);
  const options: HtmlToPortableTextOptions = {
    schema,
    keyGenerator: () => `m${keys++}`,
    parseHtml: () => document,
    rules: [
      {
        deserialize(node, next, createBlock) {
          const object = objects.of(node);
          if (object) return createBlock(object);
          const style = texts.itemStyle.get(node);
          if (!style) return undefined;
          const listItem = node.parentNode?.nodeName === 'OL' ? 'number' : 'bullet';
          // Level 1 is the base that the library raises for every list around the item.
          return { _type: 'block', style, listItem, level: 1, markDefs: [], children: next(node.childNodes) } as {
            _type: string;
          };
        },
      },
    ],
  };
  const parsed = [...pieces(document, flat).flatMap(() => htmlToPortableText(source.slice(0, HINT), options))];
  const blocks = parsed.map(({ _key, ...block }) => {
    if (block._type !== 'block') return block as PortableTextInput[number];
    const text = block as InputText;
    return {
      ...text,
      children: text.children.map((span) => ({
        _type: span._type,
        text: texts.restore(span.text),
        marks: span.marks ?? [],
      })),
      markDefs: (text.markDefs ?? []).map((link) => ({ ...link, ...texts.link(link.href) })),
    };
  });
  return { blocks, warnings: list() };
}

// The library looks up every link for every block: 2,000 paragraphs with a link each took 3.7 s at once and take 1.1 s by pieces.
// The document stays the same, since its head holds the list styles of Word.
function* pieces(document: Document, flat: Element[]): Generator<void> {
  const pasted = flat.some((element) => element.querySelector(GOOGLE) || element.matches(GOOGLE));
  for (let start = 0; start < flat.length; start += PIECE) {
    const body = document.createElement('body');
    body.append(...flat.slice(start, start + PIECE));
    if (pasted) body.firstElementChild?.setAttribute('id', 'docs-internal-guid');
    document.body = body;
    yield;
  }
}

// jsdom needs time that grows with the square of the depth: 5,000 open <div> take 2.5 s, 10,000 open <b> 10 s. Counting tags is a
// fair bound of the depth, once those that close each other are left out; browsers stop at 512.
const UNCOUNTED =
  /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option|param)$/i;

function assertShallow(source: string): void {
  let depth = 0;
  for (const [, slash, name = '', attributes = ''] of source.matchAll(/<(\/?)([a-z][a-z0-9:-]*)([^<>]*)/gi)) {
    if (UNCOUNTED.test(name)) continue;
    depth = slash ? Math.max(0, depth - 1) : depth + (attributes.endsWith('/') ? 0 : 1);
    if (depth > MAX_DEPTH)
      throw new BodyProblem('too_deep', '/html', `elements are nested more than ${MAX_DEPTH} deep`);
  }
}
