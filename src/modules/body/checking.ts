// Turns Portable Text that fits its schema into the stored form: keys filled in, marks in one order, unsafe addresses out. It never touches a text.
import { isAbsolute, isLink, isPicture } from './links.ts';
import { BodyProblem } from './problem.ts';
import {
  type Block,
  DECORATORS,
  MAX_BLOCKS,
  MAX_LEVEL,
  type PortableText,
  type PortableTextInput,
  type TextBlock,
} from './schemas.ts';
import { quoted, type Warn } from './warnings.ts';

type InputBlock = PortableTextInput[number];
type InputText = Extract<InputBlock, { _type: 'block' }>;
type Keys = (given: string | undefined, siblings: Set<string>, path: string) => string;

const order = new Map<string, number>(DECORATORS.map((decorator, index) => [decorator, index]));
// Sanity's name for the same decorator, which other systems copied.
const renamed = new Map([['strike-through', 'strike']]);

/**
 * Checks what the schema cannot say and fills in what may be missing. The same input gives the same result, and a result that is
 * checked again does not change.
 * @param path JSON Pointer of the body, for warnings
 * @throws {BodyProblem} too_many_blocks
 */
export function storedForm(input: PortableTextInput, path: string, warn: Warn): PortableText {
  if (input.length > MAX_BLOCKS)
    throw new BodyProblem('too_many_blocks', path, `a body has at most ${MAX_BLOCKS} blocks`);
  const keys = keyMaker(input, warn);
  const siblings = new Set<string>();
  return input.flatMap((block, index) => {
    const at = `${path}/${index}`;
    const stored = storedBlock(block, keys(block._key, siblings, at), at, warn, keys);
    return stored ? [stored] : [];
  });
}

function storedBlock(block: InputBlock, _key: string, at: string, warn: Warn, keys: Keys): Block | undefined {
  if (block._type === 'block') return { ...storedText(block, at, warn, keys), _key };
  if (block._type === 'table') {
    const siblings = new Set<string>();
    const rows = block.rows.map((row, index) => ({ ...row, _key: keys(row._key, siblings, `${at}/rows/${index}`) }));
    return { ...block, rows, _key };
  }
  if (block._type === 'image' && !isPicture(block.src)) {
    warn('image_dropped', `an image cannot be loaded from ${quoted(block.src)}`, at);
    return undefined;
  }
  if (block._type === 'embed' && !isAbsolute(block.url)) {
    warn('embed_dropped', `${quoted(block.url)} cannot be embedded`, at);
    return undefined;
  }
  return { ...block, _key };
}

function storedText(block: InputText, at: string, warn: Warn, keys: Keys): Omit<TextBlock, '_key'> {
  const { style = 'normal', markDefs: links = [], children: spans, _key, ...rest } = block;
  if (style === 'h1') warn('heading_lowered', 'the headline is the only h1: an h1 of the body became h2', at);

  if (rest.listItem && (rest.level ?? 1) > MAX_LEVEL) {
    warn('list_simplified', `lists nest at most ${MAX_LEVEL} deep`, at);
  }

  const markDefs: TextBlock['markDefs'] = [];
  const marks = new Map<string, string>();
  const dropped = new Set<string>();
  const linkKeys = new Set<string>(DECORATORS);
  links.forEach((link, index) => {
    const here = `${at}/markDefs/${index}`;
    if (!isLink(link.href)) {
      warn('link_dropped', `a link to ${quoted(link.href)} was dropped, its text was kept`, here);
      if (link._key !== undefined) dropped.add(link._key);
      return;
    }
    const stored = keys(link._key, linkKeys, here);
    if (link._key !== undefined && !marks.has(link._key)) marks.set(link._key, stored);
    markDefs.push({ ...link, _key: stored });
  });

  const rank = new Map([...order, ...markDefs.map((link, index) => [link._key, DECORATORS.length + index] as const)]);
  const spanKeys = new Set<string>();
  const children: TextBlock['children'] = [];
  let keyless = false;
  (spans.length > 0 ? spans : [{ _type: 'span' as const, text: '' }]).forEach((span, index) => {
    const here = `${at}/children/${index}`;
    const kept = new Set<string>();
    for (const mark of span.marks ?? []) {
      const stored = marks.get(mark) ?? renamed.get(mark) ?? mark;
      const linked = [...kept].some((one) => !order.has(one));
      if (rank.has(stored) && (order.has(stored) || kept.has(stored) || !linked)) kept.add(stored);
      else if (rank.has(stored)) warn('mark_dropped', 'a text can have one link only: the first was kept', here);
      else if (!dropped.has(mark)) warn('mark_dropped', `${quoted(mark)} is no decorator and no key of markDefs`, here);
    }
    const sorted = [...kept].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    const last = children.at(-1);
    // Spans that nobody has named yet and that nothing tells apart, as a dropped link leaves them, are one span.
    if (last && keyless && span._key === undefined && last.marks.join('\n') === sorted.join('\n'))
      last.text += span.text;
    else children.push({ _type: span._type, _key: keys(span._key, spanKeys, here), text: span.text, marks: sorted });
    keyless = span._key === undefined;
  });
  return {
    ...rest,
    // A list item without a level is at the top: Portable Text leaves it open, renderers differ.
    ...(rest.listItem ? { level: Math.min(rest.level ?? 1, MAX_LEVEL) } : {}),
    style: style === 'h1' ? 'h2' : style,
    markDefs,
    children,
  };
}

// 'k0', 'k1', ... in reading order, past every key that was sent, so that no key that exists ever changes.
function keyMaker(input: PortableTextInput, warn: Warn): Keys {
  const sent = new Set<string | undefined>();
  for (const block of input) {
    sent.add(block._key);
    if (block._type === 'block') for (const part of [...block.children, ...(block.markDefs ?? [])]) sent.add(part._key);
    if (block._type === 'table') for (const row of block.rows) sent.add(row._key);
  }
  let next = 0;
  return (given, siblings, path) => {
    let key = given;
    if (key !== undefined && siblings.has(key)) warn('key_replaced', `the key ${quoted(key)} is taken`, path);
    if (key === undefined || siblings.has(key)) {
      do key = `k${next++}`;
      while (sent.has(key));
    }
    siblings.add(key);
    return key;
  };
}

/**
 * Refuses what Postgres cannot store and UTF-8 cannot say: NUL and lone surrogates, anywhere in a value.
 * @throws {BodyProblem} ill_formed_text, with the JSON Pointer of the string
 */
export function assertWellFormed(value: unknown, path = ''): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new BodyProblem('ill_formed_text', path, 'the text contains U+0000');
    if (!value.isWellFormed()) throw new BodyProblem('ill_formed_text', path, 'the text contains a lone surrogate');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) assertWellFormed(member, `${path}/${name}`);
  }
}
