// Turns the content of a WordPress post into plain HTML: the comments of its blocks go, and where there are none, blank lines part paragraphs.
// It trusts nothing: what comes out is read by the same converter as any HTML.
import { note, type Tally } from '../imports/report.ts';
import { embed, type Gallery, withoutShortcodes } from './shortcodes.ts';
import { withoutReferences } from './wordpress-footnotes.ts';

const BLOCK =
  'address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|iframe|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul|video|audio';
const BLOCK_START = new RegExp(`(<(?:${BLOCK})(?:\\s[^<>]*)?>)`, 'gi');
const BLOCK_END = new RegExp(`(</(?:${BLOCK})>|<hr\\s*/?>)`, 'gi');
const IS_BLOCK = new RegExp(`^</?(?:${BLOCK})[\\s/>]`, 'i');
const VERBATIM = /(<\/?(?:pre|script|style|textarea)(?:\s[^<>]*)?>)/gi;
const EMBEDDED = /<div class="wp-block-embed__wrapper">\s*(https?:\/\/[^\s<>"]+)\s*<\/div>/g;
const ADDRESS_ALONE = /^https?:\/\/[^\s<>"]+$/;
/** On a line or in a paragraph of its own. */
const LINE_ALONE = /^[\t ]*(https?:\/\/[^\s<>"]+)[\t ]*$/gm;
const PARAGRAPH_ALONE = /<p(?:\s[^<>]*)?>\s*(https?:\/\/[^\s<>"]+)\s*<\/p>/gi;
const TAG = /<\/?[a-z][^<>]*>/gi;
/** Up to the next one, so that those without an end cost nothing more. */
const VERSE = /<pre class="wp-block-verse[^<>]*>([^<]*(?:<(?!\/?pre)[^<]*)*)<\/pre>/g;

/** @param gallery figures of a gallery; undefined where there are none */
export function plainHtml(content: string, notes: Tally, gallery: Gallery, footnotes?: string): string {
  const isBlocks = content.includes('<!-- wp:');
  const text = withoutComments(footnotes ? withoutReferences(content) : content, notes, footnotes);
  const html = withoutShortcodes(text, notes, gallery)
    .replaceAll(EMBEDDED, (_, url: string) => embed(url))
    .replaceAll(PARAGRAPH_ALONE, (_, url: string) => embed(url))
    .replaceAll(VERSE, (_, verse: string) => `<p>${lines(verse.trim())}</p>`);
  return isBlocks ? html : paragraphs(html);
}

/** Blocks that WordPress fills when it shows them have no text here. */
function withoutComments(content: string, notes: Tally, footnotes: string | undefined): string {
  const kept: string[] = [];
  let at = 0;
  for (let start = content.indexOf('<!--'); start !== -1; start = content.indexOf('<!--', at)) {
    const end = content.indexOf('-->', start + 4);
    if (end === -1) break;
    const filled = /^\s*wp:([\w/-]{1,60})[\s\S]*\/\s*$/.exec(content.slice(start + 4, end));
    kept.push(content.slice(at, start));
    if (filled?.[1] === 'footnotes' && footnotes) kept.push(footnotes);
    else if (filled) note(notes, `the block ${filled[1]}, which WordPress fills itself, was taken out`);
    at = end + 3;
  }
  kept.push(content.slice(at));
  return kept.join('');
}

/** As WordPress does when it shows a post of its older editor: a blank line parts paragraphs, a single line end is a line break. */
function paragraphs(html: string): string {
  let depth = 0;
  return html
    .replaceAll('\r\n', '\n')
    .replaceAll(TAG, (tag) => tag.replaceAll('\n', ' '))
    .split(VERBATIM)
    .map((part) => {
      const isTag = part.search(VERBATIM) === 0;
      if (isTag) depth = Math.max(0, depth + (part.startsWith('</') ? -1 : 1));
      return isTag || depth > 0 ? part : parted(part);
    })
    .join('');
}

const parted = (text: string) =>
  text
    .replaceAll(BLOCK_START, '\n\n$1')
    .replaceAll(BLOCK_END, '\n\n$1\n\n')
    .replaceAll(LINE_ALONE, '\n\n$1\n\n')
    .split(/\n[\t ]*\n/)
    .map((piece) => {
      const words = piece.trim();
      if (words === '') return piece;
      // What follows a tag of a block is text of that block.
      if (IS_BLOCK.test(words)) return words.replace(/^(<[^<>]*>\s*)([\s\S]*)$/, (_, tag, rest) => tag + lines(rest));
      if (ADDRESS_ALONE.test(words)) return embed(words);
      return `<p>${lines(words)}</p>`;
    })
    .join('\n');

const lines = (text: string) => text.replaceAll(/(?:<br\s*\/?>)?\n/g, '<br>\n');
