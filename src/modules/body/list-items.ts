// Keeps the paragraphs of a list item in Markdown apart, which the library joins without a space: a mark stands for the line feed between them
// until it has read the text. It reads nothing else.
import markdownIt, { type Token } from 'markdown-it';
import type { Warn } from './warnings.ts';

/** A noncharacter, which is taken out of whatever comes with it. */
const MARK = '\uFDD2';
const APART = new RegExp(`${MARK} ?`, 'g');
/** As the library sets it, so that both see the same blocks. */
const parser = markdownIt({ html: true, linkify: true });

/** @returns the source with a mark in front of each paragraph that the library would join to the one before it, and what stands in it */
export function markParagraphs(source: string, warn: Warn): { text: string; tokens: Token[] } {
  const lines = source.replaceAll(MARK, '').split(/\r\n?|\n/);
  const tokens = parser.parse(lines.join('\n'), {});
  // As it is in the library: an item that has a list in it ends with that list.
  let isInItem = false;
  for (const [at, { type, map }] of tokens.entries()) {
    if (type === 'list_item_open' || type === 'list_item_close') isInItem = type === 'list_item_open';
    // Whatever else stands between two paragraphs parts them, and so does a picture.
    if (!isInItem || !map || type !== 'paragraph_open' || tokens[at - 1]?.type !== 'paragraph_close') continue;
    if (tokens[at + 1]?.children?.[0]?.type === 'image' || tokens[at - 2]?.children?.at(-1)?.type === 'image') continue;
    lines[map[0]] = (lines[map[0]] ?? '').replace(/^[ \t>]*/, (start) => `${start}${MARK} `);
    warn('list_simplified', 'the paragraphs of a list item became its lines');
  }
  return { text: lines.join('\n'), tokens };
}

export const lineFeeds = (text: string): string => text.replaceAll(APART, '\n');
