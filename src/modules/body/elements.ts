// Says which elements and attributes of HTML are read at all; every other one goes, its text stays where it is text, and the warning names it.
import { ANCHOR_PREFIX } from './anchors.ts';
import type { Warn } from './warnings.ts';

const set = (names: string) => new Set(names.split(' '));

// Blocks that stand for themselves in Portable Text.
export const LEAVES = set('p h1 h2 h3 h4 h5 h6');
export const OBJECTS = set('table pre xmp listing hr img figure iframe video audio');
export const LISTS = set('ul ol');
// Wrappers that part their surroundings and say nothing more that a story needs.
const PLAIN_CONTAINERS = set('body div section article main header footer aside blockquote li hgroup');
const ODD_CONTAINERS = set(
  'nav center details summary dl dt dd address fieldset form figcaption legend menu dir noscript search',
);
export const CONTAINERS = new Set([...PLAIN_CONTAINERS, ...ODD_CONTAINERS]);
const INLINE = set('a b strong i em u s strike del code sub sup br span wbr');
// Parts that their object reads.
const PARTS = set('thead tbody tfoot tr td th caption figcaption picture source cite col colgroup');
// Without a text that a reader would see.
const DROPPED = set(
  'script style template svg math object embed applet canvas input select button textarea datalist progress meter frame frameset map area link meta base title head param track dialog',
);
// What toHtml writes, and what says nothing.
const READ: Record<string, Set<string>> = {
  a: set('href title rel'),
  img: set('src alt'),
  iframe: set('src title'),
  video: set('src'),
  audio: set('src'),
  source: set('src srcset media type sizes'),
};
const NONE = new Set<string>();

export const name = (node: Node): string => (node.nodeType === 1 ? (node as Element).localName : '');

/**
 * The children of a node as they are now. Not by `childNodes`: jsdom renews that list at every later change of the parent, which
 * makes moving 5,000 paragraphs take 8 s.
 */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/**
 * An <img name="body"> is found as `document.body`, before the body itself (HTML, section 3.1.6, named access on the Document), and so is
 * one that is called as any method: stories were empty, and nothing told of it. Asked by the prototype, which has no such names.
 */
function forgetNames(document: Document, warn: Warn): void {
  const { querySelectorAll } = Object.getPrototypeOf(document) as Document;
  for (const element of querySelectorAll.call(document, 'img, iframe, form, embed, object')) {
    if (element.hasAttribute('name') && !DROPPED.has(element.localName))
      warn('attribute_dropped', `the attribute name of <${element.localName}> was dropped`);
    element.removeAttribute('name');
    if (element.localName === 'object') element.removeAttribute('id');
  }
}

/** Drops and unwraps what cannot be read. Google Docs' and Word's marks are left for the library, which reads both. */
export function clean(document: Document, warn: Warn): void {
  forgetNames(document, warn);
  for (const element of document.head.children) dropped(element, warn);
  // From the end, so that an element is unwrapped before the one around it and moves its own children only.
  const elements = [...document.body.querySelectorAll('*')].reverse();
  for (const element of elements) {
    const tag = element.localName;
    const known = element.namespaceURI === 'http://www.w3.org/1999/xhtml';
    if (!known || DROPPED.has(tag)) {
      if (!element.parentElement?.closest('svg, math, object, select, template')) dropped(element, warn);
      element.remove();
      continue;
    }
    attributes(element, warn);
    if (tag === 'b' && /font-weight:\s*normal/.test(element.getAttribute('style') ?? '')) {
      // What Google Docs puts around a copied piece; the library looks for its id to read the styles inside.
      element.firstElementChild?.setAttribute('id', element.id);
      element.replaceWith(...childrenOf(element));
      continue;
    }
    if (INLINE.has(tag) || LEAVES.has(tag) || OBJECTS.has(tag) || LISTS.has(tag) || PLAIN_CONTAINERS.has(tag)) continue;
    const part = PARTS.has(tag) && element.parentElement?.closest('figure, table, picture, video, audio');
    if (part) continue;
    warn('element_unwrapped', `<${tag.slice(0, 40)}> cannot be represented: its text was kept`);
    if (!ODD_CONTAINERS.has(tag)) element.replaceWith(...childrenOf(element));
  }
  attributes(document.body, warn);
}

const dropped = (element: Element, warn: Warn): void =>
  warn('element_dropped', `<${element.localName.slice(0, 40)}> was dropped with what it holds`);

function attributes(element: Element, warn: Warn): void {
  const read = READ[element.localName] ?? NONE;
  for (const { name: attribute, value } of [...element.attributes]) {
    if (read.has(attribute) || (attribute === 'class' && element.localName === 'code')) continue;
    // Ours: the heading gets the same one again.
    if (attribute === 'id' && value.startsWith(ANCHOR_PREFIX) && /^h[1-6]$/.test(element.localName)) continue;
    if (attribute.startsWith('on')) {
      warn('attribute_dropped', `the event handler ${attribute.slice(0, 40)} of <${element.localName}> was dropped`);
      element.removeAttribute(attribute);
    } else warn('attribute_dropped', `the attribute ${attribute.slice(0, 40)} of <${element.localName}> was dropped`);
  }
}
