// Lists the links of a body that lead to other hosts, as data: where to, under which words, with which `rel`. It follows none.
import { type LinkRel, leaves, type Rel, relOf } from './links.ts';
import type { PortableText, TextBlock } from './schemas.ts';

export interface OutboundLink {
  url: string;
  text: string;
  rel: Rel[];
}

/** Each address once, in reading order, under the words that it stands with first. @param own hosts of the newsroom, as URL.host has them */
export function outboundLinks(body: PortableText, own: ReadonlySet<string>): OutboundLink[] {
  const found = new Map<string, OutboundLink>();
  const add = (url: string, text: string, rel: readonly LinkRel[] | undefined) => {
    if (!leaves(url) || own.has(URL.parse(url, 'https://relative.invalid')?.host ?? '')) return;
    const known = found.get(url);
    // Whoever marked it once meant the address.
    if (known) known.rel = [...new Set([...known.rel, ...relOf(url, rel)])];
    else found.set(url, { url, text, rel: relOf(url, rel) });
  };
  for (const block of body) {
    if (block._type === 'embed') add(block.url, block.title ?? block.url, undefined);
    if (block._type === 'block') {
      const texts = textsUnder(block);
      for (const { _key, href, rel } of block.markDefs) {
        const text = texts.get(_key);
        if (text !== undefined) add(href, text, rel);
      }
    }
  }
  return [...found.values()];
}

/** By mark, in one pass: each mark looking through all spans took the square of a paragraph. Nothing where no reader sees the mark. */
function textsUnder({ children }: TextBlock): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { marks, text } of children)
    for (const mark of new Set(marks)) texts.set(mark, (texts.get(mark) ?? '') + text);
  return texts;
}
