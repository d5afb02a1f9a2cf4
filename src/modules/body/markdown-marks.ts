// Puts the two readings of a Markdown text together, that of its decorators and that of its links. It reads none: in one reading the library takes
// the end of a link within bold text for that of the bold, and links all that follows.
import type { Token } from 'markdown-it';
import type { PortableTextInput } from './schemas.ts';

type InputText = Extract<PortableTextInput[number], { _type: 'block' }>;
type Child = { _type: string; _key: string; text?: string; marks?: string[] };
/** As the library makes it: pictures stand among its texts. */
export type Mixed = Omit<InputText, 'children'> & { children: Child[] };

/** @param linked the same block, whose texts have the marks of its links */
export function joined(block: Mixed, linked: Mixed): Mixed {
  const others = linked.children.values();
  let other = others.next().value;
  let at = 0;
  const children = block.children.flatMap((child) => {
    if (child._type !== 'span') {
      other = others.next().value;
      at = 0;
      return [child];
    }
    const parts: Child[] = [];
    for (let left = child.text ?? ''; left !== '' || parts.length === 0; ) {
      const text = left.slice(0, (other?.text ?? left).length - at);
      parts.push({ ...child, text, marks: [...(child.marks ?? []), ...(other?.marks ?? [])] });
      left = left.slice(text.length);
      at += text.length;
      if (at < (other?.text ?? '').length) continue;
      other = others.next().value;
      at = 0;
    }
    return parts;
  });
  return { ...block, children, markDefs: linked.markDefs ?? [] };
}

/** A picture parts the block that it stands in. */
export function parted(block: Mixed): (Mixed | Child)[] {
  const parts: (Mixed | Child)[] = [];
  let texts: Child[] = [];
  const close = () => {
    const used = new Set(texts.flatMap(({ marks = [] }) => marks));
    const markDefs = block.markDefs?.filter(({ _key }) => _key !== undefined && used.has(_key));
    if (texts.length > 0) parts.push({ ...block, children: texts, ...(markDefs && { markDefs }) });
    texts = [];
  };
  for (const child of block.children) {
    if (child._type === 'span') texts.push(child);
    else {
      close();
      parts.push(child);
    }
  }
  close();
  return parts;
}

/**
 * Addresses that nobody wrote: markdown-it finds them in whatever ends like a host, as in "The war ended.In spring". Bare links begin with
 * their scheme or with www., as GitHub Flavored Markdown has it (section 6.9), or are mail addresses.
 */
export function guessedLinks(tokens: Token[]): Set<string> {
  const guessed = new Set<string>();
  const written = new Set<string>();
  for (const { children } of tokens) {
    children?.forEach((child, at) => {
      if (child.type !== 'link_open') return;
      const href = String(child.attrGet('href'));
      const isGuess =
        child.markup === 'linkify' &&
        href.startsWith('http') &&
        !/^(?:https?:|www\.)/i.test(children[at + 1]?.content ?? '');
      (isGuess ? guessed : written).add(href);
    });
  }
  return new Set([...guessed].filter((href) => !written.has(href)));
}
