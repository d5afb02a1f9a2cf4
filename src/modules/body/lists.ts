// Arranges HTML lists so that each item is one line with its nested lists inside, which is all that Portable Text knows of lists.
import { childrenOf, LISTS, name, OBJECTS } from './elements.ts';
import type { Objects } from './objects.ts';
import type { Texts } from './texts.ts';
import type { Warn } from './warnings.ts';

/** True for what can stand in a line: text, and elements that neither are blocks nor hold one. */
export type IsInline = (node: Node) => boolean;

interface Reading {
  inline: IsInline;
  objects: Objects;
  texts: Texts;
  warn: Warn;
}

type Style = 'normal' | 'h1' | 'h2' | 'h3' | 'h4' | 'h5' | 'h6' | 'blockquote';
const STYLED = /^(?:h[1-6]|blockquote)$/;
const blank = (node: Node): boolean =>
  (node.nodeType === 3 || name(node) === '') &&
  !/[^\t\n\f\r ]/.test(node.nodeType === 3 ? (node.textContent ?? '') : '');

/** Makes every child of a list an item: <ul><ul> is common, though HTML wants <ul><li><ul>. */
export function arrangeList(list: Element, reading: Reading): void {
  let item: Element | undefined;
  for (const child of childrenOf(list)) {
    if (blank(child)) list.removeChild(child);
    else if (name(child) === 'li') item = child as Element;
    else {
      if (!item || !LISTS.has(name(child))) item = list.insertBefore(list.ownerDocument.createElement('li'), child);
      item.append(child);
    }
  }
  for (const child of childrenOf(list)) arrangeItem(child as Element, reading);
}

function arrangeItem(item: Element, { inline, objects, texts, warn }: Reading): void {
  const document = item.ownerDocument;
  let written = false;
  let apart = false;
  let listed = false;
  const put = (node: Node): void => {
    if (apart && blank(node)) return;
    if (listed && !blank(node))
      warn('list_simplified', 'what follows a list inside a list item became an item of its own');
    listed &&= blank(node);
    if (apart && written) {
      warn('list_simplified', 'the paragraphs of a list item became its lines');
      item.append(document.createElement('br'));
    }
    item.append(node);
    written ||= !blank(node);
    apart = false;
  };
  const fill = (nodes: Node[]): void => {
    for (const node of nodes) {
      if (LISTS.has(name(node))) {
        arrangeList(node as Element, { inline, objects, texts, warn });
        item.append(node);
        written = false;
        listed = true;
      } else if (inline(node)) put(node);
      else if (OBJECTS.has(name(node)) && objects.remember(node as Element)) {
        warn('list_simplified', 'objects inside a list item stand outside of it');
        item.append(node);
        written = false;
      } else {
        if (/^(?:a|b|strong|i|em|u|s|strike|del|code|sub|sup)$/.test(name(node))) {
          warn('mark_dropped', `<${name(node)}> around blocks in a list item was dropped`);
        }
        apart = true;
        fill(childrenOf(node));
        apart = true;
      }
    }
  };
  const nodes = childrenOf(item);
  const own = nodes.filter((node) => !blank(node) && !LISTS.has(name(node)));
  const style = own.length === 1 && own[0] && STYLED.test(name(own[0])) ? (name(own[0]) as Style) : 'normal';
  if (style === 'normal' && nodes.some((node) => STYLED.test(name(node)))) {
    warn('list_simplified', 'a heading or a quote among other content of a list item became plain');
  }
  item.replaceChildren();
  fill(nodes);
  texts.itemStyle.set(item, style);
}
