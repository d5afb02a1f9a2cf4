// Makes the relative addresses of a body whole, for those who read it away from the site. It judges none.
import type { PortableText } from './schemas.ts';

/** @param baseUrl of the site, with or without a slash at its end */
export function absoluteIn(body: PortableText, baseUrl: string): PortableText {
  const base = baseUrl.replace(/\/*$/, '/');
  // A place in the text itself goes along with the text.
  const whole = (address: string) => (address.startsWith('#') ? address : (URL.parse(address, base)?.href ?? address));
  return body.map((block) => {
    if (block._type === 'image') return { ...block, src: whole(block.src) };
    if (block._type !== 'block' || block.markDefs.length === 0) return block;
    return { ...block, markDefs: block.markDefs.map((mark) => ({ ...mark, href: whole(mark.href) })) };
  });
}
