// Tells what of Markdown has no place in a body and what the library lets go without a word: it looks at what markdown-it found, and changes nothing.
import type { Token } from 'markdown-it';
import { quoted, type Warn } from './warnings.ts';

const OUT_OF_QUOTE = 'headings, lists and objects inside a quote stand outside of it';
const OUT_OF_ITEM = 'headings, quotes and objects inside a list item stand outside of it';
const BEHIND_LIST = 'what follows a list inside a list item stands outside of it';
const NOTES = 'footnotes are no part of CommonMark: they were kept as the text that was typed';
const CELLS = 'cells of a table hold plain text: formatting, links and images were dropped';

const OBJECTS = new Set(['fence', 'code_block', 'hr', 'html_block', 'table_open']);
const LISTS = new Set(['bullet_list_open', 'ordered_list_open']);
/** What a token opens within a quote or an item; undefined for what opens nothing of that kind. */
const holderOf = (type: string) =>
  /^(?:blockquote|list_item|table)_open$/.test(type) ? type.replace('_open', '') : undefined;

interface Holder {
  kind: string;
  /** Blocks that stood in it so far. */
  blocks: string[];
}

/** @param text what was read: a row of a table is all that tells of cells that it has too many */
export function tellLosses(tokens: Token[], text: string, warn: Warn): void {
  tellRows(tokens, text, warn);
  const open: Holder[] = [];
  let hasTags = false;
  for (const token of tokens) {
    const { type, children } = token;
    const holder = open.at(-1);
    if (holder && type === `${holder.kind}_close`) open.pop();
    else if (type === 'inline') {
      hasTags ||= children?.some((child) => child.type === 'html_inline' && child.content !== '') ?? false;
      tellInline(children ?? [], holder, warn);
    } else if (OBJECTS.has(type) || type.endsWith('_open')) {
      if (holder) tellBlock(token, holder, warn);
      const start = type === 'ordered_list_open' ? token.attrGet('start') : null;
      if (start !== null) warn('list_simplified', `a list that began with ${start} begins with 1`);
      const kind = holderOf(type);
      if (kind) open.push({ kind, blocks: [] });
    }
  }
  if (hasTags) warn('html_dropped', 'HTML tags inside paragraphs were dropped, the text between them was kept');
}

function tellBlock({ type }: Token, { kind, blocks }: Holder, warn: Warn): void {
  const isOut = OBJECTS.has(type) || type === 'heading_open';
  if (kind === 'blockquote') {
    if (isOut || LISTS.has(type)) warn('quote_simplified', OUT_OF_QUOTE);
    if (type === 'blockquote_open') warn('quote_simplified', 'a quote inside a quote stands beside it');
  } else if (kind === 'list_item') {
    const quotes = type === 'blockquote_open' ? blocks.length > 0 : blocks.includes('blockquote_open');
    if (isOut || quotes) warn('list_simplified', OUT_OF_ITEM);
    else if (type === 'paragraph_open' && blocks.some((block) => LISTS.has(block)))
      warn('list_simplified', BEHIND_LIST);
  }
  if (type !== 'list_item_open') blocks.push(type);
}

function tellInline(children: Token[], holder: Holder | undefined, warn: Warn): void {
  let link: Token | undefined;
  for (const [at, child] of children.entries()) {
    if (child.type === 'link_open') {
      link = child;
      const href = child.attrGet('href') ?? '';
      if (children[at + 1]?.type === 'link_close')
        warn('link_dropped', `a link to ${quoted(href)} was dropped: it has no text`);
      else if (href === '') warn('link_dropped', 'a link without an address was dropped, its text was kept');
    } else if (child.type === 'link_close') link = undefined;
    if (holder?.kind === 'table' || child.type !== 'image') continue;
    if (link) warn('link_dropped', `the link of an image to ${quoted(link.attrGet('href') ?? '')} was dropped`);
    if (holder?.kind === 'list_item') warn('list_simplified', OUT_OF_ITEM);
    if (children.length > 1 && child.attrGet('title'))
      warn('mark_dropped', 'the title of an image within a text was dropped');
  }
  if (children.some(({ type, content }, at) => type === 'text' && isNote(content, children[at - 1])))
    warn('footnote_as_text', NOTES);
  // A bare address stays as the text that it is.
  const isPlain = ({ type, markup }: Token) =>
    markup === 'linkify' || /^(?:text|softbreak|hardbreak|html_inline)$/.test(type);
  if (holder?.kind === 'table' && !children.every(isPlain)) warn('table_simplified', CELLS);
}

/** A note of one word (`[^1]: Source`) is read as the address of a link, and its sign as the text of that. */
function isNote(text: string, before: Token | undefined): boolean {
  if (before?.type === 'link_open') return /^\^\S+$/.test(text);
  return before === undefined && /^\[\^[^\]\s]+\]:/.test(text);
}

/** As GFM 0.29 section 4.10 has it, the header says how many cells a row has, what is beyond is ignored, and `|` parts cells in code too. */
function tellRows(tokens: Token[], text: string, warn: Warn): void {
  if (!tokens.some(({ type }) => type === 'table_open')) return;
  const lines = text.split('\n');
  let columns = 0;
  let isHeader = false;
  for (const { type, map } of tokens) {
    if (type === 'thead_open' || type === 'thead_close') isHeader = type === 'thead_open';
    if (type === 'thead_open') columns = 0;
    else if (type === 'th_open') columns += 1;
    else if (type === 'tr_open' && !isHeader && map) {
      // No row begins with a sign of a quote but those of the quotes that it stands in.
      const cells = (lines[map[0]] ?? '').replace(/^[ \t>]*\|?/, '').split(/(?<!\\)\|/);
      const lost = cells
        .slice(columns)
        .join('|')
        .replace(/(?<!\\)\|\s*$/, '')
        .trim();
      if (lost) warn('table_simplified', `what a row of a table has beyond its header was dropped: ${quoted(lost)}`);
    }
  }
}
