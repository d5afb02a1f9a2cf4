// Reads pictures, embeds, tables, code and dividers out of HTML elements; of a table and a caption it keeps the plain text only.
import { childrenOf, LISTS, name } from './elements.ts';
import { isAbsolute } from './links.ts';
import type { PortableTextInput } from './schemas.ts';
import { quoted, type Warn } from './warnings.ts';

type ObjectBlock = Exclude<PortableTextInput[number], { _type: 'block' }>;
export type Objects = ReturnType<typeof objectReader>;

const BREAKS = /^(?:br|p|div|li|tr|h[1-6]|blockquote|section|article|pre)$/;
const FORMATTING =
  'a, b, strong, i, em, u, s, strike, del, code, sub, sup, img, iframe, video, audio, table, ul, ol, h1, h2, h3, h4, h5, h6, pre';

export function objectReader(warn: Warn) {
  const read = new Map<Node, ObjectBlock>();

  /** The object that an element stands for; undefined when it must be read as its contents. */
  function object(element: Element): ObjectBlock | undefined {
    switch (name(element)) {
      case 'img':
        return picture(element);
      case 'hr':
        return { _type: 'divider' };
      case 'pre':
      case 'xmp':
      case 'listing':
        return code(element, warn);
      case 'iframe':
      case 'video':
      case 'audio':
        return embed(element);
      case 'figure':
        return figure(element);
      case 'table':
        return table(element, warn);
      default:
        return undefined;
    }
  }

  function embed(element: Element): ObjectBlock {
    const src = element.getAttribute('src') ?? element.querySelector('source')?.getAttribute('src') ?? '';
    // Codes of videos were handed out so while sites were in http and https.
    const url = src.trim().replace(/^\/\//, 'https://');
    const title = element.getAttribute('title');
    return { _type: 'embed', url, ...(title ? { title } : {}) };
  }

  function figure(element: Element): ObjectBlock | undefined {
    if (element.querySelector('figure')) return undefined;
    const caption = element.querySelector('figcaption');
    const media = element.querySelectorAll('img, iframe, video, audio, table, pre');
    const [only] = media;
    if (media.length === 1 && only) return name(only) === 'img' ? captioned(element, only, caption) : undefined;
    const anchor = element.querySelector('a[href]');
    const href = anchor?.getAttribute('href') ?? '';
    if (media.length > 0 || !anchor || caption || plain(element) !== plain(anchor) || !isAbsolute(href))
      return undefined;
    const title = lines(anchor);
    return { _type: 'embed', url: href, ...(title === href ? {} : { title }) };
  }

  function picture(img: Element): Extract<ObjectBlock, { _type: 'image' }> {
    const link = img.closest('a[href]');
    if (link) warn('link_dropped', `the link of an image to ${quoted(link.getAttribute('href') ?? '')} was dropped`);
    return { _type: 'image', src: img.getAttribute('src') ?? '', alt: img.getAttribute('alt') ?? '' };
  }

  function captioned(element: Element, img: Element, caption: Element | null): ObjectBlock | undefined {
    const outside = plain(element).length - (caption ? plain(caption).length : 0);
    if (outside > 0) return undefined;
    const block = picture(img);
    if (!caption) return block;
    const last = caption.querySelector('cite:last-child');
    const credit = last && !last.nextSibling?.textContent?.trim() ? lines(last) : undefined;
    if (credit !== undefined) last?.remove();
    if (caption.querySelector(FORMATTING)) warn('mark_dropped', 'the formatting of a caption was dropped');
    const text = lines(caption);
    return {
      ...block,
      ...(text || credit === undefined ? { caption: text } : {}),
      ...(credit === undefined ? {} : { credit }),
    };
  }

  return {
    of: (node: Node): (ObjectBlock & { [key: string]: unknown }) | undefined => read.get(node),
    /** Remembers what the element stands for; false when it must be read as its contents. */
    remember(element: Element): boolean {
      const found = object(element);
      if (found) read.set(element, found);
      return found !== undefined;
    },
  };
}

function code(element: Element, warn: Warn): ObjectBlock {
  if (element.querySelector('a, img, iframe, b, strong, i, em, u, s, strike, del, sub, sup'))
    warn('mark_dropped', 'code holds plain text: formatting, links and images in it were dropped');
  const inner = element.querySelector('code');
  const language = /(?:^|\s)lang(?:uage)?-(\S{1,64})/u.exec(inner?.getAttribute('class') ?? '')?.[1];
  for (const br of element.querySelectorAll('br')) br.replaceWith('\n');
  return { _type: 'code', ...(language ? { language } : {}), code: element.textContent ?? '' };
}

function table(element: Element, warn: Warn): ObjectBlock | undefined {
  const rows = [...element.querySelectorAll('tr')].filter((row) => row.closest('table') === element);
  const cellsOf = (row: Element) => childrenOf(row).filter((cell) => /^t[hd]$/.test(name(cell))) as Element[];
  if (rows.length === 0) return undefined;
  if (element.querySelector('[colspan], [rowspan]'))
    warn('table_simplified', 'cells of a table that span others became single cells');
  if (rows.some((row) => cellsOf(row).some((cell) => cell.querySelector(FORMATTING)))) {
    warn('table_simplified', 'cells of a table hold plain text: formatting, links and images were dropped');
  }
  const [first, ...rest] = rows;
  const header =
    first !== undefined &&
    cellsOf(first).length > 0 &&
    cellsOf(first).every((cell) => name(cell) === 'th' || name(first.parentNode ?? cell) === 'thead');
  const strays = header ? rest : rows;
  if (strays.some((row) => cellsOf(row).some((cell) => name(cell) === 'th'))) {
    warn('table_simplified', 'header cells outside the first row of a table became plain cells');
  }
  return { _type: 'table', header, rows: rows.map((row) => ({ cells: cellsOf(row).map((cell) => lines(cell)) })) };
}

const plain = (element: Element): string => (element.textContent ?? '').replace(/[\t\n\f\r ]+/g, '');

/** The text of an element as a browser would show it: white space collapsed, a line feed for every break. */
function lines(element: Element): string {
  const parts: string[] = [];
  let pending = false;
  const put = (part: string): void => {
    if (pending && parts.length > 0 && parts.at(-1) !== '\n') parts.push('\n');
    pending = false;
    parts.push(part);
  };
  const walk = (node: Node): void => {
    for (const child of childrenOf(node)) {
      const text = child.nodeType === 3 ? (child.textContent ?? '').replace(/[\t\n\f\r ]+/g, ' ') : '';
      if (text && !(pending && text === ' ')) put(text);
      else if (name(child) === 'br') put('\n');
      else if (name(child) === 'img') put((child as Element).getAttribute('alt') ?? '');
      else {
        const apart = BREAKS.test(name(child)) || LISTS.has(name(child));
        pending ||= apart;
        walk(child);
        pending ||= apart;
      }
    }
  };
  walk(element);
  return parts
    .join('')
    .replace(/ {2,}/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/^ | $/g, '');
}
