// Lays the blocks of an HTML document out flat, as Portable Text has them, and collapses white space as a browser would; it reads no marks.
import { CONTAINERS, childrenOf, LEAVES, LISTS, name, OBJECTS } from './elements.ts';
import { readRel } from './links.ts';
import { arrangeList, type IsInline } from './lists.ts';
import type { Objects } from './objects.ts';
import { BodyProblem } from './problem.ts';
import { MAX_BLOCKS } from './schemas.ts';
import type { Texts } from './texts.ts';
import { quoted, type Warn } from './warnings.ts';

const isBlockName = (tag: string): boolean =>
  LEAVES.has(tag) || LISTS.has(tag) || OBJECTS.has(tag) || CONTAINERS.has(tag);
const HEADING = /^h[1-6]$/;

const isBlank = (node: Node): boolean => node.nodeType === 3 && !/[^\t\n\f\r ]/.test(node.textContent ?? '');

/**
 * The blocks of a document in order: paragraphs, headings, quotes, lists and what stands for an object. It takes the document apart.
 * @throws {BodyProblem} too_many_blocks
 */
export function flatten(document: Document, objects: Objects, texts: Texts, warn: Warn): Element[] {
  const holders = new Set<Node>();
  for (const element of document.body.querySelectorAll('*')) {
    if (!isBlockName(element.localName)) continue;
    for (let parent = element.parentNode; parent && !holders.has(parent); parent = parent.parentNode)
      holders.add(parent);
  }
  const inline: IsInline = (node) => !isBlockName(name(node)) && !holders.has(node);

  function lay(parent: Element, out: Element, style: string): void {
    let line: Element | undefined;
    const close = () => {
      if (line && !/[^\t\n\f\r ]/.test(line.textContent ?? '')) line.remove();
      // A <br> at the end of a line of its own shows nothing.
      while (line?.lastChild && (name(line.lastChild) === 'br' || isBlank(line.lastChild)))
        line.removeChild(line.lastChild);
      line = undefined;
    };
    for (const child of childrenOf(parent)) {
      if (inline(child)) {
        if (!line && (name(child) === 'br' || isBlank(child))) continue;
        line ??= out.appendChild(document.createElement(style));
        line.append(child);
      } else {
        close();
        block(child as Element, out, style);
      }
    }
    close();
  }

  function block(element: Element, out: Element, style: string): void {
    const tag = name(element);
    if (OBJECTS.has(tag)) {
      quoteLost(style, warn);
      const caption = tag === 'table' ? element.querySelector('caption') : null;
      if (caption) {
        warn('table_simplified', 'the caption of a table became a paragraph before it');
        lay(caption, out, 'p');
      }
      if (objects.remember(element)) out.append(element);
      else lay(element, out, style);
    } else if (LISTS.has(tag)) {
      quoteLost(style, warn);
      arrangeList(element, { inline, objects, texts, warn });
      out.append(element);
    } else if (LEAVES.has(tag) || tag === 'blockquote') {
      if (HEADING.test(tag)) quoteLost(style, warn);
      if (tag === style && tag === 'blockquote') warn('quote_simplified', 'a quote inside a quote stands beside it');
      const own = tag === 'p' ? style : tag;
      if (!holders.has(element) && own === tag) out.append(element);
      else if (!holders.has(element)) {
        const renamed = out.appendChild(document.createElement(own));
        renamed.append(...childrenOf(element));
      } else if (objectsOnly(element)) {
        // The library parts a line around the objects in it, and keeps the marks of both halves.
        for (const held of element.querySelectorAll([...OBJECTS].join())) objects.remember(held);
        if (own === tag) out.append(element);
        else out.appendChild(document.createElement(own)).append(...childrenOf(element));
      } else lay(element, out, own);
    } else if (CONTAINERS.has(tag)) {
      if (tag === 'figcaption') warn('element_unwrapped', 'a <figcaption> without a single image became a paragraph');
      lay(element, out, style);
    } else {
      // <a> or <strong> around blocks: the library hands the mark down to each of them.
      const around = out.appendChild(element.cloneNode(false) as Element);
      lay(element, around, style);
    }
  }

  const objectsOnly = (element: Element): boolean =>
    [...element.querySelectorAll('*')].every(
      (held) => !isBlockName(held.localName) || /^(?:img|iframe|video|audio)$/.test(held.localName),
    );

  const out = document.createElement('body');
  lay(document.body, out, 'p');
  // Before the slow part: a megabyte of <p> makes 350,000 of them, which took 8 s and 500 MB.
  const blocks = childrenOf(out) as Element[];
  if (blocks.length > MAX_BLOCKS) {
    throw new BodyProblem('too_many_blocks', '/html', `a body has at most ${MAX_BLOCKS} blocks`);
  }
  collapse(out, objects, texts);
  keepLinks(out, texts, warn);
  return blocks;
}

function keepLinks(body: Element, texts: Texts, warn: Warn): void {
  for (const anchor of body.querySelectorAll('a[href]')) {
    const title = anchor.getAttribute('title');
    const href = anchor.getAttribute('href') ?? '';
    // Those to a place in the text mark that place as a rule, and nothing shows them.
    if (anchor.textContent === '' && !href.startsWith('#') && !anchor.querySelector([...OBJECTS].join()))
      warn('link_dropped', `a link to ${quoted(href)} was dropped: it has no text`);
    const rel = readRel(anchor.getAttribute('rel'));
    anchor.setAttribute(
      'href',
      texts.keepLink({ href, ...(title ? { title } : {}), ...(rel.length > 0 ? { rel } : {}) }),
    );
  }
}

function quoteLost(style: string, warn: Warn): void {
  if (style === 'blockquote')
    warn('quote_simplified', 'headings, lists and objects inside a quote stand outside of it');
}

// CSS Text 3, section 4.1.1, for ASCII white space: HTML collapses no other, least of all no-break and ideographic spaces.
function collapse(body: Element, objects: Objects, texts: Texts): void {
  const kept: Text[] = [];
  let last: Text | undefined;
  let spaced = true;
  const edge = () => {
    if (last?.data.endsWith(' ')) last.data = last.data.slice(0, -1);
    last = undefined;
    spaced = true;
  };
  const walk = (parent: Node): void => {
    for (const child of childrenOf(parent)) {
      if (child.nodeType === 3) {
        const text = child as Text;
        const data = text.data.replace(/[\t\n\f\r ]+/g, ' ');
        text.data = spaced && data.startsWith(' ') ? data.slice(1) : data;
        if (text.data === '') continue;
        kept.push(text);
        last = text;
        spaced = text.data.endsWith(' ');
      } else if (objects.of(child)) edge();
      else if (name(child) === 'br') {
        edge();
        // As a text, so that the marks around it hold it too.
        (child as Element).replaceWith(texts.keep('\n'));
      } else {
        const block = isBlockName(name(child));
        if (block) edge();
        walk(child);
        if (block) edge();
      }
    }
  };
  walk(body);
  edge();
  for (const text of kept) if (text.data !== '') text.data = texts.keep(text.data);
}
